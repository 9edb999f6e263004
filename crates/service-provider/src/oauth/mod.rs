//! POST `/t/TENANT/oauth2/token`: short-lived tokens for clients (RFC 6749 §4.4), which prove themselves by a secret of
//! theirs or by an assertion of an issuer that their tenant trusts (RFC 7523 §2.2).
//!
//! What is issued is a token like any other: a row that expires, belongs to the client's connection, and is gone when the
//! client or the secret is.

mod assertion;
mod error;
mod issuer;
mod request;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use self::error::Error;
use self::request::TokenRequest;
use crate::Context;
use crate::caller::path_parameter;
use crate::limits::{BODY_TIMEOUT, ISSUED_TOKEN_LIFETIME, MAX_TOKEN_REQUEST_BYTES};

pub(crate) use issuer::Issuer;
pub use issuer::RandomBytes;

/// 200 with a token; 400 for what is no request of this kind; 401 for what proves no client of the tenant.
pub(crate) async fn token(State(context): State<Arc<Context>>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    match issue(&context, &mut parts, body).await {
        Ok(granted) => granted,
        Err(error) => error.into_response(parts.headers.contains_key(AUTHORIZATION)),
    }
}

async fn issue(context: &Arc<Context>, parts: &mut Parts, body: Body) -> Result<Response<Body>, Error> {
    let issuer = context.issuer.as_ref().ok_or(Error::Failed)?;
    let tenant = path_parameter(parts, context, "tenant").await.map_err(|_| request::unknown())?;
    check_media_type(&parts.headers)?;
    let body = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_TOKEN_REQUEST_BYTES)).await;
    let body = body.ok().and_then(Result::ok);
    let body = body.ok_or(Error::InvalidRequest("the body is too large, or did not arrive"))?;
    let request = TokenRequest::parse(&parts.headers, &body)?;
    let issued = issuer.issue(context, parts, &tenant, request).await?;
    let mut granted = json!({
        "access_token": issued.secret.reveal(),
        "token_type": "Bearer",
        "expires_in": ISSUED_TOKEN_LIFETIME.as_secs(),
    });
    // RFC 6749 §5.1: a scope is told where it is another than the client asked for; ours has words of its own.
    if let (Value::Object(granted), false) = (&mut granted, issued.scope.is_empty()) {
        granted.insert("scope".to_owned(), Value::from(issued.scope));
    }
    Ok(answer(StatusCode::OK, &granted))
}

/// RFC 6749 §4.4.2: parameters come as a form.
fn check_media_type(headers: &HeaderMap) -> Result<(), Error> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    Err(Error::InvalidRequest("the body must be application/x-www-form-urlencoded"))
}

/// An answer of the token endpoint: JSON that nobody keeps (RFC 6749 §5.1).
fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
