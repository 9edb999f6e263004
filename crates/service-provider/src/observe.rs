//! The one layer around all: every request gets its [`Record`], its `x-request-id`, one form of address, a bound in time
//! and an answer if its handler panics; what came of it is told to the logs, the metrics, the request log and traces.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use scim::ScimType;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::fallback::guard;
use crate::limits::MAX_LOGGED_BODY_BYTES;
use crate::metrics::CLIENT_GONE;
use crate::normalize::normalize;
use crate::record::Record;
use crate::request_log::Finished;
use crate::{Context, now, trace};

/// By this a client's administrator and ours talk about the same request. It is a header, because the body of an error
/// has no member for it (RFC 7644 §3.12).
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The error keyword of an answer, which its maker leaves in the answer's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyword(pub(crate) ScimType);

/// What a request was answered.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) scim_type: Option<ScimType>,
    pub(crate) duration: Duration,
    /// The size of the body, in bytes.
    pub(crate) bytes: u64,
    /// The body, if it is to be kept and not too large.
    pub(crate) body: Option<Bytes>,
}

/// Makes the record, lets the request be answered, and tells what came of it.
pub(crate) async fn observe(State(context): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let record = Arc::new(Record::new(context.ids.next(), now(&context), &request));
    let mut request = normalize(&context.public_url, request);
    request.extensions_mut().insert(Arc::clone(&record));
    let span = tracing::info_span!("request", request = %record.id);
    let trace = trace::begin(&record);
    let observation =
        Observation { context: &context, record: &record, span: &span, trace: &trace, outcome: None };
    let mut response = guard(next.run(request)).instrument(span.clone()).instrument(trace.clone()).await;
    response.headers_mut().insert(REQUEST_ID, id_value(record.id));
    let (response, body) = keep_body(&record, response).await;
    observation.end(Outcome {
        status: response.status().as_u16(),
        scim_type: response.extensions().get::<Keyword>().map(|keyword| keyword.0),
        duration: record.started.elapsed(),
        bytes: response.body().size_hint().lower(),
        body,
    });
    response
}

/// Tells what came of a request when it ends: with an answer, or because its client broke off.
struct Observation<'a> {
    context: &'a Context,
    record: &'a Arc<Record>,
    span: &'a Span,
    trace: &'a Span,
    outcome: Option<Outcome>,
}

impl Observation<'_> {
    fn end(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Observation<'_> {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| Outcome {
            status: CLIENT_GONE,
            scim_type: None,
            duration: self.record.started.elapsed(),
            bytes: 0,
            body: None,
        });
        self.span.in_scope(|| tell(self.record, &outcome));
        trace::end(self.trace, self.record, outcome.status);
        self.context.metrics.count(self.record, outcome.status, outcome.duration);
        if let Some(client) = self.record.client() {
            self.context.quirk_counts.add(client, self.record.began);
        }
        if let Some(log) = &self.context.request_log
            && self.record.is_logged()
        {
            log.offer(Finished { record: Arc::clone(self.record), outcome });
        }
    }
}

fn tell(record: &Record, outcome: &Outcome) {
    tracing::debug!(
        method = record.method.as_str(),
        endpoint = record.endpoint().map(debug),
        tenant = record.tenant().map(display),
        token = record.token(),
        client = record.client_kind(),
        status = outcome.status,
        scim_type = outcome.scim_type.map(ScimType::as_str),
        request_bytes = record.request_bytes(),
        response_bytes = outcome.bytes,
        duration_us = u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// The body of an answer for the request log, if the tenant wants bodies there.
async fn keep_body(record: &Record, response: Response) -> (Response, Option<Bytes>) {
    let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
    if record.bodies().is_none() || size.is_none_or(|size| size > MAX_LOGGED_BODY_BYTES) {
        return (response, None);
    }
    let (parts, body) = response.into_parts();
    // A body whose size is known is in memory already, so that nothing is waited for and nothing can fail.
    let bytes = to_bytes(body, MAX_LOGGED_BODY_BYTES).await.unwrap_or_default();
    (Response::from_parts(parts, Body::from(bytes.clone())), Some(bytes))
}

fn id_value(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    // Hexadecimal digits and hyphens are a header value, so that nobody ever sees the empty one.
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)).unwrap_or(HeaderValue::from_static(""))
}
