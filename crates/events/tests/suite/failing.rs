//! Receivers that fail, are slow, and lie.

use events::limits::{BATCH_TIME, FIRST_PAUSE, MAX_FAILURES};
use events::stream::{self, Disabled};
use jiff::SignedDuration;
use serde_json::json;
use testkit::Database;

use crate::receiver::{Received, Receiver, Reply};
use crate::tenant::Tenant;

#[tokio::test]
async fn what_fails_is_tried_again_after_a_pause_with_the_same_id() {
    for tenant in Tenant::both().await {
        tenant.user("ana").await;
        tenant.receiver.answers(&[Reply::Status(500), Reply::Status(400)]);
        tenant.deliver().await;
        let first = tenant.receiver.take();
        let failed = tenant.stream().await;
        assert_eq!((failed.delivered, failed.failures), (0, 1));
        assert_eq!(failed.last_failure.as_deref(), Some("the receiver answered 500"));
        assert!(failed.due >= tenant.now() + FIRST_PAUSE);
        tenant.deliver().await;
        assert_eq!(tenant.receiver.told(), [""; 0], "not before the pause is over");
        tenant.pass_pause().await;
        tenant.deliver().await;
        assert_eq!(tenant.stream().await.failures, 2);
        tenant.pass_pause().await;
        tenant.deliver().await;
        let all = [first, tenant.receiver.take()].concat();
        assert!(all.len() == 3 && all.iter().all(|one| one.id() == all[0].id()), "{all:?}");
        let done = tenant.stream().await;
        assert_eq!((done.delivered, done.failures, done.last_failure), (1, 0, None));
    }
}

#[tokio::test]
async fn an_event_waits_for_the_one_before_it() {
    for tenant in Tenant::both().await {
        let ana = tenant.user("ana").await;
        tenant.patch(ana, "active", json!(false)).await;
        tenant.user("bo").await;
        tenant.receiver.answers(&[Reply::Status(503)]);
        tenant.deliver().await;
        let first = tenant.receiver.take();
        assert!(
            first.iter().all(|one| one.sequence() != 2),
            "ana's second event does not overtake her first"
        );
        tenant.pass_pause().await;
        // One event alone finds out whether the receiver is back; then all that is left follows.
        tenant.receiver.answers(&[Reply::Status(503)]);
        tenant.deliver().await;
        assert_eq!(tenant.receiver.take().iter().map(Received::sequence).collect::<Vec<_>>(), [1]);
        tenant.pass_pause().await;
        tenant.deliver().await;
        let rest = tenant.receiver.take();
        let place = |sequence| rest.iter().position(|one| one.sequence() == sequence).unwrap();
        assert!(place(1) < place(2) && rest.len() == 3, "{rest:?}");
        assert_eq!(tenant.stream().await.delivered, 3);
    }
}

/// A redirect is no place to send personal data to, and an answer that never comes ends.
#[tokio::test(start_paused = true)]
async fn who_does_not_answer_or_sends_elsewhere_has_not_received_it() {
    let tenant = Tenant::on(Database::sqlite()).await;
    tenant.user("ana").await;
    for (reply, failure) in [
        (Reply::Redirect, "the receiver answered 307"),
        (Reply::Never, "the server does not answer in time"),
        (Reply::Status(304), "the receiver answered 304"),
    ] {
        tenant.receiver.answers(&[reply]);
        tenant.deliver().await;
        assert_eq!(tenant.receiver.take().len(), 1, "{reply:?}");
        assert_eq!(tenant.stream().await.last_failure.as_deref(), Some(failure));
        tenant.pass_pause().await;
    }
    tenant.deliver().await;
    assert_eq!(tenant.receiver.told(), ["user.created ana"]);
}

#[tokio::test]
async fn nobody_there_is_a_failure_as_well() {
    let mut tenant = Tenant::on(Database::sqlite()).await;
    tenant.user("ana").await;
    // Without the operator's networks this machine is no receiver: row E6 of docs/threats.md.
    tenant.deliverer.egress = egress::Client::new().unwrap();
    tenant.deliver().await;
    let failed = tenant.stream().await;
    assert_eq!((failed.delivered, failed.failures), (0, 1));
    assert!(failed.last_failure.unwrap().contains("not on the public Internet"));
    assert_eq!(tenant.receiver.told(), [""; 0]);
}

