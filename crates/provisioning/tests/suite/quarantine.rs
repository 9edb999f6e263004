//! A job that can't go on is tried seldom, tells people once, and goes on by itself as soon as it can.

use connector::{Error, Interruption, ObjectType, Operation};
use jiff::SignedDuration;
use model::cycle::CycleState;
use model::quarantine::{Quarantine, QuarantineReason};
use provisioning::cycle::Options;
use provisioning::standing;
use store::job::JobState;
use testkit::{Call, Fault, user};

use crate::world::{JOB, World};

async fn company(people: u32) -> World {
    let world = World::new().await;
    world.source.page_size(500);
    for n in 0..people {
        world.source.put(user(&format!("p{n:05}"), &format!("p{n:05}@contoso.com")));
    }
    world
}

fn unauthorized() -> Fault {
    Fault::Fail(Error::credential("GET /Users: answered 401", "renew it"))
}

fn unreachable() -> Fault {
    Fault::Fail(Error::transient(Interruption::Connection, "GET /Users: connection refused"))
}

fn refused() -> Fault {
    Fault::Fail(Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no such city".into() })
}

fn refuse_creations(world: &World) {
    let creates = |call: &Call| matches!(call, Call::Export(Operation::Create { .. }));
    world.target.fail_when(move |call| creates(call).then(refused));
}

async fn fail(world: &World) -> Quarantine {
    world.try_cycle(Options::default()).await.unwrap_err();
    world.quarantine().await.unwrap()
}

#[tokio::test]
async fn a_wrong_token_is_quarantine_at_once_and_names_the_request() {
    let world = company(1).await;
    world.target.fail_when(|_| Some(unauthorized()));
    let began = world.now();
    let quarantine = fail(&world).await;
    assert_eq!(quarantine.cause.reason, QuarantineReason::EncounteredQuarantineException);
    assert_eq!(quarantine.cause.code, "InvalidCredentials");
    assert_eq!(quarantine.cause.request.as_deref(), Some("GET /Users"));
    assert_eq!((quarantine.series_began, quarantine.series_count), (began, 0));
    assert_eq!(quarantine.next_attempt, Some(began + SignedDuration::from_hours(6)));
    assert_eq!(quarantine.next_test, Some(began + SignedDuration::from_mins(1)));
}

#[tokio::test]
async fn an_answer_that_is_not_scim_is_quarantine_at_once_and_nobody_goes_to_escrow() {
    let world = company(3).await;
    let page = || Fault::Fail(Error::target("GET /Users?filter=x", "answered 404", "check the Tenant URL"));
    world.target.fail_when(move |call| matches!(call, Call::Find(..)).then(page));
    let quarantine = fail(&world).await;
    assert_eq!(quarantine.cause.code, "SystemForCrossDomainIdentityManagementServiceIncompatible");
    assert_eq!(quarantine.cause.request.as_deref(), Some("GET /Users?filter=x"));
    assert_eq!(world.escrow("p00000").await, None);
    let hour = SignedDuration::from_hours(1);
    assert_eq!(
        quarantine.next_test,
        Some(world.now() + hour),
        "the cycle's own test call had succeeded, so that another one tells little"
    );
}

#[tokio::test]
async fn one_cycle_that_succeeds_ends_it() {
    let world = company(1).await;
    world.target.fail_when(|_| Some(unauthorized()));
    fail(&world).await;
    world.hands.pass(SignedDuration::from_hours(6));
    let again = fail(&world).await;
    assert_eq!((again.series_count, again.current_began), (1, world.now()));
    assert_eq!(again.next_attempt, Some(again.series_began + SignedDuration::from_hours(12)));
    world.target.mend();
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.quarantine().await, None);
    assert_eq!(world.status().await.failures, 0);
}

#[tokio::test]
async fn an_end_out_of_reach_is_quarantine_only_when_it_lasts() {
    let world = company(1).await;
    world.target.fail_when(|_| Some(unreachable()));
    for minutes in [0, 40] {
        world.hands.pass(SignedDuration::from_mins(minutes));
        world.try_cycle(Options::default()).await.unwrap_err();
        assert_eq!(world.quarantine().await, None, "a failed cycle, tried again in the interval");
    }
    assert_eq!(world.status().await.failures, 2);
    world.hands.pass(SignedDuration::from_mins(40));
    let quarantine = fail(&world).await;
    assert_eq!(quarantine.cause.code, "WebExceptionProtocolError");
    assert!(quarantine.next_test.is_some());
}

