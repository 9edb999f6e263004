//! Subscriptions: made, renewed and ended, and what they tell.

use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use connector::{Error, ObjectType};
use connector_entra::notifications::{self, Notified, validation_token};
use connector_entra::{Listener, Secret};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use testkit::graph::{Fault, Graph};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::company::{assigned, company, group, id, needs, source};

const STATE: &str = "client-state-canary";

/// A server that answers as a listener must, and what it is told.
async fn listening() -> (Listener, UnboundedReceiver<Notified>) {
    let (tell, told) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/told", listener.local_addr().unwrap());
    let answer = async move |RawQuery(query): RawQuery, body: Bytes| -> Response {
        if let Some(token) = query.as_deref().and_then(validation_token) {
            return ([(CONTENT_TYPE, "text/plain")], token).into_response();
        }
        tell.send(notifications::read(&body, &Secret::new(STATE)).unwrap()).unwrap();
        StatusCode::ACCEPTED.into_response()
    };
    let router = Router::new().route("/told", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Listener { url, client_state: Secret::new(STATE) }, told)
}

fn in_hours(hours: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(hours)
}

/// The methods with which subscriptions were asked for.
fn asked(graph: &Graph) -> Vec<String> {
    let log = graph.take_log().into_iter();
    log.filter(|asked| asked.path.starts_with("subscriptions")).map(|asked| asked.method).collect()
}

#[tokio::test]
async fn who_is_subscribed_is_told_of_users_and_groups() {
    let graph = company(&["a", "b"]).await;
    graph.put_group(&group("9", &[]));
    let (listener, mut told) = listening().await;
    source(&graph, &assigned()).subscribe(&listener, in_hours(48)).await.unwrap();
    assert_eq!(asked(&graph), ["GET", "POST", "POST"]);

    let one = |object_type, name| Notified { changed: vec![(object_type, id(name))], is_incomplete: false };
    graph.edit_user(&id("a"), &json!({ "city": "Omaha" }));
    assert_eq!(told.recv().await.unwrap(), one(ObjectType::User, "a"));
    graph.add_member(&id("9"), &id("b"));
    assert_eq!(told.recv().await.unwrap(), one(ObjectType::Group, "9"));
    graph.soft_delete(&id("b"));
    assert_eq!(told.recv().await.unwrap(), one(ObjectType::User, "b"));
}

#[tokio::test]
async fn subscriptions_are_renewed_replaced_and_ended() {
    let graph = company(&["a"]).await;
    let (listener, _told) = listening().await;
    let source = source(&graph, &needs());
    let subscribed = source.subscribe(&listener, in_hours(48)).await.unwrap();
    assert!(source.renew(&subscribed, in_hours(49)).await.unwrap());

    // What was left over by a process that died.
    let again = source.subscribe(&listener, in_hours(48)).await.unwrap();
    assert_eq!(graph.subscriptions(), 1);
    assert!(!source.renew(&subscribed, in_hours(48)).await.unwrap(), "the old one is gone");

    graph.end_subscriptions();
    assert!(!source.renew(&again, in_hours(48)).await.unwrap());
    source.subscribe(&listener, in_hours(48)).await.unwrap();
    let (other, _told) = listening().await;
    source.subscribe(&other, in_hours(48)).await.unwrap();
    source.unsubscribe(&listener.url).await.unwrap();
    assert_eq!(graph.subscriptions(), 1, "that of the other listener");
}

#[tokio::test]
async fn why_nobody_is_subscribed_is_said_without_the_secret() {
    let graph = company(&["a"]).await;
    let (listener, _told) = listening().await;
    let source = source(&graph, &assigned());
    for (listener, until) in [
        (&Listener { url: "http://127.0.0.1:1/told".into(), client_state: Secret::new(STATE) }, in_hours(48)),
        (&listener, in_hours(24 * 30)),
        (&listener, in_hours(-1)),
    ] {
        let error = source.subscribe(listener, until).await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{error}");
        assert!(!format!("{error:?}").contains(STATE), "{error:?}");
    }
    graph.fail_once("subscriptions", Fault::Unauthorized);
    source.subscribe(&listener, in_hours(48)).await.unwrap();
    assert_eq!(graph.subscriptions(), 2, "with a new access token");
}