#[tokio::test]
async fn after_three_days_of_failures_it_is_disabled_and_loses_nothing() {
    for tenant in Tenant::both().await {
        tenant.user("ana").await;
        let began = tenant.now();
        tenant.receiver.answers(&vec![Reply::Status(500); usize::try_from(MAX_FAILURES).unwrap()]);
        while tenant.disabled().await.is_none() {
            tenant.pass_pause().await;
            tenant.deliver().await;
        }
        assert_eq!(tenant.disabled().await, Some(Disabled::Failing));
        let days = tenant.now().duration_since(began).as_hours() / 24;
        assert!((2..=3).contains(&days), "{days}");
        let id = tenant.id;
        let audited = tenant.write(move |tx| store::audit::latest(tx, Some(id), None, 1)).await;
        assert_eq!(
            (audited[0].action.as_str(), audited[0].subject.clone()),
            ("webhook.disable", tenant.stream.to_string())
        );
        assert_eq!(audited[0].detail["failure"], "the receiver answered 500");
        tenant.receiver.take();
        tenant.user("bo").await;
        tenant.pass(SignedDuration::from_hours(24));
        tenant.deliver().await;
        assert_eq!(tenant.receiver.told(), [""; 0]);
        let (webhook, at) = (tenant.stream, tenant.now());
        assert!(tenant.write(move |tx| stream::enable(tx, id, webhook, at)).await);
        tenant.deliver().await;
        let mut told = tenant.receiver.told();
        told.sort_unstable();
        assert_eq!(told, ["user.created ana", "user.created bo"]);
    }
}

#[tokio::test]
async fn who_answers_gone_is_sent_no_more() {
    let tenant = Tenant::on(Database::sqlite()).await;
    tenant.user("ana").await;
    tenant.receiver.answers(&[Reply::Status(410)]);
    tenant.deliver().await;
    assert_eq!(tenant.disabled().await, Some(Disabled::Gone));
    tenant.pass(SignedDuration::from_hours(1));
    tenant.deliver().await;
    assert_eq!(tenant.receiver.take().len(), 1);
}

#[tokio::test]
async fn a_replay_during_an_attempt_counts() {
    for tenant in Tenant::both().await {
        tenant.user("ana").await;
        tenant.deliver().await;
        tenant.receiver.take();
        tenant.user("bo").await;
        let receiver: Receiver = tenant.receiver.clone();
        let (id, webhook, at) = (tenant.id, tenant.stream, tenant.now());
        let replay = async {
            receiver.wait_for(1).await;
            tenant.write(move |tx| stream::replay(tx, id, webhook, 0, at)).await
        };
        // Whichever is noted first, both users are told of again.
        let ((), replayed) = tokio::join!(tenant.deliver(), replay);
        tenant.deliver().await;
        assert!(replayed);
        let told = tenant.receiver.told();
        assert!(told.iter().any(|one| one == "user.created ana"), "{told:?}");
        assert_eq!(tenant.stream().await.delivered, 2);
    }
}

#[tokio::test]
async fn an_event_that_is_refused_for_ever_is_skipped_and_nothing_else() {
    for tenant in Tenant::both().await {
        tenant.user("ana").await;
        tenant.user("bo").await;
        let skip = async |event| tenant.skip(event).await;
        assert!(!skip(1).await, "it does not stop there yet");
        // Both are sent side by side the first time, and one alone from then on.
        tenant.receiver.answers(&vec![Reply::Status(422); usize::try_from(MAX_FAILURES + 1).unwrap()]);
        while tenant.disabled().await.is_none() {
            tenant.pass_pause().await;
            tenant.deliver().await;
        }
        let stopped = tenant.stream().await;
        assert!(!skip(stopped.delivered + 2).await, "only what it stops at");
        assert!(skip(stopped.delivered + 1).await);
        tenant.receiver.take();
        assert_eq!((tenant.disabled().await, tenant.stream().await.failures), (None, 0));
        tenant.pass_pause().await;
        tenant.deliver().await;
        let rest: Vec<i64> = tenant.receiver.take().iter().map(Received::sequence).collect();
        assert_eq!(rest, [2]);
        let done = tenant.stream().await;
        assert_eq!((done.delivered, done.confirmed, done.failed), (2, 1, MAX_FAILURES));
    }
}

/// The one that fails need not be the next one: what was not begun before it is not lost with it.
#[tokio::test]
async fn what_is_skipped_is_what_failed() {
    for tenant in Tenant::both().await {
        let ana = tenant.user("ana").await;
        tenant.patch(ana, "title", json!("Boss")).await;
        tenant.user("bo").await;
        tenant.receiver.answers_event(1, Reply::Held);
        tenant.receiver.answers_event(3, Reply::Status(422));
        let time_is_up = async {
            tenant.receiver.wait_for(2).await;
            tenant.pass(BATCH_TIME);
            tenant.receiver.release();
        };
        tokio::join!(tenant.deliver(), time_is_up);
        let stopped = tenant.stream().await;
        assert_eq!((stopped.delivered, stopped.stopped_at), (1, Some(3)));
        assert!(!tenant.skip(2).await && tenant.skip(3).await);
        tenant.receiver.take();
        tenant.deliver().await;
        assert_eq!(tenant.receiver.take().iter().map(Received::sequence).collect::<Vec<_>>(), [2]);
        let done = tenant.stream().await;
        assert_eq!((done.delivered, done.confirmed, done.stopped_at), (3, 2, None));
        assert!(done.acknowledged.is_empty());
    }
}
