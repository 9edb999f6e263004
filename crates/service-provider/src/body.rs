//! The body of a request: its media type, its size, its JSON.

use std::error::Error as StdError;
use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::LengthLimitError;
use scim::quirks::{Quirk, Tolerance};
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::limits::{BODY_TIMEOUT, MAX_BODY_BYTES};
use crate::record::note;

/// A JSON body. It is the last argument of a handler, so that nobody unknown makes the server read anything.
pub(crate) struct Json(pub(crate) Value);

impl<S: Sync> FromRequest<S> for Json {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let client = parts.extensions.get::<Arc<Client>>();
        check_media_type(&parts.headers, client.map(|client| &**client.tolerance()))?;
        if announced_length(&parts.headers).is_some_and(|length| length > MAX_BODY_BYTES) {
            return Err(too_large());
        }
        let bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY_BYTES))
            .await
            .map_err(|_| scim::Error::new(408, "the body did not arrive in time"))?
            .map_err(|error| unreadable(&error))?;
        note(&parts.extensions, |record| record.note_body(&bytes));
        parse(&bytes)
    }
}

fn parse(bytes: &Bytes) -> Result<Json, Error> {
    Ok(Json(scim::parse_json(bytes)?))
}

/// RFC 7644 §3.1: `application/scim+json`, or `application/json`; parameters do not matter, since JSON is UTF-8. Some
/// clients name none, or another one of JSON's (RFC 6839 §3.1).
fn check_media_type(headers: &HeaderMap, tolerance: Option<&Tolerance>) -> Result<(), Error> {
    let value = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?")).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if ["application/scim+json", "application/json"].contains(&&*media_type) {
        return Ok(());
    }
    let refusal = || scim::Error::new(415, "the body must be application/scim+json or application/json");
    let is_json = ["", "text/json", "application/x-json"].contains(&&*media_type)
        || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    match tolerance.filter(|_| is_json) {
        Some(tolerance) => Ok(tolerance.require(Quirk::AnyJsonMediaType, refusal)?),
        None => Err(refusal().into()),
    }
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn unreadable(error: &axum::Error) -> Error {
    if StdError::source(error).is_some_and(<dyn StdError>::is::<LengthLimitError>) {
        return too_large();
    }
    scim::Error::invalid_syntax("the body ended before its announced end").into()
}

fn too_large() -> Error {
    scim::Error::payload_too_large(format!(
        "the body is larger than {MAX_BODY_BYTES} bytes; send it in parts"
    ))
    .into()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;

    use super::*;

    async fn status(body: Body) -> u16 {
        let request = Request::post("/").header(CONTENT_TYPE, "application/scim+json").body(body).unwrap();
        match Json::from_request(request, &()).await {
            Err(Error::Refused(refusal)) => refusal.status,
            other => panic!("{}", other.is_ok()),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_is_408() {
        let silence = futures::stream::pending::<Result<Bytes, Infallible>>();
        assert_eq!(status(Body::from_stream(silence)).await, 408);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_400() {
        let broken = futures::stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("reset"))]);
        assert_eq!(status(Body::from_stream(broken)).await, 400);
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_is_bounded() {
        let endless =
            futures::stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from(vec![b' '; 64 * 1024])));
        assert_eq!(status(Body::from_stream(endless)).await, 413);
    }
}
