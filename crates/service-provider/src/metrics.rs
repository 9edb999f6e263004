//! What Prometheus counts of requests. No label has more values than the code has names for: no tenant, no id.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::record::Record;
use crate::routes::Endpoint;

/// Upper bounds of the buckets of durations, in seconds. A look-up takes less than the first, and Entra and Okta give
/// up after 60.
const BUCKETS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// The status that stands for a client that broke off before its answer. It is no status of HTTP; proxies log it.
pub(crate) const CLIENT_GONE: u16 = 499;

/// The service provider's metrics.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    duration: Family<EndpointLabel, Histogram, fn() -> Histogram>,
    quirks: Family<QuirkLabel, Counter>,
    /// Requests that the request log has no row of, because too many waited or the store failed.
    pub(crate) log_dropped: Counter,
    /// Reads that the request log has no row of, because the tenant reads very much.
    pub(crate) log_skipped: Counter,
    /// Requests that the request log has a row of.
    pub(crate) log_written: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// `None` is an address that is in no line of the route table.
    endpoint: Option<Endpoint>,
    status: u16,
    client: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabel {
    endpoint: Option<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QuirkLabel {
    quirk: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            quirks: Family::default(),
            log_dropped: Counter::default(),
            log_skipped: Counter::default(),
            log_written: Counter::default(),
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}

impl Metrics {
    /// Lets a registry tell them.
    pub fn register(&self, registry: &mut Registry) {
        let requests = self.requests.clone();
        registry.register("scim_requests", "Requests by endpoint, status and kind of client", requests);
        let duration = self.duration.clone();
        registry.register("scim_request_duration_seconds", "From a request's head to its answer", duration);
        registry.register("scim_quirks", "Requests in which a quirk fired", self.quirks.clone());
        let (dropped, written) = (self.log_dropped.clone(), self.log_written.clone());
        registry.register("request_log_dropped", "Requests that the request log lost", dropped);
        let skipped = self.log_skipped.clone();
        registry.register("request_log_skipped", "Reads that the request log leaves out", skipped);
        registry.register("request_log_written", "Requests that the request log has", written);
    }

    /// Counts a request.
    pub(crate) fn count(&self, record: &Record, status: u16, duration: Duration) {
        let endpoint = record.endpoint();
        let labels = RequestLabels { endpoint, status, client: record.client_kind() };
        self.requests.get_or_create(&labels).inc();
        self.duration.get_or_create(&EndpointLabel { endpoint }).observe(duration.as_secs_f64());
        for quirk in record.quirks() {
            self.quirks.get_or_create(&QuirkLabel { quirk }).inc();
        }
    }
}
