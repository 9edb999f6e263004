//! The outermost layer: every request gets its [`Record`] and its `x-request-id` here.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use scim::ScimType;
use tracing::Instrument;
use uuid::Uuid;

use crate::record::Record;
use crate::{Context, now};

/// By this a client's administrator and ours talk about the same request. It is a header, because the body of an error
/// has no member for it (RFC 7644 §3.12).
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The error keyword of an answer, which the endpoints leave in its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyword(pub(crate) ScimType);

/// Makes the record, lets the request be answered, and tells what came of it.
pub(crate) async fn observe(
    State(context): State<Arc<Context>>,
    mut request: Request,
    next: Next,
) -> Response {
    let record = Arc::new(Record::new(context.ids.next(), now(&context), &request));
    request.extensions_mut().insert(Arc::clone(&record));
    let span = tracing::info_span!("request", request = %record.id);
    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID, id_value(record.id));
    span.in_scope(|| tell(&record, &response));
    if let Some(client) = record.client() {
        context.quirk_counts.add(client, record.began);
    }
    response
}

fn tell(record: &Record, response: &Response<Body>) {
    tracing::debug!(
        method = record.method.as_str(),
        endpoint = record.endpoint().map(tracing::field::debug),
        tenant = record.tenant().map(tracing::field::display),
        token = record.token(),
        client = record.client_kind(),
        status = response.status().as_u16(),
        scim_type = response.extensions().get::<Keyword>().map(|keyword| keyword.0.as_str()),
        request_bytes = record.request_bytes(),
        response_bytes = response.body().size_hint().exact(),
        duration_us = u64::try_from(record.started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

fn id_value(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    // Hexadecimal digits and hyphens are a header value, so that nobody ever sees the empty one.
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)).unwrap_or(HeaderValue::from_static(""))
}
