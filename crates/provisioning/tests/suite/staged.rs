//! What the guard holds back is staged: a person allows or rejects it, one by one or together.

use connector::ObjectType;
use jiff::SignedDuration;
use model::cycle::CycleState;
use model::staged::{Removal, StagedState};
use provisioning::cycle::{self, Options};
use provisioning::progress::Unwatched;
use provisioning::{apply, plan};
use serde_json::Value;
use testkit::{group, user};

use crate::crash::die_after;
use crate::world::{JOB, World, users, with_groups};

/// Six people, of whom three are disabled or deleted at once: that is too many.
async fn company() -> World {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 3 }} }}\n")).await;
    for n in 0..6 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world.cycle().await;
    world.source.edit("p0", |o| o.enabled = false);
    world.source.edit("p1", |o| o.enabled = false);
    world.source.remove(ObjectType::User, "p2");
    let report = world.expect([0, 0, 0, 0, 0, 0, 3]).await;
    assert_eq!(report.cycle.state, CycleState::Held);
    world
}

fn everybody() -> Vec<(String, bool)> {
    (0..6).map(|n| (format!("p{n}@contoso.com"), true)).collect()
}

#[tokio::test]
async fn what_is_staged_tells_who_what_and_why() {
    let world = company().await;
    let staged = world.staged().await;
    let told: Vec<_> = staged.iter().map(|s| (s.display.as_str(), s.removal, s.state)).collect();
    let pending = StagedState::Pending;
    assert_eq!(
        told,
        [
            ("p0@contoso.com", Removal::Disable, pending),
            ("p1@contoso.com", Removal::Disable, pending),
            ("p2@contoso.com", Removal::Delete, pending)
        ]
    );
    assert_eq!(staged[2].reason, "deleted for good in the directory");
    assert_eq!(staged[0].target_id, world.id_of("p0@contoso.com"));
    world.target.take_log();
    world.expect([0, 0, 0, 0, 0, 0, 3]).await;
    assert_eq!(world.staged().await, staged, "a further cycle changes nothing");
    assert_eq!(world.target.exports(), []);
    let told = world.log().await.into_iter().filter(|e| e.action.as_str() == "stageddelete").count();
    assert_eq!(told, 3, "the log tells it once");
}

#[tokio::test]
async fn the_allowed_are_done_though_the_watermark_has_moved_and_the_others_wait() {
    let world = company().await;
    world.decide("p0", StagedState::Allowed).await;
    world.decide("p2", StagedState::Allowed).await;
    let report = world.expect([0, 0, 1, 1, 0, 0, 1]).await;
    assert_eq!(report.cycle.state, CycleState::Held);
    assert!(report.held.unwrap().contains("wait for a person"));
    let left = world.staged().await;
    assert_eq!(left.iter().map(|s| s.source_id.as_str()).collect::<Vec<_>>(), ["p1"]);
    assert!(world.target.user("p2@contoso.com").is_none());
    world.decide("p1", StagedState::Allowed).await;
    let report = world.expect([0, 0, 1, 0, 0, 0, 0]).await;
    assert_eq!(report.cycle.state, CycleState::Completed);
}

#[tokio::test]
async fn the_rejected_are_left_alone_until_their_reason_changes() {
    let world = company().await;
    for anchor in ["p0", "p1", "p2"] {
        world.decide(anchor, StagedState::Rejected).await;
    }
    world.target.take_log();
    let report = world.cycle().await;
    assert_eq!((report.cycle.state, report.held), (CycleState::Completed, None));
    world.source.expire_watermarks();
    world.expect([0, 0, 0, 0, 6, 0, 0]).await;
    assert_eq!((world.users(), world.target.exports()), (everybody(), vec![]));
    // Another reason, and a person is asked again, although one is fewer than the threshold.
    world.source.edit("p0", |o| o.soft_deleted = true);
    world.expect([0, 0, 0, 0, 0, 0, 1]).await;
    let states: Vec<_> = world.staged().await.into_iter().map(|s| s.state).collect();
    assert_eq!(states, [StagedState::Pending, StagedState::Rejected, StagedState::Rejected]);
}

