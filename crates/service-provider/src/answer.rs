//! Answers: SCIM JSON with the headers that go with it.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

/// RFC 7644 §3.1. No parameter: some clients compare the header as a whole.
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// A body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(body) {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = status;
            response.headers_mut().insert(CONTENT_TYPE, SCIM_JSON);
            response
        }
        // Text keys and finite numbers are all there is, so this is never reached.
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// No body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Adds the version of the resource as `ETag` (RFC 7644 §3.14), the same text as `meta.version`.
pub(crate) fn with_version(response: Response<Body>, version: &str) -> Response<Body> {
    with_header(response, ETAG, version)
}

/// Adds where the resource is (RFC 7644 §3.3, §3.11).
pub(crate) fn with_location(response: Response<Body>, location: &str) -> Response<Body> {
    with_header(response, LOCATION, location)
}

fn with_header(mut response: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}
