//! Why a request fails (RFC 9457).

use axum::http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::arguments::CommandLine;
use crate::failure;

/// A problem: a status, what is wrong, and what to do next where that is known.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    hint: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), hint: None }
    }

    /// No token, or none that is good. The same sentence whatever is wrong with it.
    pub fn unauthorized() -> Self {
        let hint =
            "make one with `rollcall admin-token create`, and send it as Authorization: Bearer <token>";
        let problem = Self::new(StatusCode::UNAUTHORIZED, "a valid admin token is needed");
        Self { hint: Some(hint.to_owned()), ..problem }
    }

    /// The token is good, but not for this.
    pub fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// The same for a tenant that does not exist and for one that the token is not for.
    pub fn unknown_tenant() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such tenant for this token")
    }

    /// There is nothing at this address.
    pub fn unknown_operation() -> Self {
        let hint = "GET /admin/v1/openapi.json lists the operations";
        let problem = Self::new(StatusCode::NOT_FOUND, "there is no such operation");
        Self { hint: Some(hint.to_owned()), ..problem }
    }

    /// Operations are POST.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "operations are POST")
    }

    /// The body could not be read.
    pub fn body(status: StatusCode, detail: &str) -> Self {
        Self::new(status, detail)
    }

    /// The body is not what the operation takes.
    pub fn bad_body(detail: &str) -> Self {
        let hint = "send a JSON object with the operation's arguments; GET /admin/v1/openapi.json lists them";
        Self { hint: Some(hint.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// The arguments are not what the command line takes.
    pub fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let first = text.lines().take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" ");
        Self::bad_body(first.strip_prefix("error: ").unwrap_or(&first))
    }

    /// The verb refuses. What is our own failure is told in the log, not to the client.
    pub fn refused(error: &anyhow::Error, line: &CommandLine) -> Self {
        let status = match error.chain().find_map(|cause| cause.downcast_ref::<store::Error>()) {
            None => StatusCode::UNPROCESSABLE_ENTITY,
            Some(store::Error::Busy | store::Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Some(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = failure::message(error), "an operation of the admin API failed");
            return Self::internal();
        }
        let detail = line.without_folder(&failure::message(error));
        Self { status, detail, hint: failure::hint(error) }
    }

    /// Something is wrong with the server.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says why")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, detail, hint } = self;
        let title = status.canonical_reason().unwrap_or("Error");
        let mut body =
            json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
        if let (Some(hint), Some(body)) = (hint, body.as_object_mut()) {
            body.insert("hint".to_owned(), hint.into());
        }
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}
