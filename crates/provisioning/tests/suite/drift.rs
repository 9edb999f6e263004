//! What somebody changes in the application behind the engine's back.

use connector::{Error as ConnectorError, Interruption, ObjectType};
use model::staged::StagedState;
use provisioning::drift::{self, Kind, Report, Then};
use serde_json::{Value, json};
use testkit::{Call, Fault, user};

use crate::world::{JOB, World, users};

async fn company() -> World {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 2 }} }}\n")).await;
    for anchor in ["a", "b", "c", "d"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    world.source.set("a", "jobTitle", "Clerk");
    world.cycle().await;
    world.source.edit("d", |o| o.enabled = false);
    world.cycle().await;
    world
}

async fn drift(world: &World, then: Then) -> Report {
    drift::run(&world.context, &world.job, &world.ends(), then).await.unwrap()
}

/// Somebody changes an attribute of a user in the application.
fn tamper(world: &World, name: &str, attribute: &str, value: Value) {
    let mut document = world.target.user(name).unwrap();
    let id = document["id"].as_str().unwrap().to_owned();
    document[attribute] = value;
    world.target.restore(ObjectType::User, &id, document);
}

fn told(report: &Report) -> Vec<(&str, Kind)> {
    report.findings.iter().map(|f| (f.display.as_str(), f.kind)).collect()
}

/// One of each kind.
fn a_bad_day(world: &World) {
    tamper(world, "a@contoso.com", "title", json!("Director"));
    world.target.remove(ObjectType::User, &world.id_of("b@contoso.com"));
    tamper(world, "d@contoso.com", "active", json!(true));
}

const A_BAD_DAY: [(&str, Kind); 3] =
    [("a@contoso.com", Kind::Changed), ("b@contoso.com", Kind::Gone), ("d@contoso.com", Kind::Reactivated)];

#[tokio::test]
async fn each_kind_of_drift_is_told_and_nothing_is_sent() {
    let world = company().await;
    assert_eq!(drift(&world, Then::Report).await, Report { compared: 4, ..Report::default() });
    a_bad_day(&world);
    world.target.take_log();
    let report = drift(&world, Then::Report).await;
    assert_eq!(told(&report), A_BAD_DAY);
    assert!(report.has_drift());
    let difference = &report.findings[0].differences[0];
    assert_eq!(difference.attribute, "title");
    assert_eq!((&difference.wanted, &difference.found), (&Some(json!("Clerk")), &Some(json!("Director"))));
    assert_eq!(world.target.exports(), []);
}

#[tokio::test]
async fn a_repair_sends_what_the_mapping_wants_and_the_log_tells_it() {
    let world = company().await;
    a_bad_day(&world);
    let report = drift(&world, Then::Repair).await;
    assert_eq!(told(&report), A_BAD_DAY);
    assert!(!report.has_drift(), "{report:?}");
    assert_eq!(world.target.user("a@contoso.com").unwrap()["title"], "Clerk");
    let expected = [("a", true), ("b", true), ("c", true), ("d", false)];
    let expected: Vec<_> = expected.map(|(n, active)| (format!("{n}@contoso.com"), active)).to_vec();
    assert_eq!(world.users(), expected);
    let entries = world.log().await;
    assert_eq!(
        entries.iter().filter(|e| e.detail["reason"] == "the application had something else").count(),
        3
    );
    assert_eq!(world.link("b").await.unwrap().target_id, world.id_of("b@contoso.com"));
    assert_eq!(drift(&world, Then::Report).await.findings, []);
    world.target.take_log();
    world.cycle().await;
    assert_eq!(world.target.exports(), []);
}

#[tokio::test]
async fn what_is_accepted_is_not_told_again_until_either_side_changes() {
    let world = company().await;
    a_bad_day(&world);
    let report = drift(&world, Then::Accept).await;
    assert_eq!((report.accepted, report.has_drift()), (3, false));
    let report = drift(&world, Then::Report).await;
    assert_eq!((report.accepted, report.findings.len()), (3, 0));
    world.target.take_log();
    drift(&world, Then::Repair).await;
    assert_eq!(world.target.exports(), [], "what is accepted is not repaired");
    tamper(&world, "a@contoso.com", "title", json!("President"));
    assert_eq!(told(&drift(&world, Then::Report).await), [("a@contoso.com", Kind::Changed)]);
    tamper(&world, "a@contoso.com", "title", json!("Director"));
    world.source.set("a", "city", "Omaha");
    let report = drift(&world, Then::Report).await;
    assert_eq!((report.findings.len(), report.not_sent_yet), (0, 1), "the next cycle's, not a drift");
}

#[tokio::test]
async fn a_repair_that_would_take_too_many_away_is_staged() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 1 }} }}\n")).await;
    world.source.put(user("d", "d@contoso.com"));
    world.cycle().await;
    world.source.edit("d", |o| o.enabled = false);
    world.cycle().await;
    world.decide("d", StagedState::Allowed).await;
    world.cycle().await;
    assert_eq!(world.users(), users(&[("d@contoso.com", false)]));
    tamper(&world, "d@contoso.com", "active", json!(true));
    let report = drift(&world, Then::Repair).await;
    assert!(report.held.is_some() && report.has_drift(), "{report:?}");
    assert_eq!(world.users(), users(&[("d@contoso.com", true)]));
    world.decide("d", StagedState::Allowed).await;
    world.cycle().await;
    assert_eq!(world.users(), users(&[("d@contoso.com", false)]));
}

#[tokio::test]
async fn one_that_can_not_be_read_is_told_and_the_others_are_compared() {
    let world = company().await;
    a_bad_day(&world);
    let id = world.id_of("c@contoso.com");
    let slow = || Some(Fault::Fail(ConnectorError::transient(Interruption::Timeout, "slow")));
    world.target.fail_when(move |call| matches!(call, Call::Get(_, got) if *got == id).then(slow).flatten());
    let report = drift(&world, Then::Report).await;
    let mut expected = A_BAD_DAY.to_vec();
    expected.insert(2, ("c@contoso.com", Kind::Failed));
    assert_eq!(told(&report), expected);
    assert!(report.findings[2].error.as_deref().unwrap().contains("slow"));
}

#[tokio::test]
async fn what_flows_always_is_no_drift_and_a_redacted_value_is_shown_to_nobody() {
    let mappings = r#"mappings = [
  { target = "nickName", source = "Redact([pin])" },
  { target = "title", source = "[jobTitle]", flow = "always" },
]"#;
    let mappings = mappings.replace('\n', " ");
    let world = World::with(&JOB.replace("\"workplace\"", &format!("\"workplace\", {mappings}"))).await;
    world.source.put(user("a", "a@contoso.com"));
    world.source.set("a", "pin", "secret");
    world.source.set("a", "jobTitle", "Clerk");
    world.cycle().await;
    assert_eq!(drift(&world, Then::Report).await, Report { compared: 1, ..Report::default() });
    tamper(&world, "a@contoso.com", "nickName", json!("another secret"));
    let report = drift(&world, Then::Report).await;
    let told = serde_json::to_string(&report).unwrap();
    assert!(told.contains("nickName") && told.contains("[Redact]") && !told.contains("secret"), "{told}");
    drift(&world, Then::Accept).await;
    assert!(!drift(&world, Then::Report).await.has_drift());
    tamper(&world, "a@contoso.com", "nickName", json!("a third secret"));
    assert!(drift(&world, Then::Report).await.has_drift(), "only what was seen is accepted");
}
