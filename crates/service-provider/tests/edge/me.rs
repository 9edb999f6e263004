//! `/Me` (RFC 7644 §3.11) for a token that is nobody.

use axum::http::{Method, StatusCode};

use crate::support::App;

#[tokio::test]
async fn a_token_of_a_connection_is_nobody() {
    let app = App::new().await;
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = app.call(method, "/Me", None).await.error(StatusCode::NOT_FOUND, None);
        assert!(answer.body["detail"].as_str().unwrap().contains("token"));
    }
    app.call(Method::OPTIONS, "/Me", None).await.error(StatusCode::METHOD_NOT_ALLOWED, None);
}
