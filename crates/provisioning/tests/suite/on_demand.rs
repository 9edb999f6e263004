//! One person now, and why.

use connector::{Assignment, Error as ConnectorError};
use model::log_entry::Status;
use provisioning::progress::Unwatched;
use provisioning::{Error, apply, explain, on_demand, plan};
use testkit::{Fault, user};

use crate::world::{JOB, World, users};

#[tokio::test]
async fn one_person_is_provisioned_and_nobody_else() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "bob@contoso.com"));
    let told = on_demand::run(&world.context, &world.job, &world.ends(), "ADA@contoso.com").await.unwrap();
    assert_eq!((told.status, told.requests.len()), (Status::Success, 1));
    assert_eq!(told.target_id, Some(world.id_of("ada@contoso.com")));
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    let types: Vec<&str> =
        told.provisioning_steps.iter().map(|s| s.provisioning_step_type.as_str()).collect();
    assert_eq!(types, ["import", "scoping", "matching", "export"]);
    assert_eq!(told.provisioning_steps[0].details["userPrincipalName"], "ada@contoso.com");
    assert!(told.provisioning_steps[0].details.get("deletedDateTime").is_none(), "what is null is absent");
    assert_eq!(told.provisioning_steps[3].details["modifiedProperties"][0]["displayName"], "userName");
    let again = on_demand::run(&world.context, &world.job, &world.ends(), "a").await.unwrap();
    assert_eq!(again.provisioning_steps[3].details["SkipReason"], "RedundantExport");
    assert_eq!((again.status, again.step.reason.code.as_str()), (Status::Skipped, "RedundantExport"));
}

#[tokio::test]
async fn a_refusal_is_told_with_what_to_do() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.target.fail_call(
        2,
        Fault::Fail(ConnectorError::Rejected {
            status: 409,
            code: "uniqueness".into(),
            detail: "taken".into(),
        }),
    );
    let told = on_demand::run(&world.context, &world.job, &world.ends(), "a").await.unwrap();
    assert_eq!((told.status, told.code.as_deref()), (Status::Failure, Some("Conflict")));
    assert!(told.hint.is_some_and(|hint| !hint.is_empty()));
    assert!(world.escrow("a").await.is_some());
}

#[tokio::test]
async fn nobody_and_several_are_told_apart() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "ada@contoso.com"));
    let ends = world.ends();
    let nobody = on_demand::run(&world.context, &world.job, &ends, "zoe").await.unwrap_err();
    assert!(matches!(nobody, Error::Nobody { .. }), "{nobody}");
    let several = on_demand::run(&world.context, &world.job, &ends, "ada@contoso.com").await.unwrap_err();
    assert!(several.to_string().contains("(a)") && several.to_string().contains("(b)"), "{several}");
}

#[tokio::test]
async fn an_explanation_names_the_cause_and_changes_nothing() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.edit("a", |o| o.assignment = Assignment::Unassigned);
    let told = explain::run(&world.context, &world.job, &world.ends(), "a").await.unwrap();
    assert!(!told.in_scope);
    assert_eq!(told.assignment, "not assigned");
    assert_eq!(told.step.reason.code, "NotInScope");
    world.source.edit("a", |o| o.assignment = Assignment::ByGroup { group: "Staff".into() });
    let told = explain::run(&world.context, &world.job, &world.ends(), "a").await.unwrap();
    assert!(told.in_scope);
    assert_eq!(told.requests[0].method, "POST");
    assert_eq!(told.mappings.len(), 15);
    assert_eq!((world.users().len(), world.target.exports().len(), world.log().await.len()), (0, 0, 0));
}

/// A world whose job has one more mapping.
async fn world_with(mapping: &str) -> World {
    World::with(&JOB.replace("\"workplace\"", &format!("\"workplace\", mappings = [{mapping}]"))).await
}

#[tokio::test]
async fn a_redacted_value_reaches_the_target_and_nobody_else() {
    let mapping = r#"{ target = "nickName", source = "Redact([pin])" }"#;
    let world = world_with(mapping).await;
    world.source.put(user("a", "a@contoso.com"));
    for secret in ["first secret", "second secret"] {
        world.source.set("a", "pin", secret);
        let ends = world.ends();
        let planned = plan::make(&world.context, &world.job, &ends, &Unwatched).await.unwrap();
        assert!(format!("{:?}", planned.steps).contains(secret), "what is applied has it");
        let told = explain::run(&world.context, &world.job, &ends, "a@contoso.com").await.unwrap();
        let told = serde_json::to_string(&told).unwrap();
        assert!(told.contains("[Redact]") && !told.contains(secret), "{told}");
        let provisioned = on_demand::run(&world.context, &world.job, &ends, "a@contoso.com").await.unwrap();
        let told = serde_json::to_string(&provisioned).unwrap();
        assert!(told.contains("[Redact]") && !told.contains(secret), "{told}");
        assert_eq!(world.target.user("a@contoso.com").unwrap()["nickName"], secret);
        let log = format!("{:?}", world.log().await);
        assert!(log.contains("[Redact]") && !log.contains("secret"), "{log}");
    }
}

#[tokio::test]
async fn a_made_up_value_is_made_once_and_applied_as_it_was_planned() {
    let mapping = r#"{ target = "nickName", source = "Guid()", apply = "only_during_creation" }"#;
    let world = world_with(mapping).await;
    for anchor in ["a", "b"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    let planned = plan::make(&world.context, &world.job, &world.ends(), &Unwatched).await.unwrap();
    let shown = serde_json::to_string(&planned.steps).unwrap();
    apply::run(&world.context, &world.job, &world.ends(), planned, false, &Unwatched).await.unwrap();
    let made = |name: &str| world.target.user(name).unwrap()["nickName"].as_str().unwrap().to_owned();
    let (one, other) = (made("a@contoso.com"), made("b@contoso.com"));
    assert_ne!(one, other);
    assert!(shown.contains(&one) && shown.contains(&other), "{shown}");
    world.source.set("a", "jobTitle", "Analyst");
    world.cycle().await;
    assert_eq!(made("a@contoso.com"), one, "an update leaves it alone");
}
