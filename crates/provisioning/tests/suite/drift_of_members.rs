//! Members and managers that somebody changes in the application behind the engine's back.

use connector::{Error as ConnectorError, ObjectType};
use jiff::SignedDuration;
use provisioning::drift::{self, Kind, Report, Then};
use serde_json::{Value, json};
use testkit::{Call, Fault, group, user};

use crate::world::World;

const JOB: &str = r#"
name = "contoso"
source = { kind = "file", path = "unused" }
target = { kind = "scim", url = "http://127.0.0.1/", token = "t", dialect = "entra" }
[users]
preset = "workplace"
mappings = [{ target = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", source = "[manager]" }]
[groups]
"#;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Three people: the first is the others' manager, and all are in the group.
async fn company() -> World {
    let world = World::with(JOB).await;
    for anchor in ["a", "b", "c"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    for anchor in ["b", "c"] {
        world.source.set(anchor, "manager", "a");
    }
    world.source.put(group("g", "Sales", &["a", "b", "c"]));
    world.cycle().await;
    world
}

async fn drift(world: &World, then: Then) -> Report {
    drift::run(&world.context, &world.job, &world.ends(), then).await.unwrap()
}

fn id(world: &World, anchor: &str) -> String {
    world.id_of(&format!("{anchor}@contoso.com"))
}

fn change(world: &World, object_type: ObjectType, mut document: Value, change: impl FnOnce(&mut Value)) {
    let id = document["id"].as_str().unwrap().to_owned();
    change(&mut document);
    world.target.restore(object_type, &id, document);
}

fn the_group(world: &World) -> Value {
    world.target.objects(ObjectType::Group).remove(0)
}

fn set_members(world: &World, ids: &[String]) {
    change(world, ObjectType::Group, the_group(world), |group| group["members"] = json!(ids));
}

fn set_manager(world: &World, anchor: &str, manager: Value) {
    let user = world.target.user(&format!("{anchor}@contoso.com")).unwrap();
    change(world, ObjectType::User, user, |user| user[ENTERPRISE]["manager"] = manager);
}

fn members(world: &World) -> Vec<String> {
    let mut members: Vec<String> = serde_json::from_value(the_group(world)["members"].clone()).unwrap();
    members.sort();
    members
}

/// What is told: the object, what it lacks, and what it has besides.
fn told(report: &Report) -> Vec<(&str, Value, Value)> {
    let row = |finding: &'_ drift::Finding| {
        assert_eq!(finding.kind, Kind::References);
        let [difference] = finding.differences.as_slice() else { panic!("{finding:?}") };
        (difference.wanted.clone().unwrap_or_default(), difference.found.clone().unwrap_or_default())
    };
    report.findings.iter().map(|f| (f.display.as_str(), row(f))).map(|(d, (w, f))| (d, w, f)).collect()
}

/// Somebody takes b out of the group and puts a stranger in, gives b another manager and c none.
fn a_bad_day(world: &World) -> String {
    let stranger = world.target.put(ObjectType::User, json!({ "userName": "stranger", "active": true }));
    set_members(world, &[id(world, "a"), id(world, "c"), stranger.clone()]);
    set_manager(world, "b", json!({ "value": id(world, "c") }));
    set_manager(world, "c", Value::Null);
    stranger
}

fn what_is_told_of_it(stranger: &str) -> [(&'static str, Value, Value); 3] {
    [
        ("b@contoso.com", json!("a@contoso.com"), json!("c@contoso.com")),
        ("c@contoso.com", json!("a@contoso.com"), Value::Null),
        ("Sales", json!(["b@contoso.com"]), json!([stranger])),
    ]
}

#[tokio::test]
async fn who_is_missing_and_who_is_there_besides_is_told() {
    let world = company().await;
    assert_eq!(drift(&world, Then::Report).await, Report { compared: 4, ..Report::default() });
    let stranger = a_bad_day(&world);
    world.target.take_log();
    let report = drift(&world, Then::Report).await;
    assert_eq!(told(&report), what_is_told_of_it(&stranger));
    assert_eq!(world.target.exports(), []);
}

#[tokio::test]
async fn a_repair_sends_who_is_missing_and_takes_nobody_away() {
    let world = company().await;
    let stranger = a_bad_day(&world);
    let report = drift(&world, Then::Repair).await;
    let repaired: Vec<_> = report.findings.iter().map(|f| (f.display.as_str(), f.repaired)).collect();
    assert_eq!(repaired, [("b@contoso.com", true), ("c@contoso.com", true), ("Sales", false)]);
    let mut all = vec![id(&world, "a"), id(&world, "b"), id(&world, "c"), stranger.clone()];
    all.sort();
    assert_eq!(members(&world), all);
    for anchor in ["b", "c"] {
        let user = world.target.user(&format!("{anchor}@contoso.com")).unwrap();
        assert_eq!(user[ENTERPRISE]["manager"]["value"], id(&world, "a"));
    }
    let report = drift(&world, Then::Report).await;
    assert_eq!(
        told(&report),
        [("Sales", Value::Null, json!([stranger]))],
        "a cycle does not take it away either"
    );
    world.target.take_log();
    world.cycle().await;
    assert_eq!(world.target.exports(), []);
}

#[tokio::test]
async fn what_is_accepted_of_members_is_not_told_until_it_changes() {
    let world = company().await;
    let stranger = a_bad_day(&world);
    let report = drift(&world, Then::Accept).await;
    assert_eq!((report.accepted, report.has_drift()), (3, false));
    world.target.take_log();
    assert_eq!(drift(&world, Then::Repair).await.findings, []);
    assert_eq!(world.target.exports(), []);
    set_members(&world, &[id(&world, "a"), stranger]);
    assert!(drift(&world, Then::Report).await.has_drift());
}

#[tokio::test]
async fn what_the_source_has_changed_since_is_the_next_cycles() {
    let world = company().await;
    set_members(&world, &[id(&world, "a")]);
    world.source.put(group("g", "Sales", &["a"]));
    let report = drift(&world, Then::Report).await;
    assert_eq!((report.findings.len(), report.not_sent_yet), (0, 1));
}

#[tokio::test]
async fn a_member_whom_the_application_refuses_is_told_and_tried_again() {
    let world = company().await;
    set_members(&world, &[id(&world, "a"), id(&world, "c")]);
    let refused =
        || ConnectorError::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() };
    world.target.fail_when(move |call| matches!(call, Call::Export(_)).then(|| Fault::Fail(refused())));
    let report = drift(&world, Then::Repair).await;
    assert!(report.has_drift() && report.findings[0].error.as_deref().unwrap().contains("no"), "{report:?}");
    world.target.mend();
    world.hands.pass(SignedDuration::from_mins(1));
    world.cycle().await;
    assert_eq!(members(&world).len(), 3);
}

#[tokio::test]
async fn groups_whose_members_are_not_told_or_can_not_be_read_are_named() {
    let world = company().await;
    world.target.hide_members();
    assert_eq!(drift(&world, Then::Report).await, Report { compared: 4, untold: 1, ..Report::default() });
    let too_long = || Fault::Fail(ConnectorError::target("GET /Groups/g", "is too long", ""));
    world.target.fail_when(move |call| matches!(call, Call::Members(_)).then(too_long));
    let report = drift(&world, Then::Report).await;
    assert_eq!((report.findings.len(), report.findings[0].kind), (1, Kind::Failed));
    assert!(report.findings[0].error.as_deref().unwrap().contains("too long"));
}
