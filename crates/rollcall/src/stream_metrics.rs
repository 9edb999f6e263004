//! What Prometheus is told of webhooks and streams. All of it is in the database, so that each replica tells the same.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use events::{Stream, stream};
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use store::feed::{self, Backlog};
use store::{Store, Tx};

/// Numbers of streams. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct StreamMetrics {
    confirmed: Family<OfStream, Counter<u64, AtomicU64>>,
    failed: Family<OfStream, Counter<u64, AtomicU64>>,
    behind: Family<OfStream, Gauge>,
    lag: Family<OfStream, Gauge<i64, AtomicI64>>,
    disabled: Family<OfStream, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStream {
    stream: String,
    method: &'static str,
}

struct Known {
    stream: Stream,
    backlog: Backlog,
}

impl StreamMetrics {
    /// Puts them into a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "stream_events",
            "Events that a webhook or stream has confirmed",
            self.confirmed.clone(),
        );
        registry.register("stream_failures", "Attempts to tell events that failed", self.failed.clone());
        registry.register("stream_behind", "Events that are still to be told", self.behind.clone());
        let lag = self.lag.clone();
        registry.register_with_unit(
            "stream_lag",
            "How long ago the oldest of those happened",
            Unit::Seconds,
            lag,
        );
        registry.register(
            "stream_disabled",
            "1 while nothing is told, whatever the reason",
            self.disabled.clone(),
        );
    }

    /// Reads them from the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(&self, store: &Store, now: Timestamp) -> Result<(), store::Error> {
        let all = store.read(known).await?;
        // A stream that was deleted has no numbers any more.
        self.confirmed.clear();
        self.failed.clear();
        self.behind.clear();
        self.lag.clear();
        self.disabled.clear();
        for Known { stream, backlog } in all {
            let of = OfStream { stream: stream.id.to_string(), method: stream.method.as_str() };
            let count = |number: i64| u64::try_from(number).unwrap_or_default();
            self.confirmed.get_or_create(&of).inner().store(count(stream.confirmed), Ordering::Relaxed);
            self.failed.get_or_create(&of).inner().store(count(stream.failed), Ordering::Relaxed);
            self.behind.get_or_create(&of).set(backlog.changes);
            let lag = backlog.since.map_or(0, |since| now.duration_since(since).as_secs());
            self.lag.get_or_create(&of).set(lag);
            self.disabled.get_or_create(&of).set(i64::from(stream.disabled.is_some()));
        }
        Ok(())
    }
}

fn known(tx: &mut Tx<'_>) -> Result<Vec<Known>, store::Error> {
    let mut all = Vec::new();
    for tenant in store::tenant::list(tx)? {
        for stream in stream::list(tx, tenant.id)? {
            let backlog = feed::backlog(tx, tenant.id, stream.delivered)?;
            all.push(Known { stream, backlog });
        }
    }
    Ok(all)
}
