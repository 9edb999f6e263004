//! What is kept of a request, and what a client is told of it.

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use model::request_log::RequestEntry;
use serde_json::{Value, json};
use service_provider::limits::MAX_LOGGED_READS;

use crate::support::{App, USER};

const SECRET: &str = "correct horse battery staple";

#[tokio::test]
async fn every_answer_carries_the_id_of_its_request() {
    let app = App::new().await;
    let unknown_address = app.send(Request::get("/nowhere").body(Body::empty()).unwrap()).await;
    let answers = [
        app.get("/Users").await.expect(StatusCode::OK),
        app.get("/Users/x").await.error(StatusCode::NOT_FOUND, None),
        app.get("/Users?filter=x").await.error(StatusCode::BAD_REQUEST, Some("invalidFilter")),
        unknown_address.error(StatusCode::NOT_FOUND, None),
    ];
    let ids: BTreeSet<_> = answers.iter().map(|answer| answer.header("x-request-id").unwrap()).collect();
    assert_eq!(ids.len(), answers.len());
    assert!(ids.iter().all(|id| id.parse::<uuid::Uuid>().is_ok()), "{ids:?}");
}

fn told(entry: &RequestEntry) -> (&str, &str, u16, Option<&str>) {
    (&entry.method, &entry.path, entry.status, entry.scim_type.as_deref())
}

#[tokio::test]
async fn requests_of_a_tenant_are_logged_with_what_was_learnt() {
    for app in App::both().await {
        app.user("babs").await;
        let user = json!({ "schemas": [USER], "userName": "babs" });
        let again = app.post("/Users", user.clone()).await;
        app.get("/Users?filter=userName%20eq%20%22babs%22&count=1").await.listed(1);
        app.get("/Teapots/7").await.error(StatusCode::NOT_FOUND, None);
        let (_, token) = app.token.split_once('_').unwrap();
        let token = token[..12].to_owned();
        let entries = app.end().await;
        assert_eq!(
            entries.iter().map(told).collect::<Vec<_>>(),
            [
                ("POST", "/Users", 201, None),
                ("POST", "/Users", 409, Some("uniqueness")),
                ("GET", "/Users?filter=userName eq \"…\"&count=1", 200, None),
                ("GET", "/Teapots/7", 404, None),
            ]
        );
        let refused = &entries[1];
        assert_eq!(again.header("x-request-id"), Some(refused.id.to_string().as_str()));
        assert_eq!(
            (refused.token.as_str(), refused.request_bytes),
            (token.as_str(), user.to_string().len() as i64)
        );
        assert_eq!(refused.response_bytes, again.body.to_string().len() as i64);
        assert!(refused.duration_us > 0 && refused.connection.is_some());
        assert_eq!((&refused.request, &refused.response), (&None, &None));
    }
}

#[tokio::test]
async fn only_who_showed_a_token_of_ours_is_in_a_log() {
    let mut app = App::new().await;
    let (_, foreign) = app.other_tenant("fabrikam").await;
    let expired = app.short_lived_token(SignedDuration::from_secs(60)).await;
    app.pass(SignedDuration::from_secs(60));
    for (token, status) in [(foreign, 404), (expired, 401), ("rcscim_x".to_owned(), 401)] {
        app.token = token;
        assert_eq!(app.get("/Users").await.status, status);
    }
    let entries = app.end().await;
    assert_eq!(entries.iter().map(told).collect::<Vec<_>>(), [("GET", "/Users", 401, None)]);
}

#[tokio::test]
async fn a_tenant_may_have_no_request_log() {
    let app = App::new().await;
    app.set(&["request_log_days=0", "request_log_bodies=true"]).await;
    app.user("babs").await;
    assert_eq!(app.end().await, []);
}

#[tokio::test]
async fn bodies_are_kept_on_demand_and_never_a_secret() {
    let app = App::new().await;
    app.set(&["request_log_bodies=true"]).await;
    let user = json!({ "schemas": [USER], "userName": "babs", "password": SECRET });
    let id = app.post("/Users", user).await.created();
    let path = format!("/Users/{id}");
    app.patch(&path, json!([{ "op": "replace", "path": "password", "value": SECRET }])).await;
    app.patch(&path, json!([{ "op": "replace", "value": { "Password": { "x": SECRET } } }])).await;
    app.patch(&path, json!([{ "op": "replace", "path": "password[x", "value": SECRET }])).await;
    app.get(&format!("/Users?filter=password%20eq%20%22{}%22", SECRET.replace(' ', "+"))).await;
    app.get("/Users?filter=userName%20eq%20%22babs%22").await.listed(1);
    app.put(&path, json!({ "schemas": [USER], "userName": "x".repeat(20_000), "password": SECRET })).await;
    let entries = app.end().await;
    assert_eq!(entries.len(), 7);
    let text = format!("{entries:?}");
    assert!(!text.contains(SECRET) && !text.contains("correct"), "{text}");

    let body = |text: &Option<String>| serde_json::from_str::<Value>(text.as_deref().unwrap()).unwrap();
    let created = &entries[0];
    assert_eq!(body(&created.request)["userName"], "babs");
    assert_eq!(body(&created.request)["password"], "…");
    assert_eq!(body(&created.response)["id"], id.as_str());
    assert_eq!(entries[5].path, "/Users?filter=userName eq \"babs\"");
    assert_eq!(entries[5].request, None, "there was no body");
    assert!(entries[6].request.as_ref().unwrap().contains("more than"), "{:?}", entries[6].request);
}

#[tokio::test]
async fn of_very_many_reads_some_are_logged_and_of_everything_else_all() {
    let reads = usize::try_from(MAX_LOGGED_READS).unwrap();
    for (bodies, logged) in [(false, reads + 2), (true, reads + 7)] {
        let app = App::new().await;
        app.set(&[&format!("request_log_bodies={bodies}")]).await;
        for _ in 0..reads + 5 {
            app.get("/Users?count=1").await.listed(0);
        }
        app.get("/Users/nobody").await.error(StatusCode::NOT_FOUND, None);
        app.user("babs").await;
        let entries = app.end().await;
        assert_eq!(entries.len(), logged);
        let last: Vec<_> = entries[logged - 2..].iter().map(|entry| entry.status).collect();
        assert_eq!(last, [404, 201]);
    }
}

#[tokio::test]
async fn a_client_that_breaks_off_is_logged_too() {
    let app = App::new().await;
    let silence = futures::stream::pending::<Result<Bytes, Infallible>>();
    let request = Request::post("/t/contoso/scim/v2/Users")
        .header("Authorization", format!("Bearer {}", app.token))
        .body(Body::from_stream(silence))
        .unwrap();
    {
        let mut call = std::pin::pin!(app.send(request));
        for _ in 0..100 {
            assert!(futures::poll!(&mut call).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(app.end().await.iter().map(told).collect::<Vec<_>>(), [("POST", "/Users", 499, None)]);
}
