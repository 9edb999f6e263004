//! `examples/embed.rs`: the service provider in somebody else's application.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::support::USER;

#[path = "../../examples/embed.rs"]
#[allow(dead_code, reason = "its main is not called here")]
mod embed;

async fn send(app: &Router, request: Request<Body>) -> (StatusCode, String) {
    let answer = app.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn an_application_has_users_and_pages_of_its_own() {
    let folder = TempDir::new().unwrap();
    let database = format!("sqlite:{}", folder.path().join("embed.db").display());
    let (app, token) = embed::app(&database, "http://127.0.0.1:8080").await.unwrap();
    let body = json!({ "schemas": [USER], "userName": "ana" });
    let post = Request::post("/t/acme/scim/v2/Users").header("Content-Type", "application/scim+json");
    let post = post.header("Authorization", format!("Bearer {token}"));
    let (status, made) = send(&app, post.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    let (_, home) = send(&app, Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(home, format!("{} created\n", made["id"].as_str().unwrap()));
    // What neither knows is answered by the service provider.
    let (status, _) = send(&app, Request::get("/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[test]
fn the_example_fits_on_two_pages() {
    assert!(include_str!("../../examples/embed.rs").lines().count() < 100);
}
