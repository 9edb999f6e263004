//! What is kept of a request, and what a client is told of it.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::App;

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
