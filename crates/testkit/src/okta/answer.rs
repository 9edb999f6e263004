//! Answers, and how they are written.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, DATE, LINK, WWW_AUTHENTICATE};
use axum::response::Response;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};
use uuid::Uuid;

use super::limits::Counted;

/// An answer of the org.
pub(super) struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
    pub(super) links: Vec<String>,
    pub(super) authenticate: Option<&'static str>,
    pub(super) counted: Option<Counted>,
    pub(super) date: Timestamp,
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: body.to_string(),
            links: Vec::new(),
            authenticate: None,
            counted: None,
            date: Timestamp::UNIX_EPOCH,
        }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    /// An error as Okta writes it.
    pub(super) fn error(status: u16, code: &str, summary: &str) -> Self {
        let id = Uuid::new_v4().simple().to_string();
        Self::new(
            status,
            json!({
                "errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": id, "errorCauses": [],
            }),
        )
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::error(404, "E0000007", &format!("Not found: Resource not found: {what}"))
    }

    /// A page for people.
    pub(super) fn page(status: u16) -> Self {
        let body = "<html><body>This is not the API.</body></html>".to_owned();
        Self { content_type: "text/html", body, ..Self::new(status, Value::Null) }
    }

    pub(super) fn into_response(self) -> Response {
        let date =
            DateTimePrinter::new().timestamp_to_rfc9110_string(&self.date).expect("a date of this age");
        let mut response = Response::builder()
            .status(self.status)
            .header(CONTENT_TYPE, self.content_type)
            .header(DATE, date)
            .header("X-Okta-Request-Id", Uuid::new_v4().simple().to_string());
        for link in self.links {
            response = response.header(LINK, link);
        }
        if let Some(authenticate) = self.authenticate {
            response = response.header(WWW_AUTHENTICATE, authenticate);
        }
        if let Some(Counted { limit, remaining, reset, .. }) = self.counted {
            response = response
                .header("X-Rate-Limit-Limit", limit)
                .header("X-Rate-Limit-Remaining", remaining)
                .header("X-Rate-Limit-Reset", reset);
        }
        response.body(Body::from(self.body)).expect("headers made here")
    }
}
