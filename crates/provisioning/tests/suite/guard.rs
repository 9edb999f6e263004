//! Accidents in the directory must not empty the application.

use connector::{Error, Interruption, ObjectType};
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
    assert_eq!(
        world.watermark().await,
        None,
        "what is held must be found again, also in a directory put back"
    );
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
    world.target.fail_when(|_| Some(testkit::Fault::Fail(Error::Credential { detail: "401".into() })));
    let error = world.try_cycle(Options::default()).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::Target(Error::Credential { .. })), "{error}");
    assert_eq!(world.target.exports(), []);
    assert_eq!(world.escrow("new").await, None, "nobody goes to escrow for a wrong token");
    world.target.mend();
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
}
