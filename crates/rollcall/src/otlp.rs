//! `serve --otlp`: traces of requests, sent to an OpenTelemetry collector over OTLP/HTTP.
//!
//! A request's span is [`service_provider::trace`]'s, and those below it are the store's ([`store::TRACES`]). A trace that
//! a client or a proxy began goes on here: its `traceparent` (W3C Trace Context) is the parent of our spans.
//!
//! Requests never wait for the collector: spans go into a queue of a bounded length, from which a thread sends them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use opentelemetry::context::FutureExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::DynFilterFn;
use tracing_subscriber::layer;
use tracing_subscriber::registry::LookupSpan;

/// What we are called in traces.
const SERVICE: &str = "rollcall";

/// Where a collector takes traces, below its address.
const PATH: &str = "/v1/traces";

/// How long the collector may take to answer, and how long what waits may take to be sent at the end.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Between two warnings that the collector can't be reached.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Spans on their way to a collector.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends spans to the collector at this address, for example `http://127.0.0.1:4318`.
    ///
    /// # Errors
    /// When the client can't be made, as for an address that is none.
    pub fn to(collector: &str) -> Result<Self> {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{collector}{PATH}"))
            .with_timeout(TIMEOUT)
            .build()
            .context("traces can't be sent")?;
        let resource = Resource::builder()
            .with_service_name(SERVICE)
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Exporter { inner: exporter, warned: Mutex::default() })
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// What collects the spans.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let filter = DynFilterFn::new(is_traced).with_callsite_filter(|metadata| {
            if may_be_traced(metadata) { Interest::sometimes() } else { Interest::never() }
        });
        // Of the process, only what the spans say themselves: no source files, no threads.
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter)
    }

    /// Sends what waits. Blocks for [`TIMEOUT`] at most.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(TIMEOUT) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Whether this is a kind of span that traces have. Events are for the logs: they may name what no trace should.
fn may_be_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && [service_provider::trace::TRACES, store::TRACES].contains(&metadata.target())
}

/// What the store does for nobody's request, as once a second, is no trace.
fn is_traced<S>(metadata: &Metadata<'_>, context: &layer::Context<'_, S>) -> bool
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_within =
        || metadata.target() == service_provider::trace::TRACES || context.lookup_current().is_some();
    may_be_traced(metadata) && is_within()
}

/// Sends spans, and warns that they can't be sent, but not for each of the many that it happens to.
#[derive(Debug)]
struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    warned: Mutex<Option<Instant>>,
}

impl Exporter {
    fn warn(&self, error: &OTelSdkError) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL) {
            *warned = Some(Instant::now());
            tracing::warn!(%error, "traces are not sent to the collector and are lost");
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(name_by_route);
        let result = self.inner.export(batch).await;
        if let Err(error) = &result {
            self.warn(error);
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Names a request's span by its method and route, as OpenTelemetry wants it: a span has its name when it begins, and
/// which endpoint answers is known later.
fn name_by_route(span: &mut SpanData) {
    let text = |key: &str| span.attributes.iter().find(|a| a.key.as_str() == key).map(|a| a.value.as_str());
    if let (Some(method), Some(route)) = (text("http.request.method"), text("http.route")) {
        span.name = format!("{method} {route}").into();
    }
}

/// Puts each request under the span that its `traceparent` names. Without a valid one it begins a trace of its own.
pub fn under_parent(router: Router) -> Router {
    router.layer(middleware::from_fn(async |request: Request, next: Next| -> Response {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
        next.run(request).with_context(parent).await
    }))
}
