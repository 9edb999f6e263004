//! What answers when no endpoint does: unknown addresses, wrong methods, panics, requests that take too long.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::time::timeout;

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

/// Bounds the time of an answer, and answers for a handler that panicked.
pub(crate) async fn guard(answer: impl Future<Output = Response>) -> Response {
    match timeout(REQUEST_TIMEOUT, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        // The panic's own message was printed by the panic hook; it may hold a value, so nobody else gets it.
        Ok(Err(_)) => Error::Panicked.into_response(),
        Err(_) => Error::TimedOut.into_response(),
    }
}
