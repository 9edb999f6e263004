//! A plan changes nothing, and what is applied is what was planned.

use connector::{Error as ConnectorError, Interruption, ObjectType};
use provisioning::plan::Planned;
use provisioning::progress::Unwatched;
use provisioning::step::Decision;
use provisioning::{apply, on_demand, plan};
use serde_json::json;
use testkit::{Call, Fault, user};

use crate::deadly::{deadly, die_at};
use crate::world::{JOB, World, counts_of, users};

async fn make(world: &World) -> Planned {
    plan::make(&world.context, &world.job, &world.ends(), &Unwatched).await.unwrap()
}

async fn apply(world: &World, planned: Planned) -> Result<apply::Applied, provisioning::Error> {
    apply::run(&world.context, &world.job, &world.ends(), planned, false, &Unwatched).await
}

/// Three people, of whom one moves, one leaves, one is deleted; and one who joins.
async fn company() -> World {
    let world = World::new().await;
    for anchor in ["a", "b", "c"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    world.cycle().await;
    world.source.set("a", "jobTitle", "Analyst");
    world.source.edit("b", |o| o.enabled = false);
    world.source.remove(ObjectType::User, "c");
    world.source.put(user("d", "d@contoso.com"));
    world
}

#[tokio::test]
async fn a_plan_writes_nothing_and_its_application_writes_exactly_that() {
    let world = company().await;
    let before = world.users();
    world.target.take_log();
    let planned = make(&world).await;
    assert_eq!(world.target.exports(), []);
    assert_eq!(world.users(), before);
    assert_eq!(planned.detail.counts, counts_of([1, 1, 1, 1, 0, 0, 0]));
    let operations: Vec<_> = planned.steps.iter().filter_map(|s| s.operation.clone()).collect();
    let read_back = plan::load(&world.context, &world.job, planned.plan.id).await.unwrap();
    assert_eq!(read_back.steps, planned.steps);
    let applied = apply(&world, read_back).await.unwrap();
    assert_eq!((applied.counts, applied.refused.len()), (counts_of([1, 1, 1, 1, 0, 0, 0]), 0));
    let mut sent = world.target.exports();
    sent.sort_by_key(|o| operations.iter().position(|planned| planned == o));
    assert_eq!(sent, operations);
    world.target.take_log();
    world.cycle().await;
    assert_eq!(world.target.exports(), [], "a cycle after the plan has nothing to do");
}

#[tokio::test]
async fn leavers_come_after_the_others_and_who_takes_their_place_after_them() {
    let world = World::new().await;
    world.source.put(user("old", "ada@contoso.com"));
    world.cycle().await;
    world.source.remove(ObjectType::User, "old");
    world.source.put(user("new", "ada@contoso.com"));
    let planned = make(&world).await;
    let decisions: Vec<_> = planned.steps.iter().map(|s| s.decision).collect();
    assert_eq!(decisions, [Decision::Delete, Decision::Create]);
    let applied = apply(&world, planned).await.unwrap();
    assert_eq!(applied.counts, counts_of([1, 0, 0, 1, 0, 0, 0]));
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
}

#[tokio::test]
async fn who_moved_since_is_refused_and_the_others_are_done() {
    let world = company().await;
    let planned = make(&world).await;
    // Somebody makes the joiner by hand, and a cycle works on the mover.
    world.target.put(ObjectType::User, json!({ "userName": "d@contoso.com" }));
    on_demand::run(&world.context, &world.job, &world.ends(), "a@contoso.com").await.unwrap();
    let applied = apply(&world, planned).await.unwrap();
    assert_eq!(applied.counts, counts_of([0, 0, 1, 1, 0, 0, 0]));
    let mut refused: Vec<_> = applied.refused.iter().map(|r| r.display.as_str()).collect();
    refused.sort_unstable();
    assert_eq!(refused, ["a@contoso.com", "d@contoso.com"]);
}

#[tokio::test]
async fn a_plan_is_applied_once() {
    let world = company().await;
    let planned = make(&world).await;
    apply(&world, planned.clone()).await.unwrap();
    let again = plan::load(&world.context, &world.job, planned.plan.id).await.unwrap();
    assert!(apply(&world, again).await.unwrap_err().to_string().contains("applied already"));
    assert!(apply(&world, planned).await.unwrap_err().to_string().contains("applied already"));
}

#[tokio::test]
async fn a_plan_over_the_deletion_threshold_says_so_and_waits_for_permission() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 1 }} }}\n")).await;
    world.source.put(user("a", "a@contoso.com"));
    world.cycle().await;
    world.source.remove(ObjectType::User, "a");
    let planned = make(&world).await;
    assert!(planned.detail.held.is_some());
    assert!(apply(&world, planned.clone()).await.unwrap_err().hint().contains("--allow-deletions"));
    assert_eq!(world.users().len(), 1);
    let allowed =
        apply::run(&world.context, &world.job, &world.ends(), planned, true, &Unwatched).await.unwrap();
    assert_eq!(allowed.counts.deleted, 1);
}

