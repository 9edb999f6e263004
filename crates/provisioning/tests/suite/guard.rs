//! Accidents in the directory must not empty the application.

use connector::{Error, Interruption, ObjectType};
use jiff::SignedDuration;
use model::cycle::CycleState;
use provisioning::cycle::Options;
use testkit::user;

use crate::world::{JOB, World, counts_of};

async fn company(people: u32) -> World {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 3 }} }}\n")).await;
    for n in 0..people {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world.cycle().await;
    world
}

fn active(world: &World) -> usize {
    world.users().iter().filter(|(_, active)| *active).count()
}

#[tokio::test]
async fn too_many_leavers_are_held_back_and_the_rest_goes_on() {
    let world = company(6).await;
    for n in 0..2 {
        world.source.edit(&format!("p{n}"), |o| o.enabled = false);
    }
    world.source.remove(ObjectType::User, "p2");
    world.source.put(user("new", "new@contoso.com"));
    world.source.always_full();
    let report = world.expect([1, 0, 0, 0, 3, 0, 3]).await;
    assert_eq!(report.cycle.state, CycleState::Held);
    assert!(report.held.unwrap().starts_with("3 of 7 managed users would be disabled or deleted"));
    assert_eq!(active(&world), 7);
    assert!(world.watermark().await.is_some(), "what is held is staged, and need not be found again");
    let staged = world.log().await.into_iter().filter(|e| e.action.as_str() == "stageddelete").count();
    assert_eq!(staged, 3);
}

#[tokio::test]
async fn what_is_held_is_found_again_and_done_when_a_person_allows_it() {
    let world = company(6).await;
    for n in 0..3 {
        world.source.edit(&format!("p{n}"), |o| o.enabled = false);
    }
    world.expect([0, 0, 0, 0, 0, 0, 3]).await;
    world.expect([0, 0, 0, 0, 0, 0, 3]).await;
    let report = world.try_cycle(Options { allow_deletions: true, ..Options::default() }).await.unwrap();
    assert_eq!(report.cycle.counts, counts_of([0, 0, 3, 0, 0, 0, 0]));
    assert_eq!(active(&world), 3);
    // The permission was for that cycle.
    for n in 3..6 {
        world.source.edit(&format!("p{n}"), |o| o.enabled = false);
    }
    world.expect([0, 0, 0, 0, 0, 0, 3]).await;
}

#[tokio::test]
async fn a_cycle_that_broke_off_after_writing_is_followed_by_one_over_everybody() {
    let world = company(6).await;
    world.source.put(user("new", "new@contoso.com"));
    world.source.fail_read_after(1, Error::transient(Interruption::Changed, "the file went away"));
    world.try_cycle(Options::default()).await.unwrap_err();
    assert_eq!(active(&world), 7, "the page before was done");
    assert_eq!(world.watermark().await, None);
    world.expect([0, 0, 0, 0, 7, 0, 0]).await;
}

#[tokio::test]
async fn fewer_than_the_threshold_pass() {
    let world = company(6).await;
    world.source.edit("p0", |o| o.enabled = false);
    world.source.remove(ObjectType::User, "p1");
    world.expect([0, 0, 1, 1, 0, 0, 0]).await;
}

#[tokio::test]
async fn cycles_that_each_stay_below_the_threshold_add_up_for_a_day() {
    let world = World::with(&format!("{JOB}guard = {{ deletions_per_day = {{ count = 3 }} }}\n")).await;
    for n in 0..6 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world.cycle().await;
    for n in 0..2 {
        world.source.edit(&format!("p{n}"), |o| o.enabled = false);
        world.expect([0, 0, 1, 0, 0, 0, 0]).await;
        world.hands.pass(SignedDuration::from_hours(1));
    }
    world.source.remove(ObjectType::User, "p2");
    let report = world.expect([0, 0, 0, 0, 0, 0, 1]).await;
    assert!(report.held.unwrap().contains("2 were in the last 24 hours"));
    // What is staged waits for a person, but a day later others may leave.
    world.hands.pass(SignedDuration::from_hours(24));
    world.source.edit("p3", |o| o.enabled = false);
    world.expect([0, 0, 1, 0, 0, 0, 1]).await;
}

