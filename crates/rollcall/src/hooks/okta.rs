//! `/hooks/okta/{job}`: event hooks of Okta.
//!
//! Okta waits 3 seconds for an answer, sends a delivery once more after a 5xx or none, and never after a 4xx.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use connector_okta::hook::{self, Delivery};

use super::Hooks;
use super::doors::Kind;
use crate::job_metrics::Push;

/// The one GET by which Okta finds out whether the address belongs to whoever made the hook.
pub(super) async fn verify(
    State(hooks): State<Arc<Hooks>>,
    Path(job): Path<String>,
    headers: HeaderMap,
) -> Response {
    let door = hooks.doors.find(&job).await;
    if !door.is_some_and(|door| matches!(door.kind, Kind::Okta { .. })) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let challenge = headers.get(hook::CHALLENGE).and_then(|challenge| challenge.to_str().ok());
    match challenge.and_then(hook::verification) {
        Some(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// A delivery.
pub(super) async fn deliver(
    State(hooks): State<Arc<Hooks>>,
    Path(job): Path<String>,
    request: Request,
) -> StatusCode {
    let Some(door) = hooks.doors.find(&job).await else { return StatusCode::NOT_FOUND };
    let Kind::Okta { secret, app } = &door.kind else { return StatusCode::NOT_FOUND };
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !hook::is_authentic(authorization, secret) {
        hooks.count(&door, Push::Refused);
        return StatusCode::UNAUTHORIZED;
    }
    if !door.admits() {
        // Too much to look at one by one, and Okta would not send it again.
        hooks.waker.wake(door.job);
        hooks.count(&door, Push::TooMany);
        return StatusCode::NO_CONTENT;
    }
    let body = match hooks.body(request).await {
        Ok(body) => body,
        Err(status) => {
            hooks.count(&door, Push::Malformed);
            return status;
        }
    };
    let Ok(Delivery { id, objects, is_incomplete }) = hook::read(&body, app.as_deref()) else {
        hooks.count(&door, Push::Malformed);
        return StatusCode::BAD_REQUEST;
    };
    if !door.deliveries().is_first(&id) {
        hooks.count(&door, Push::Repeated);
        return StatusCode::NO_CONTENT;
    }
    hooks.waker.nudge(door.job, objects.into_iter().collect());
    if is_incomplete {
        hooks.waker.wake(door.job);
    }
    hooks.count(&door, Push::Accepted);
    StatusCode::NO_CONTENT
}
