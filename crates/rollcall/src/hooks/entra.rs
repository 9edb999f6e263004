//! `/hooks/entra/{job}`: change notifications of Microsoft Graph.
//!
//! Graph wants a 2xx within 10 seconds, and repeats a notification for four hours otherwise. A notification that is not
//! Graph's is answered as one that is ("Receive change notifications through webhooks").

use std::sync::Arc;

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use connector::ObjectType;
use connector_entra::notifications::{self, NotNotified, Notified, validation_token};

use super::Hooks;
use super::doors::Kind;
use crate::job_metrics::Push;

/// A notification, or the question whether the address is ours.
pub(super) async fn notify(
    State(hooks): State<Arc<Hooks>>,
    Path(job): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let Some(door) = hooks.doors.find(&job).await else { return StatusCode::NOT_FOUND.into_response() };
    let Kind::Entra { state, assigned_only } = &door.kind else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let Some(token) = query.as_deref().and_then(validation_token) {
        // Whoever asks gets back what they sent; a browser must not take it for a page.
        return ([(CONTENT_TYPE, "text/plain"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], token).into_response();
    }
    if !door.admits() {
        hooks.count(&door, Push::TooMany);
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response();
    }
    let body = match hooks.body(request).await {
        Ok(body) => body,
        Err(status) => {
            hooks.count(&door, Push::Malformed);
            return status.into_response();
        }
    };
    let push = match notifications::read(&body, state) {
        Ok(Notified { changed, is_incomplete }) => {
            let is_group = |(object_type, _): &(ObjectType, String)| *object_type == ObjectType::Group;
            // Who came to a group or left it is not told, and only a cycle finds them.
            let wants_cycle = is_incomplete || (*assigned_only && changed.iter().any(is_group));
            hooks.waker.nudge(door.job, changed.into_iter().collect());
            if wants_cycle {
                hooks.waker.wake(door.job);
            }
            Push::Accepted
        }
        Err(NotNotified::WrongState) => Push::Refused,
        Err(NotNotified::TooLong | NotNotified::Malformed) => Push::Malformed,
    };
    hooks.count(&door, push);
    StatusCode::ACCEPTED.into_response()
}
