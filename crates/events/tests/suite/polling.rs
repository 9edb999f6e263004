//! Security event tokens that are fetched (RFC 8936).

use application::resources::Error;
use events::limits::{MAX_FAILURES, POLL_WINDOW};
use events::stream::{Disabled, Method};
use serde_json::{Value, json};
use testkit::Database;

use crate::tenant::Tenant;

fn poll(_: String) -> Method {
    Method::Poll { audience: "app".to_owned() }
}

fn status(refused: Result<Value, Error>) -> u16 {
    match refused {
        Err(Error::Refused(refusal)) => refusal.status,
        other => panic!("{other:?}"),
    }
}

/// What the tokens of an answer tell, by user name.
async fn told(tenant: &Tenant, answer: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (jti, token) in answer["sets"].as_object().unwrap() {
        let claims = tenant.verified(token.as_str().unwrap()).await.unwrap();
        assert_eq!(claims["jti"], json!(jti));
        let (uri, payload) =
            claims["events"].as_object().unwrap().iter().find(|(_, it)| it["version"].is_string()).unwrap();
        let name = payload["data"]["userName"].as_str().unwrap().to_owned();
        all.push((name, uri.trim_start_matches("urn:ietf:params:scim:event:prov:").to_owned()));
    }
    all.sort();
    all
}

fn ids(answer: &Value) -> Vec<String> {
    answer["sets"].as_object().unwrap().keys().cloned().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned())).collect()
}

#[tokio::test]
async fn tokens_come_again_until_they_are_acknowledged_and_those_of_a_user_in_order() {
    for tenant in Tenant::both_with(poll).await {
        assert_eq!(tenant.poll(json!({})).await.unwrap(), json!({ "sets": {}, "moreAvailable": false }));
        let ana = tenant.user("ana").await;
        tenant.patch(ana, "title", json!("Boss")).await;
        tenant.user("bo").await;
        let first = tenant.poll(json!({})).await.unwrap();
        assert_eq!(told(&tenant, &first).await, pairs(&[("ana", "create:full"), ("bo", "create:full")]));
        assert_eq!(first["moreAvailable"], true, "ana's second event waits for her first");
        // Who died before it kept anything asks again.
        let again = tenant.poll(json!({})).await.unwrap();
        assert_eq!(ids(&again), ids(&first));
        assert_eq!(
            tenant.poll(json!({ "maxEvents": 1 })).await.unwrap()["sets"].as_object().unwrap().len(),
            1
        );
        // bo is confirmed before ana: only ana is told again.
        let of_bo = ids(&first)[1].clone();
        let rest = tenant.poll(json!({ "ack": [of_bo, "nonsense"] })).await.unwrap();
        assert_eq!(told(&tenant, &rest).await, pairs(&[("ana", "create:full")]));
        assert_eq!(tenant.stream().await.delivered, 0);
        let last = tenant.poll(json!({ "ack": ids(&rest), "returnImmediately": true })).await.unwrap();
        assert_eq!(told(&tenant, &last).await, pairs(&[("ana", "put:full")]));
        let end = tenant.poll(json!({ "ack": ids(&last), "maxEvents": 0 })).await.unwrap();
        assert_eq!(end, json!({ "sets": {}, "moreAvailable": false }));
        let stream = tenant.stream().await;
        assert_eq!((stream.delivered, stream.acknowledged.len(), stream.confirmed), (3, 0, 3));
        // What was acknowledged twice counts once.
        tenant.poll(json!({ "ack": ids(&last), "maxEvents": 0 })).await.unwrap();
        assert_eq!(tenant.stream().await.confirmed, 3);
    }
}

#[tokio::test]
async fn what_is_not_confirmed_holds_up_no_more_than_a_window() {
    let tenant = Tenant::with(Database::sqlite(), poll).await;
    let window = usize::try_from(POLL_WINDOW).unwrap();
    for number in 0..window + 10 {
        tenant.user(&format!("user{number}")).await;
    }
    let first = ids(&tenant.poll(json!({ "maxEvents": 1 })).await.unwrap()).remove(0);
    let (mut kept, mut ack) = (0, Vec::new());
    loop {
        let answer = tenant.poll(json!({ "maxEvents": 1000, "ack": ack })).await.unwrap();
        assert_eq!(answer["moreAvailable"], true);
        ack = ids(&answer).into_iter().filter(|id| *id != first).collect();
        assert!(ack.len() <= 100, "{}", ack.len());
        if ack.is_empty() {
            break;
        }
        kept += ack.len();
    }
    assert_eq!(kept, window - 1);
    let rest = tenant.poll(json!({ "ack": [first], "maxEvents": 100 })).await.unwrap();
    assert_eq!((ids(&rest).len(), tenant.stream().await.delivered), (10, POLL_WINDOW));
}

