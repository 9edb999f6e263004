//! Refusals and failures as a SCIM client sees them (RFC 7644 §3.12).

use axum::http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use scim::Mistake;

use crate::answer;
use crate::limits::RETRY_AFTER_SECONDS;
use crate::observe::Keyword;

/// Why a request is not answered as the client hoped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The client asked for something it can't have.
    #[error(transparent)]
    Refused(#[from] scim::Error),
    /// The store failed; nothing of the request was kept unless the error says otherwise.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The tenant's definition does not go together with the schemas of this release.
    #[error("the schemas of tenant {tenant} can't be used")]
    Definition {
        /// The tenant's name.
        tenant: String,
        /// What is wrong with it.
        mistakes: Vec<Mistake>,
    },
    /// A handler panicked.
    #[error("a handler panicked")]
    Panicked,
    /// The request took longer than [`crate::limits::REQUEST_TIMEOUT`].
    #[error("the request took too long")]
    TimedOut,
}

impl From<application::resources::Error> for Error {
    fn from(error: application::resources::Error) -> Self {
        match error {
            application::resources::Error::Refused(refusal) => Self::Refused(refusal),
            application::resources::Error::Store(failure) => Self::Store(failure),
        }
    }
}

impl Error {
    /// What the client gets to know. Failures are logged here, once, because this is where their cause is left behind: a
    /// client gets none of it.
    pub(crate) fn into_refusal(self) -> scim::Error {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Store(slow @ store::Error::Deadline) => store_failure(&slow),
            Self::Store(failure) => {
                let cause = std::error::Error::source(&failure).map(ToString::to_string);
                tracing::error!(error = %failure, cause, hint = failure.hint(), "a request failed in the store");
                store_failure(&failure)
            }
            Self::Definition { tenant, mistakes } => {
                let mistakes = mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                let hint = "correct it with `rollcall schema apply`";
                tracing::error!(tenant, mistakes, hint, "the tenant's schema definition can't be used");
                scim::Error::new(500, "the schemas of this tenant can't be used; the server's log says why")
            }
            Self::Panicked => {
                tracing::error!("a request ended in a panic");
                scim::Error::new(500, "the server made a mistake; its log says which")
            }
            Self::TimedOut => {
                tracing::warn!("a request took too long");
                let detail = "the request took too long; read the resource again before repeating a change";
                scim::Error::new(503, detail)
            }
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        refused(&self.into_refusal())
    }
}

/// What a client may know of a failure: whether trying again can help.
fn store_failure(failure: &store::Error) -> scim::Error {
    match failure {
        store::Error::Unavailable(_)
        | store::Error::Full
        | store::Error::Busy
        | store::Error::Contention
        | store::Error::Closed => scim::Error::new(
            503,
            "the server can't store anything at the moment; nothing was changed; try again",
        ),
        store::Error::Deadline => {
            let detail = "the search took too long; filter by an attribute with an index, such as userName, externalId or \
                          displayName, or leave the filter out and page by cursor";
            scim::Error::too_many(detail)
        }
        store::Error::Undecided(_) => {
            let detail =
                "the server lost its database during the change; read the resource before repeating it";
            scim::Error::new(503, detail)
        }
        store::Error::Conflict => {
            scim::Error::new(409, "the resource was changed by somebody else at the same time; try again")
        }
        store::Error::Url { .. }
        | store::Error::NoFolder { .. }
        | store::Error::Uniqueness { .. }
        | store::Error::Corrupt { .. }
        | store::Error::Migration(_)
        | store::Error::Statement(_)
        | store::Error::Panicked => scim::Error::new(500, "the server made a mistake; its log says which"),
    }
}

/// The answer to a refused request, with the headers that its status asks for.
fn refused(refusal: &scim::Error) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = answer::json(status, &refusal.to_json());
    if let Some(scim_type) = refusal.scim_type {
        response.extensions_mut().insert(Keyword(scim_type));
    }
    if let Some((name, value)) = extra_header(status) {
        response.headers_mut().insert(name, value);
    }
    if let Some(seconds) = refusal.retry_after_seconds {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn extra_header(status: StatusCode) -> Option<(HeaderName, HeaderValue)> {
    match status {
        // RFC 6750 §3: a challenge names the scheme and at least one parameter.
        StatusCode::UNAUTHORIZED => {
            Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"SCIM\"")))
        }
        StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS))),
        _ => None,
    }
}