#[tokio::test]
async fn who_returns_leaves_the_list_by_themselves() {
    let world = company().await;
    world.source.edit("p0", |o| o.enabled = true);
    world.source.put(user("p2", "p2@contoso.com"));
    world.decide("p2", StagedState::Allowed).await;
    world.target.take_log();
    world.expect([0, 0, 0, 0, 2, 0, 1]).await;
    assert_eq!(world.staged().await.len(), 1);
    assert_eq!((world.users(), world.target.exports()), (everybody(), vec![]));
}

#[tokio::test]
async fn who_was_allowed_to_be_disabled_is_not_deleted_for_that() {
    let world = company().await;
    world.decide("p0", StagedState::Allowed).await;
    world.source.remove(ObjectType::User, "p0");
    world.expect([0, 0, 0, 0, 0, 0, 3]).await;
    let staged = world.staged().await;
    assert_eq!((staged[0].removal, staged[0].state), (Removal::Delete, StagedState::Pending));
    assert!(world.target.user("p0@contoso.com").is_some());
}

#[tokio::test]
async fn while_some_wait_new_ones_join_them_when_all_together_are_too_many() {
    let world = company().await;
    world.source.edit("p3", |o| o.enabled = false);
    world.expect([0, 0, 0, 0, 0, 0, 4]).await;
    for anchor in ["p0", "p1", "p2"] {
        world.decide(anchor, StagedState::Rejected).await;
    }
    world.source.edit("p4", |o| o.enabled = false);
    world.expect([0, 0, 1, 0, 0, 0, 1]).await;
}

/// The leaver is still active, and the name theirs: who came under it waits, and is served when a person has decided.
#[tokio::test]
async fn who_waits_for_the_name_of_somebody_staged_gets_it_afterwards() {
    let world = company().await;
    world.source.put(user("again", "p2@contoso.com"));
    world.expect([0, 0, 0, 0, 0, 1, 3]).await;
    assert_eq!(world.escrow("again").await.unwrap().code, "DuplicateSourceEntries");
    world.decide("p2", StagedState::Allowed).await;
    world.cycle().await;
    assert!(world.target.user("p2@contoso.com").is_none(), "deleted for good");
    world.hands.pass(SignedDuration::from_hours(24));
    world.cycle().await;
    assert!(world.link("again").await.is_some());
}

#[tokio::test]
async fn lost_memberships_are_staged_one_by_one() {
    let world = World::with(&format!("{}guard = {{ deletions = {{ count = 2 }} }}\n", with_groups())).await;
    for n in 0..4 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world.source.put(group("g", "Sales", &["p0", "p1", "p2", "p3"]));
    world.cycle().await;
    let members = || {
        let group = world.target.objects(ObjectType::Group).remove(0);
        group["members"].as_array().map_or(0, Vec::len)
    };
    world.source.put(group("g", "Sales", &["p0"]));
    let report = world.cycle().await;
    assert_eq!((report.cycle.counts.held, members()), (3, 4));
    let mut staged = world.staged().await;
    let leaving: Vec<_> = staged.iter().map(|s| s.member.as_ref().unwrap().display.clone()).collect();
    assert_eq!(leaving, ["p1@contoso.com", "p2@contoso.com", "p3@contoso.com"]);

    staged[0].state = StagedState::Allowed;
    staged[1].state = StagedState::Rejected;
    let job = world.job.id;
    world.store.write(move |tx| store::staged::put(tx, job, &staged)).await.unwrap();
    let planned = plan::make(&world.context, &world.job, &world.ends(), &Unwatched).await.unwrap();
    let removed: Vec<_> = planned.steps.iter().flat_map(|s| &s.references).map(|r| r.to.as_str()).collect();
    assert_eq!(removed, ["p1", "p3"], "a plan leaves out what was rejected");
    let report = world.cycle().await;
    assert_eq!((report.cycle.counts.references, report.cycle.counts.held, members()), (1, 1, 3));

    // Who is back in the group needs no decision.
    world.source.put(group("g", "Sales", &["p0", "p3"]));
    let report = world.cycle().await;
    assert_eq!((report.cycle.state, members()), (CycleState::Completed, 3));
    assert_eq!(world.staged().await.len(), 1, "the rejected one");
}

