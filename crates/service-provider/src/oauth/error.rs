//! What a client of the token endpoint is told when it gets no token (RFC 6749 §5.2).

use axum::body::Body;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::answer;

/// Why there is no token.
#[derive(Debug)]
pub(crate) enum Error {
    /// The request is not one that RFC 6749 knows.
    InvalidRequest(&'static str),
    /// Nobody proved to be a client of this tenant. The detail says no more than the client's administrator needs.
    InvalidClient(&'static str),
    /// It asks for a token in another way than §4.4.
    UnsupportedGrantType,
    /// The client is known and not accepted from where it is.
    UnauthorizedClient(&'static str),
    /// It has to wait.
    Wait(scim::Error),
    /// The server failed.
    Failed,
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, hint = error.hint(), "no token could be issued");
        Self::Failed
    }
}

impl Error {
    /// The answer. `by_header`: the client showed its secret in `Authorization`, so that it is told that scheme.
    pub(crate) fn into_response(self, by_header: bool) -> Response<Body> {
        let (status, code, detail) = match &self {
            Self::InvalidRequest(detail) => (StatusCode::BAD_REQUEST, "invalid_request", *detail),
            Self::InvalidClient(detail) => (StatusCode::UNAUTHORIZED, "invalid_client", *detail),
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type must be client_credentials")
            }
            Self::UnauthorizedClient(detail) => (StatusCode::BAD_REQUEST, "unauthorized_client", *detail),
            Self::Wait(wait) => {
                (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", wait.detail.as_str())
            }
            Self::Failed => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again in some seconds")
            }
        };
        let mut response = answer(status, &json!({ "error": code, "error_description": detail }));
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED && by_header {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"SCIM\""));
        }
        if let Self::Wait(wait) = self {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.retry_after_seconds.unwrap_or(1)));
        }
        response
    }
}