#[tokio::test]
async fn a_plan_of_another_definition_is_void() {
    let mut world = company().await;
    let planned = make(&world).await;
    world.job.digest = "digest-2".into();
    assert!(apply(&world, planned).await.unwrap_err().to_string().contains("has changed"));
}

#[tokio::test]
async fn who_is_back_in_the_directory_is_not_deleted_by_an_old_plan() {
    let world = company().await;
    let planned = make(&world).await;
    world.source.put(user("c", "c@contoso.com"));
    let applied = apply(&world, planned).await.unwrap();
    assert_eq!(applied.counts, counts_of([1, 1, 1, 0, 0, 0, 0]));
    assert_eq!(applied.refused.len(), 1);
    assert!(applied.refused[0].why.contains("directory"), "{:?}", applied.refused);
    assert!(world.target.user("c@contoso.com").is_some());
}

#[tokio::test]
async fn a_plan_does_not_disable_whom_it_hands_to_the_person_who_returned() {
    let world = World::new().await;
    world.source.put(user("old", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("old", |o| o.soft_deleted = true);
    world.source.put(user("new", "ada@contoso.com"));
    world.source.set("new", "jobTitle", "Analyst");
    let planned = make(&world).await;
    let decisions: Vec<_> = planned.steps.iter().map(|s| s.decision).collect();
    assert_eq!(decisions, [Decision::Update]);
    apply(&world, planned).await.unwrap();
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    world.target.take_log();
    world.cycle().await;
    assert_eq!(world.target.exports(), [], "a cycle after the plan has nothing to do");
}

#[tokio::test]
async fn one_slow_answer_does_not_end_the_application_of_a_plan() {
    let world = company().await;
    let planned = make(&world).await;
    let slow = || Some(Fault::Fail(ConnectorError::transient(Interruption::Timeout, "slow")));
    world.target.fail_when(move |call| if matches!(call, Call::Get(..)) { slow() } else { None });
    let applied = apply(&world, planned).await.unwrap();
    assert_eq!(applied.counts, counts_of([1, 0, 0, 1, 0, 2, 0]));
}

#[tokio::test]
async fn after_a_plan_a_cycle_has_nothing_to_do_and_notices_what_changes() {
    for always_full in [false, true] {
        let world = company().await;
        if always_full {
            world.source.always_full();
        }
        let planned = make(&world).await;
        apply(&world, planned).await.unwrap();
        world.target.take_log();
        world.expect([0, 0, 0, 0, 3, 0, 0]).await;
        assert_eq!(world.target.exports(), []);
        world.source.set("a", "jobTitle", "Manager");
        world.source.set("d", "jobTitle", "Clerk");
        world.source.edit("b", |o| o.enabled = true);
        world.cycle().await;
        assert_eq!(world.target.user("a@contoso.com").unwrap()["title"], "Manager");
        assert_eq!(world.target.user("d@contoso.com").unwrap()["title"], "Clerk");
        assert_eq!(world.target.user("b@contoso.com").unwrap()["active"], true);
    }
}

/// The process dies after it has told the application and before it has noted that, and the change is taken back.
#[tokio::test]
async fn what_is_taken_back_while_a_plan_or_a_person_applies_it_is_taken_back_in_the_application() {
    for on_demand in [false, true] {
        let world = World::new().await;
        world.source.put(user("a", "a@contoso.com"));
        world.source.set("a", "jobTitle", "Clerk");
        world.cycle().await;
        world.source.set("a", "jobTitle", "Analyst");
        let planned = make(&world).await;
        let (ends, reached) = deadly(&world, true);
        if on_demand {
            let work = on_demand::run(&world.context, &world.job, &ends, "a@contoso.com");
            die_at(&world, &reached, Box::pin(work)).await;
        } else {
            let work = apply::run(&world.context, &world.job, &ends, planned, false, &Unwatched);
            die_at(&world, &reached, Box::pin(work)).await;
        }
        assert_eq!(world.target.user("a@contoso.com").unwrap()["title"], "Analyst");
        world.source.set("a", "jobTitle", "Clerk");
        world.cycle().await;
        assert_eq!(world.target.user("a@contoso.com").unwrap()["title"], "Clerk", "on demand: {on_demand}");
    }
}
