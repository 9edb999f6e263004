//! The span of a request in a trace: which endpoint answered whom, and with what. It costs next to nothing unless
//! somebody collects spans of [`TRACES`].
//!
//! No attribute holds what a client wrote: a path has ids, a query has personal values, a body has both.

use tracing::Span;
use tracing::field::Empty;

use crate::record::Record;
use crate::routes::ROUTES;

/// The target of these spans, by which who collects traces tells them from the spans of the logs.
pub const TRACES: &str = "traces::request";

/// Begins the span of a request. Its attributes are named as OpenTelemetry's conventions for HTTP name them.
pub(crate) fn begin(record: &Record) -> Span {
    tracing::trace_span!(
        target: TRACES,
        "request",
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method(record),
        http.route = Empty,
        http.response.status_code = Empty,
        rollcall.request = %record.id,
        rollcall.tenant = Empty,
        rollcall.client = Empty,
    )
}

/// Notes what is known when the request has ended.
pub(crate) fn end(span: &Span, record: &Record, status: u16) {
    if span.is_disabled() {
        return;
    }
    let route = record.endpoint().and_then(|endpoint| ROUTES.iter().find(|route| route.endpoint == endpoint));
    if let Some(route) = route {
        span.record("http.route", route.path);
    }
    if status >= 500 {
        span.record("otel.status_code", "error");
    }
    span.record("http.response.status_code", i64::from(status));
    span.record("rollcall.tenant", record.tenant().map(tracing::field::display));
    span.record("rollcall.client", record.client_kind());
}

/// The method, if it is one that the table has; a client may write anything there.
fn method(record: &Record) -> &str {
    let is_ours = ROUTES.iter().any(|route| route.method == record.method);
    if is_ours { record.method.as_str() } else { "_OTHER" }
}
