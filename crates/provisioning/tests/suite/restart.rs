//! A restart forgets what it is told to, and nothing else.

use connector::Error;
use jiff::SignedDuration;
use model::cycle::CycleKind;
use provisioning::restart::{ResetScope, Restarted, restart};
use store::job::JobState;
use testkit::{Fault, user};

use crate::world::{JOB, World};

async fn restarted(world: &World, scope: ResetScope) -> Restarted {
    let (stored, now) = (world.stored().await, world.now());
    world.store.write(move |tx| restart(tx, &stored, scope, "restart", now)).await.unwrap()
}

/// One person is linked, another one in escrow, and the job in quarantine.
async fn troubled() -> World {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.put(user("b", "bo@contoso.com"));
    let refusal = Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() };
    world.target.fail_call(3, Fault::Fail(refusal));
    world.expect([0, 0, 0, 0, 0, 1, 0]).await;
    world.target.fail_call(1, Fault::Fail(Error::credential("401", "renew it")));
    world.try_cycle(provisioning::cycle::Options::default()).await.unwrap_err();
    assert!(world.quarantine().await.is_some());
    world
}

#[tokio::test]
async fn the_default_is_that_of_the_portal() {
    let world = troubled().await;
    let expect = Restarted { links: 0, escrows: 1, cycle_ended: false };
    assert_eq!(restarted(&world, ResetScope::DEFAULT).await, expect);
    assert_eq!((world.quarantine().await, world.watermark().await), (None, None));
    assert_eq!(world.stored().await.state, JobState::On);
    assert!(world.link("a").await.is_some(), "links are kept");
    let report = world.expect([1, 0, 0, 0, 1, 0, 0]).await;
    assert_eq!(report.cycle.kind, CycleKind::Initial);
}

#[tokio::test]
async fn what_is_not_named_is_kept() {
    let world = troubled().await;
    restarted(&world, ResetScope { escrows: true, ..ResetScope::default() }).await;
    assert_eq!(world.escrow("b").await, None);
    assert!(world.quarantine().await.is_some() && world.watermark().await.is_some());
    restarted(&world, ResetScope { quarantine: true, ..ResetScope::default() }).await;
    assert!(world.quarantine().await.is_none() && world.watermark().await.is_some());
}

#[tokio::test]
async fn without_links_everybody_is_matched_anew() {
    let world = troubled().await;
    let done = restarted(&world, ResetScope { links: true, ..ResetScope::default() }).await;
    assert_eq!((done.links, world.link("a").await), (1, None));
    world.hands.pass(SignedDuration::from_mins(2));
    world.expect([1, 0, 0, 0, 1, 0, 0]).await;
    assert!(world.link("a").await.is_some());
}

#[tokio::test]
async fn deletions_are_forced_once() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 1 }} }}\n")).await;
    for name in ["a", "b"] {
        world.source.put(user(name, &format!("{name}@contoso.com")));
    }
    world.cycle().await;
    world.source.edit("a", |o| o.enabled = false);
    world.expect([0, 0, 0, 0, 0, 0, 1]).await;
    restarted(&world, ResetScope { force_deletes: true, ..ResetScope::default() }).await;
    assert_eq!(world.quarantine().await, None);
    world.expect([0, 0, 1, 0, 0, 0, 0]).await;
    world.source.edit("b", |o| o.enabled = false);
    world.expect([0, 0, 0, 0, 0, 0, 1]).await;
}

#[tokio::test]
async fn a_cycle_under_way_ends_and_stores_nothing_more() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    let (store, job, now) = (world.context.store.clone(), world.stored().await, world.now());
    // When the person is to be made, somebody restarts the job.
    let mut restarts = Some(move || {
        let restarting = std::thread::spawn(move || {
            store.write_blocking(move |tx| restart(tx, &job, ResetScope::DEFAULT, "restart", now)).unwrap()
        });
        restarting.join().unwrap()
    });
    world.target.fail_when(move |call| {
        if matches!(call, testkit::Call::Export(_))
            && let Some(restart) = restarts.take()
        {
            assert!(restart().cycle_ended);
        }
        None
    });
    let error = world.try_cycle(provisioning::cycle::Options::default()).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::LeaseLost), "{error}");
    assert_eq!((world.link("a").await, world.watermark().await), (None, None));
    // Whoever lost the lease may not have noticed yet; the next cycle waits for that long.
    let early = world.try_cycle(provisioning::cycle::Options::default()).await.unwrap_err();
    assert!(matches!(early, provisioning::Error::Busy { .. }), "{early}");
    world.hands.pass(SignedDuration::from_secs(5));
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
}
