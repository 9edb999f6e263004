//! What answers when no endpoint does: unknown addresses, wrong methods, panics, requests that take too long.

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::Error;
use crate::limits::REQUEST_TIMEOUT;

/// 404 for an address that is in no line of the route table. Nothing is looked up, so it tells nothing about tenants.
pub(crate) async fn not_found(uri: Uri) -> Error {
    let hint = if uri.path().starts_with("/t/") {
        "resources are under {Tenant URL}/Users and {Tenant URL}/Groups"
    } else {
        "a Tenant URL looks like https://HOST/t/TENANT/scim/v2"
    };
    scim::Error::new(404, format!("there is nothing at this address; {hint}")).into()
}

/// 405 for an address that knows other methods; the router adds them as `Allow` (RFC 9110 §15.5.6).
pub(crate) async fn method_not_allowed(method: Method) -> Error {
    scim::Error::new(405, format!("{method} is not possible at this address; see the header Allow")).into()
}

/// Bounds the time of each request, and answers for a handler that panicked.
pub(crate) fn guard(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(panicked)).layer(middleware::from_fn(in_time))
}

async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    answer.unwrap_or_else(|_| Error::TimedOut.into_response())
}

/// The panic's own message was printed by the panic hook; it may hold a value, so nobody else gets it.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Error::Panicked.into_response()
}
