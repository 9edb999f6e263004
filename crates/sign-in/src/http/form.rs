//! A form that a browser posts.

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use tokio::time::timeout;

use crate::Refusal;
use crate::limits::{FORM_TIMEOUT, MAX_FORM_BYTES};

/// The fields of a form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads it.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Refusal> {
        let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::BadRequest("it is no form"));
        }
        let body = timeout(FORM_TIMEOUT, to_bytes(body, MAX_FORM_BYTES)).await.ok().and_then(Result::ok);
        let body = body.ok_or(Refusal::BadRequest("the form is too large, or did not arrive"))?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }

    /// A field that is there once.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }
}