#[tokio::test]
async fn after_28_days_the_job_is_disabled_and_begins_anew_when_it_is_started() {
    let world = company(1).await;
    world.turn(JobState::On).await;
    refuse_creations(&world);
    world.cycle().await;
    assert!(world.escrow("p00000").await.is_some());
    world.target.fail_when(|_| Some(unauthorized()));
    fail(&world).await;
    world.hands.pass(SignedDuration::from_hours(28 * 24));
    let last = fail(&world).await;
    assert_eq!((last.next_attempt, last.next_test), (None, None));
    assert_eq!(world.stored().await.state, JobState::Disabled);
    assert!(world.status().await.stopped.unwrap().contains("28 days"));
    assert_eq!((world.escrow("p00000").await, world.watermark().await), (None, None));

    world.target.mend();
    let (job, now) = (world.job.id, world.now());
    world.store.write(move |tx| standing::start(tx, job, now)).await.unwrap();
    assert_eq!((world.quarantine().await, world.stored().await.state), (None, JobState::On));
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
}

#[tokio::test]
async fn held_deletions_are_quarantine_until_a_person_allows_them() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 1 }} }}\n")).await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("a", |o| o.enabled = false);
    let report = world.expect([0, 0, 0, 0, 0, 0, 1]).await;
    assert_eq!(report.cycle.state, CycleState::Held);
    let quarantine = world.quarantine().await.unwrap();
    assert_eq!(quarantine.cause.reason, QuarantineReason::TooManyDeletes);
    assert!(quarantine.cause.message.starts_with("1 of 1 managed users"));
    assert_eq!(quarantine.next_test, None, "no test call can end it");
    world.try_cycle(Options { allow_deletions: true, ..Options::default() }).await.unwrap();
    assert_eq!(world.quarantine().await, None);
}

#[tokio::test]
async fn too_large_a_share_of_failures_is_quarantine() {
    let world = company(0).await;
    world.cycle().await;
    refuse_creations(&world);
    for n in 0..5_000 {
        world.source.put(user(&format!("p{n:05}"), &format!("p{n:05}@contoso.com")));
    }
    let report = world.cycle().await;
    assert_eq!((report.cycle.state, report.cycle.counts.escrowed), (CycleState::Completed, 5_000));
    let quarantine = world.quarantine().await.unwrap();
    assert_eq!(quarantine.cause.reason, QuarantineReason::EncounteredEscrowProportionThreshold);
    assert_eq!(quarantine.cause.code, "invalidValue", "what most of them failed with");
    for part in ["5000 of 5000", "no such city"] {
        assert!(quarantine.cause.message.contains(part), "{}", quarantine.cause.message);
    }
    for n in 0..5_000 {
        world.source.remove(ObjectType::User, &format!("p{n:05}"));
    }
    world.hands.pass(SignedDuration::from_hours(6));
    world.expect([0; 7]).await;
    assert_eq!(world.quarantine().await, None, "nobody fails any more");
}

#[tokio::test]
async fn an_initial_cycle_with_too_many_failures_pauses_the_job_instead() {
    let world = company(5_000).await;
    world.turn(JobState::On).await;
    refuse_creations(&world);
    let report = world.cycle().await;
    assert_eq!((report.cycle.state, report.cycle.counts.escrowed), (CycleState::Completed, 5_000));
    assert_eq!(world.quarantine().await, None);
    let status = world.status().await;
    assert!(status.escrows_pruned && status.stopped.unwrap().contains("5000 of 5000"));
    assert_eq!(world.stored().await.state, JobState::Paused);
    assert_eq!(world.escrow("p00000").await, None);
    assert_eq!(world.watermark().await, None, "those who failed must be found again");
}

#[tokio::test]
async fn the_engines_own_troubles_are_nobodys_quarantine() {
    let world = company(1).await;
    world.source.fail_read_after(0, Error::transient(Interruption::Changed, "the file went away"));
    world.try_cycle(Options::default()).await.unwrap_err();
    assert_eq!(world.quarantine().await, None);
    assert_eq!(world.status().await.failures, 1);
}

#[tokio::test]
async fn a_try_that_fails_for_another_reason_leaves_the_quarantine_as_it_is() {
    let world = World::with(&format!("{JOB}guard = {{ deletions = {{ count = 1 }} }}\n")).await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("a", |o| o.enabled = false);
    world.cycle().await;
    world.target.fail_when(|_| Some(unreachable()));
    world.hands.pass(SignedDuration::from_hours(6));
    let quarantine = fail(&world).await;
    assert_eq!(quarantine.cause.reason, QuarantineReason::TooManyDeletes);
    assert_eq!(quarantine.next_attempt, Some(quarantine.series_began + SignedDuration::from_hours(12)));
}