/// That a receiver does not believe a token.
fn refusal(id: &str) -> Value {
    json!({ "setErrs": { id: { "err": "invalid_key", "description": "canary" } } })
}

#[tokio::test]
async fn what_is_refused_comes_again_after_a_pause_and_disables_at_last() {
    for tenant in Tenant::both_with(poll).await {
        tenant.user("ana").await;
        let id = ids(&tenant.poll(json!({})).await.unwrap()).remove(0);
        let answer = tenant.poll(refusal(&id)).await.unwrap();
        assert_eq!(answer, json!({ "sets": {}, "moreAvailable": true }));
        let failed = tenant.stream().await;
        assert_eq!((failed.failures, failed.delivered), (1, 0));
        assert_eq!(failed.last_failure.as_deref(), Some("the receiver refused event 1: invalid_key"));
        assert!(ids(&tenant.poll(json!({})).await.unwrap()).is_empty(), "not before the pause is over");
        tenant.pass_pause().await;
        assert_eq!(ids(&tenant.poll(json!({})).await.unwrap()), [id.as_str()]);
        for _ in 1..MAX_FAILURES {
            assert_eq!(tenant.disabled().await, None);
            tenant.poll(refusal(&id)).await.unwrap();
        }
        assert_eq!(tenant.disabled().await, Some(Disabled::Failing));
        assert_eq!(status(tenant.poll(json!({})).await), 409);
    }
}

#[tokio::test]
async fn what_is_refused_is_skipped_and_what_came_before_it_is_not() {
    for tenant in Tenant::both_with(poll).await {
        tenant.user("ana").await;
        tenant.user("bo").await;
        let both = ids(&tenant.poll(json!({})).await.unwrap());
        tenant.poll(refusal(&both[1])).await.unwrap();
        let stopped = tenant.stream().await;
        assert_eq!((stopped.delivered, stopped.stopped_at), (0, Some(2)));
        assert!(!tenant.skip(1).await && tenant.skip(2).await);
        let rest = tenant.poll(json!({})).await.unwrap();
        assert_eq!(told(&tenant, &rest).await, pairs(&[("ana", "create:full")]));
        tenant.poll(json!({ "ack": ids(&rest), "maxEvents": 0 })).await.unwrap();
        let done = tenant.stream().await;
        assert_eq!((done.delivered, done.confirmed, done.failures), (2, 1, 0));
    }
}

/// What was refused and is believed after all stops nothing.
#[tokio::test]
async fn what_was_refused_may_be_acknowledged() {
    let tenant = Tenant::with(Database::sqlite(), poll).await;
    tenant.user("ana").await;
    tenant.user("bo").await;
    let both = ids(&tenant.poll(json!({})).await.unwrap());
    tenant.poll(refusal(&both[1])).await.unwrap();
    let rest = tenant.poll(json!({ "ack": [both[1]] })).await.unwrap();
    assert_eq!(ids(&rest), both[..1]);
    let done = tenant.stream().await;
    assert_eq!((done.delivered, done.failures, done.stopped_at), (0, 0, None));
}

#[tokio::test]
async fn only_a_stream_that_is_polled_is_polled() {
    let tenant = Tenant::on(Database::sqlite()).await;
    assert_eq!(status(tenant.poll(json!({})).await), 404);
    let polled = Tenant::with(Database::sqlite(), poll).await;
    for body in [Value::Null, json!({ "maxEvents": -1 }), json!({ "ack": "x" })] {
        assert_eq!(status(polled.poll(body).await), 400);
    }
    // Nothing is sent to whoever polls.
    polled.user("ana").await;
    polled.deliver().await;
    assert_eq!((polled.receiver.take().len(), polled.stream().await.delivered), (0, 0));
}
