//! The request log of each tenant: what its clients asked and were answered, without secrets.
//!
//! The outermost layer puts each request that ended into a queue; one task takes them from there, redacts them
//! (`entry`), and writes many in one statement. Nobody waits for that: when the queue is full, requests are dropped and
//! counted, and so are reads of a tenant that reads very much. The task is woken for the first request of a batch and
//! for a full batch only: to wake it for each would cost more than the rest.

mod entry;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::TenantId;
use model::request_log::RequestEntry;
use store::Store;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::limits::{LOG_BATCH, LOG_BATCH_AGE, LOG_QUEUE, MAX_LOGGED_READS};
use crate::metrics::Metrics;
use crate::observe::Outcome;
use crate::record::Record;
use crate::routes::Access;

/// A request that ended.
pub(crate) struct Finished {
    pub(crate) record: Arc<Record>,
    pub(crate) outcome: Outcome,
}

/// Requests that wait to be written.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is a first request, a full batch, or nobody who offers any.
    news: Notify,
}

#[derive(Default)]
struct Waiting {
    requests: Vec<Finished>,
    /// How many reads of each tenant began in this second (since 1970).
    reads: HashMap<TenantId, u32>,
    second: i64,
    closed: bool,
}

impl Waiting {
    /// The requests of one batch, the oldest first.
    fn take(&mut self) -> Vec<Finished> {
        let rest = self.requests.split_off(self.requests.len().min(LOG_BATCH));
        std::mem::replace(&mut self.requests, rest)
    }

    /// Whether this is one of the reads that are counted only.
    fn is_skipped(&mut self, finished: &Finished) -> bool {
        let Some(tenant) = finished.record.tenant().filter(|_| finished.is_plain_read()) else {
            return false;
        };
        let second = finished.record.began.as_second();
        if second != self.second {
            self.second = second;
            self.reads.clear();
        }
        let reads = self.reads.entry(tenant).or_default();
        *reads += 1;
        *reads > MAX_LOGGED_READS
    }

    fn is_due(&self) -> bool {
        self.closed || self.requests.len() >= LOG_BATCH
    }

    fn is_over(&self) -> bool {
        self.closed && self.requests.is_empty()
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Finished {
    /// Whether it changed nothing and was answered as asked, and nobody looks closer by having bodies kept.
    fn is_plain_read(&self) -> bool {
        let reads = self.record.endpoint().is_some_and(|endpoint| endpoint.access() == Access::Read);
        reads && self.outcome.status < 400 && self.record.bodies().is_none()
    }
}

/// The end of the queue where requests come in.
pub(crate) struct RequestLog {
    queue: Arc<Queue>,
    metrics: Metrics,
}

/// The end of the queue where requests are written. It ends when the service provider is gone and all is written.
pub struct Writer {
    queue: Arc<Queue>,
    store: Store,
    metrics: Metrics,
}

/// A new queue.
pub(crate) fn queue(store: Store, metrics: Metrics) -> (RequestLog, Writer) {
    let queue = Arc::new(Queue::default());
    let log = RequestLog { queue: Arc::clone(&queue), metrics: metrics.clone() };
    (log, Writer { queue, store, metrics })
}

impl RequestLog {
    /// Puts a request into the queue, or drops it if the queue is full.
    pub(crate) fn offer(&self, finished: Finished) {
        let mut waiting = self.queue.waiting();
        if waiting.is_skipped(&finished) {
            self.metrics.log_skipped.inc();
            return;
        }
        if waiting.requests.len() >= LOG_QUEUE {
            self.metrics.log_dropped.inc();
            return;
        }
        waiting.requests.push(finished);
        if matches!(waiting.requests.len(), 1 | LOG_BATCH) {
            self.queue.news.notify_one();
        }
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        self.queue.waiting().closed = true;
        self.queue.news.notify_one();
    }
}

impl Writer {
    /// Writes what comes until the service provider is gone.
    pub async fn run(self) {
        while !self.queue.waiting().is_over() {
            if self.queue.waiting().requests.is_empty() {
                self.queue.news.notified().await;
            }
            drop(timeout(LOG_BATCH_AGE, self.until_due()).await);
            let batch = self.queue.waiting().take();
            if !batch.is_empty() {
                self.write(&batch).await;
            }
        }
    }

    /// Waits for a full batch, or the end.
    async fn until_due(&self) {
        while !self.queue.waiting().is_due() {
            self.queue.news.notified().await;
        }
    }

    async fn write(&self, batch: &[Finished]) {
        let entries: Vec<RequestEntry> = batch.iter().filter_map(entry::entry).collect();
        let count = entries.len() as u64;
        match self.store.write(move |tx| store::request_log::append(tx, &entries)).await {
            Ok(()) => drop(self.metrics.log_written.inc_by(count)),
            Err(error) => {
                self.metrics.log_dropped.inc_by(count);
                tracing::warn!(%error, requests = count, "requests are missing in the request log");
            }
        }
    }
}
