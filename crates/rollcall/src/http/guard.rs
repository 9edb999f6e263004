//! What the service provider's edge does for its own endpoints, for those beside it: every request is answered.

use std::any::Any;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use service_provider::limits::REQUEST_TIMEOUT;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// The same endpoints. A handler that panics is answered with 500, one that takes too long with 503.
pub fn guarded(router: Router) -> Router {
    router
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(panicked))
}

// The panic's own message was printed by the panic hook; it may hold a value, so nobody else gets it.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request ended in a panic");
    (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here. It is in the server's log.\n")
        .into_response()
}