#[tokio::test]
async fn what_a_person_allowed_does_not_count_for_the_day() {
    let guard = "guard = { deletions = { count = 3 }, deletions_per_day = { count = 4 } }\n";
    let world = World::with(&format!("{JOB}{guard}")).await;
    for n in 0..8 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world.cycle().await;
    for n in 0..4 {
        world.source.edit(&format!("p{n}"), |o| o.enabled = false);
    }
    let report = world.try_cycle(Options { allow_deletions: true, ..Options::default() }).await.unwrap();
    assert_eq!(report.cycle.counts.disabled, 4);
    world.source.edit("p4", |o| o.enabled = false);
    world.expect([0, 0, 1, 0, 0, 0, 0]).await;
}

#[tokio::test]
async fn an_empty_directory_deletes_nobody_whatever_the_thresholds_say() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{}} }}\n")).await;
    for n in 0..2 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world.cycle().await;
    world.source.always_full();
    world.source.remove(ObjectType::User, "p0");
    world.source.remove(ObjectType::User, "p1");
    let report = world.expect([0, 0, 0, 0, 0, 0, 2]).await;
    assert!(report.held.unwrap().contains("2 of 2 linked users are not in it"));
    assert_eq!(active(&world), 2);
}

#[tokio::test]
async fn a_directory_of_which_more_than_half_is_missing_deletes_nobody() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{}} }}\n")).await;
    for n in 0..10 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world.cycle().await;
    world.source.always_full();
    (0..5).for_each(|n| world.source.remove(ObjectType::User, &format!("p{n}")));
    world.expect([0, 0, 0, 5, 5, 0, 0]).await;
    (10..15).for_each(|n| world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com"))));
    world.expect([5, 0, 0, 0, 5, 0, 0]).await;
    (5..11).for_each(|n| world.source.remove(ObjectType::User, &format!("p{n}")));
    let report = world.expect([0, 0, 0, 0, 4, 0, 6]).await;
    assert!(report.held.unwrap().contains("6 of 10 linked users are not in it"));
    assert_eq!(active(&world), 10);
    // The file was only cut short.
    (5..11).for_each(|n| world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com"))));
    let report = world.expect([0, 0, 0, 0, 10, 0, 0]).await;
    assert_eq!(report.held, None);
}

#[tokio::test]
async fn a_read_that_breaks_off_deletes_nobody() {
    let world = company(6).await;
    world.source.expire_watermarks();
    let before = world.watermark().await;
    world.source.fail_read_after(1, Error::transient(Interruption::Changed, "the file went away"));
    let error = world.try_cycle(Options::default()).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::Source(_)), "{error}");
    assert_eq!(active(&world), 6);
    assert_eq!(world.watermark().await, before);
    let (job, failed) = (world.job.id, CycleState::Failed);
    let last = world.store.read(move |tx| store::cycle::latest(tx, job, 1)).await.unwrap().pop().unwrap();
    assert_eq!((last.state, last.error.unwrap().contains("the file went away")), (failed, true));
}

#[tokio::test]
async fn wrong_credentials_end_the_cycle_before_anything_is_written() {
    let world = company(2).await;
    world.source.put(user("new", "new@contoso.com"));
    world.target.take_log();
    world.target.fail_when(|_| Some(testkit::Fault::Fail(Error::credential("401", "renew it"))));
    let error = world.try_cycle(Options::default()).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::Target(Error::Credential { .. })), "{error}");
    assert_eq!(world.target.exports(), []);
    assert_eq!(world.escrow("new").await, None, "nobody goes to escrow for a wrong token");
    world.target.mend();
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
}
