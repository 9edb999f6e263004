//! `serve --metrics`: what Prometheus reads, on a listener of its own, because it is not for clients.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::SignedDuration;
use model::Clock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};
use service_provider::limits::WARNING_DAYS;
use store::Store;

use crate::health;
use crate::job_metrics::JobMetrics;
use crate::stream_metrics::StreamMetrics;

/// The media type of the text format (OpenMetrics 1.0).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is told, and what has to be asked for it.
struct Told {
    registry: Registry,
    store: Store,
    clock: Arc<dyn Clock>,
    ending: Family<Within, Gauge>,
    jobs: JobMetrics,
    streams: StreamMetrics,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Within {
    days: u8,
}

/// `/metrics`, `/healthz` and `/readyz`.
pub fn router(
    requests: &service_provider::metrics::Metrics,
    jobs: JobMetrics,
    sign_ins: &sign_in::Metrics,
    store: Store,
    clock: Arc<dyn Clock>,
) -> Router {
    let mut registry = Registry::with_prefix("rollcall");
    requests.register(&mut registry);
    jobs.register(&mut registry);
    sign_ins.register(&mut registry);
    let streams = StreamMetrics::default();
    streams.register(&mut registry);
    registry.register_collector(Box::new(Queues(store.clone())));
    let ending = Family::<Within, Gauge>::default();
    registry.register("tokens_ending", "Live tokens that end within so many days", ending.clone());
    let health = health::router(store.clone());
    let told = Arc::new(Told { registry, store, clock, ending, jobs, streams });
    Router::new().route("/metrics", get(tell)).with_state(told).merge(health)
}

async fn tell(State(told): State<Arc<Told>>) -> Response {
    for days in WARNING_DAYS {
        let now = told.clock.now();
        let end = now.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(now);
        match told.store.read(move |tx| store::token::count_ending(tx, now, end)).await {
            Ok(count) => drop(told.ending.get_or_create(&Within { days }).set(count)),
            // The other numbers are worth the more when the store is down.
            Err(error) => tracing::warn!(%error, "the tokens that end soon were not counted"),
        }
    }
    if let Err(error) = told.jobs.read(&told.store, told.clock.now()).await {
        tracing::warn!(%error, "the jobs were not looked at");
    }
    if let Err(error) = told.streams.read(&told.store, told.clock.now()).await {
        tracing::warn!(%error, "the webhooks and streams were not looked at");
    }
    let mut text = String::new();
    match text::encode(&mut text, &told.registry) {
        Ok(()) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        // Writing to a string does not fail.
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// How many transactions wait for the store.
struct Queues(Store);

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queues(…)")
    }
}

impl Collector for Queues {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let waiting = self.0.waiting();
        for (name, help, count) in [
            ("store_waiting_reads", "Reads that wait for a connection", waiting.reads),
            ("store_waiting_writes", "Writes that wait for a connection", waiting.writes),
        ] {
            let gauge = ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
            let unit: Option<&Unit> = None;
            gauge.encode(encoder.encode_descriptor(name, help, unit, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
