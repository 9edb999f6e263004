//! The plan that undoes a cycle.

use connector::{Assignment, ObjectType};
use model::CycleId;
use model::link::LinkState;
use provisioning::plan::Planned;
use provisioning::progress::Unwatched;
use provisioning::{apply, plan, rollback};
use serde_json::{Value, json};
use testkit::{group, user};

use crate::world::{JOB, World, users, with_groups};

async fn undo(world: &World, cycle: CycleId) -> Planned {
    let planned = rollback::make(&world.context, &world.job, &world.ends(), cycle).await.unwrap();
    let read_back = plan::load(&world.context, &world.job, planned.plan.id).await.unwrap();
    assert_eq!(read_back, planned);
    planned
}

async fn apply(world: &World, planned: Planned) -> apply::Applied {
    apply::run(&world.context, &world.job, &world.ends(), planned, false, &Unwatched).await.unwrap()
}

fn left(planned: &Planned) -> Vec<(&str, &str)> {
    let undoes = planned.detail.undoes.as_ref().unwrap();
    undoes.left.iter().map(|l| (l.display.as_str(), l.why.as_str())).collect()
}

/// Four people; then one moves, one is disabled, one leaves the scope, one is deleted, and one joins.
async fn company() -> (World, CycleId) {
    let world = World::with(JOB).await;
    for anchor in ["a", "b", "c", "d"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    world.source.set("a", "jobTitle", "Clerk");
    world.cycle().await;
    world.source.set("a", "jobTitle", "Analyst");
    world.source.edit("b", |o| o.enabled = false);
    world.source.edit("c", |o| o.assignment = Assignment::Unassigned);
    world.source.remove(ObjectType::User, "d");
    world.source.put(user("e", "e@contoso.com"));
    let cycle = world.cycle().await.cycle.id;
    (world, cycle)
}

#[tokio::test]
async fn a_rollback_restores_deactivates_and_reactivates_and_tells_what_it_can_not() {
    let (world, cycle) = company().await;
    world.target.take_log();
    let planned = undo(&world, cycle).await;
    assert_eq!(world.target.exports(), [], "a plan writes nothing");
    assert_eq!(
        left(&planned),
        [("d@contoso.com", "it was deleted in the application; it is not made again")]
    );
    let applied = apply(&world, planned).await;
    assert_eq!(applied.refused, []);
    assert_eq!((applied.counts.updated, applied.counts.disabled), (3, 1));
    let expected = users(&[
        ("a@contoso.com", true),
        ("b@contoso.com", true),
        ("c@contoso.com", true),
        ("e@contoso.com", false),
    ]);
    assert_eq!(world.users(), expected);
    assert_eq!(world.target.user("a@contoso.com").unwrap()["title"], "Clerk");
    assert_eq!(world.link("c").await.unwrap().state, LinkState::Managed);
}

#[tokio::test]
async fn a_cycle_afterwards_does_it_again_unless_the_cause_is_gone() {
    let (world, cycle) = company().await;
    let planned = undo(&world, cycle).await;
    apply(&world, planned).await;
    world.source.edit("b", |o| o.enabled = true);
    world.cycle().await;
    let expected = users(&[
        ("a@contoso.com", true),
        ("b@contoso.com", true),
        ("c@contoso.com", false),
        ("e@contoso.com", true),
    ]);
    assert_eq!(world.users(), expected);
    assert_eq!(world.target.user("a@contoso.com").unwrap()["title"], "Analyst");
}

#[tokio::test]
async fn what_has_moved_since_stays() {
    let (world, cycle) = company().await;
    let mut document = world.target.user("a@contoso.com").unwrap();
    let id = document["id"].as_str().unwrap().to_owned();
    document["title"] = json!("Director");
    world.target.restore(ObjectType::User, &id, document);
    world.target.remove(ObjectType::User, &world.id_of("b@contoso.com"));
    let planned = undo(&world, cycle).await;
    let mut told = left(&planned);
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("a@contoso.com", "title: it has changed in the application since"),
            ("b@contoso.com", "the application does not have it any more"),
            ("d@contoso.com", "it was deleted in the application; it is not made again")
        ]
    );
    // And what moves after the plan was made is refused when it is applied.
    world.source.set("e", "jobTitle", "Analyst");
    let applied = apply(&world, planned).await;
    assert_eq!(applied.refused.iter().map(|r| r.display.as_str()).collect::<Vec<_>>(), ["e@contoso.com"]);
}

#[tokio::test]
async fn an_element_that_a_cycle_added_goes_whole() {
    let world = World::with(JOB).await;
    world.source.put(user("a", "a@contoso.com"));
    world.cycle().await;
    let phone = |world: &World| world.target.user("a@contoso.com").unwrap().get("phoneNumbers").cloned();
    assert_eq!(phone(&world), None);
    world.source.set("a", "mobile", "+1 (402) 555-0100");
    let cycle = world.cycle().await.cycle.id;
    assert_eq!(phone(&world), Some(json!([{ "type": "mobile", "value": "+1 (402) 555-0100" }])));
    let planned = undo(&world, cycle).await;
    let applied = apply(&world, planned).await;
    assert_eq!((applied.counts.updated, applied.refused), (1, vec![]));
    assert_eq!(phone(&world), None);
}

#[tokio::test]
async fn memberships_come_back_and_go_again() {
    let world = World::with(&with_groups()).await;
    for anchor in ["a", "b", "c"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    world.source.put(group("g", "Sales", &["a", "b"]));
    world.cycle().await;
    let members = || -> Vec<Value> {
        let groups = world.target.objects(ObjectType::Group);
        let sales = groups.iter().find(|g| g["displayName"] == "Sales").unwrap();
        let mut members = sales["members"].as_array().unwrap().clone();
        members.sort_by_key(Value::to_string);
        members
    };
    let before = members();
    world.source.put(group("g", "Sales", &["b", "c"]));
    world.source.put(group("h", "Legal", &["c"]));
    let cycle = world.cycle().await.cycle.id;
    assert_ne!(members(), before);
    let planned = undo(&world, cycle).await;
    assert!(left(&planned)[0].1.contains("a group can't be made inactive"), "{:?}", left(&planned));
    let applied = apply(&world, planned).await;
    assert_eq!((applied.refused.len(), applied.counts.references), (0, 3));
    assert_eq!(members(), before);
    let groups = world.target.objects(ObjectType::Group);
    let legal = groups.iter().find(|g| g["displayName"] == "Legal").unwrap();
    assert_eq!(legal["members"], json!([]), "the group is there, and empty");
}

#[tokio::test]
async fn a_rollback_that_takes_too_many_away_needs_a_permission() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 2 }} }}\n")).await;
    for anchor in ["a", "b"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    let cycle = world.cycle().await.cycle.id;
    let planned = undo(&world, cycle).await;
    assert!(planned.detail.held.is_some());
    let refused = apply::run(&world.context, &world.job, &world.ends(), planned, false, &Unwatched).await;
    assert!(refused.unwrap_err().hint().contains("--allow-deletions"));
    assert_eq!(world.users(), users(&[("a@contoso.com", true), ("b@contoso.com", true)]));
}

#[tokio::test]
async fn a_cycle_that_never_was_can_not_be_undone() {
    let (world, _) = company().await;
    let unknown = CycleId(uuid::Uuid::nil());
    let error = rollback::make(&world.context, &world.job, &world.ends(), unknown).await.unwrap_err();
    assert!(error.to_string().contains("has no cycle"), "{error}");
}