#[tokio::test]
async fn a_plan_shows_what_waits_and_does_not_do_it_unasked() {
    let world = company().await;
    world.decide("p1", StagedState::Rejected).await;
    let planned = plan::make(&world.context, &world.job, &world.ends(), &Unwatched).await.unwrap();
    let leaving: Vec<_> = planned.steps.iter().map(|s| s.display.as_str()).collect();
    assert_eq!(leaving, ["p0@contoso.com", "p2@contoso.com"]);
    assert!(planned.detail.held.is_some(), "two are fewer than the threshold, but they wait");
    world.decide("p0", StagedState::Rejected).await;
    let applied = apply::run(&world.context, &world.job, &world.ends(), planned, true, &Unwatched).await;
    let applied = applied.unwrap();
    assert_eq!((applied.counts.deleted, applied.refused.len()), (1, 1));
    assert!(applied.refused[0].why.contains("rejected"));
    assert_eq!(world.staged().await.len(), 2, "who is done is not staged any more");
}

/// A cycle that stages, and one that does what was allowed, killed at every place where they wait for something.
#[tokio::test]
async fn staging_killed_anywhere_loses_nobody_and_does_nothing_twice() {
    let mut polls = 1;
    let mut ended = false;
    while !ended {
        let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 2 }} }}\n")).await;
        for n in 0..4 {
            world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
        }
        world.cycle().await;
        world.source.edit("p0", |o| o.enabled = false);
        world.source.remove(ObjectType::User, "p1");
        let ends = world.ends();
        let cycle = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched);
        ended = die_after(polls, cycle).await;
        world.hands.pass(SignedDuration::from_secs(10));
        assert_eq!(world.cycle().await.cycle.counts.held, 2, "killed after {polls} polls");
        assert_eq!(world.users().iter().filter(|(_, active)| *active).count(), 4);
        world.decide("p0", StagedState::Allowed).await;
        world.decide("p1", StagedState::Allowed).await;
        let cycle = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched);
        ended &= die_after(polls, cycle).await;
        world.hands.pass(SignedDuration::from_secs(10));
        world.cycle().await;
        let expected =
            users(&[("p0@contoso.com", false), ("p2@contoso.com", true), ("p3@contoso.com", true)]);
        assert_eq!(world.users(), expected, "killed after {polls} polls");
        assert_eq!(world.staged().await, [], "killed after {polls} polls");
        world.target.take_log();
        world.source.expire_watermarks();
        assert_eq!(world.cycle().await.cycle.state, CycleState::Completed);
        assert_eq!(world.target.exports(), [], "killed after {polls} polls: nothing is left to do");
        polls += 1;
    }
    assert!(polls > 10, "a cycle has more than {polls} places to die at");
}

#[tokio::test]
async fn another_definition_of_the_job_asks_anew_about_whom_it_would_take_away() {
    let mut world = company().await;
    for anchor in ["p0", "p1", "p2"] {
        world.decide(anchor, StagedState::Rejected).await;
    }
    world.job.digest = "digest-2".into();
    let report = world.cycle().await;
    assert_eq!(report.cycle.counts.held, 2, "whoever is deleted for good has no other reason now");
    assert_eq!(world.users(), everybody());
    let ids: Vec<Value> =
        world.target.objects(ObjectType::User).into_iter().map(|u| u["id"].clone()).collect();
    assert_eq!(ids.len(), 6);
}
