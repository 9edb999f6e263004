//! The request log of each tenant: what its clients asked and were answered, without secrets.
//!
//! The outermost layer offers each request that ended to a queue; one task takes them from there, redacts them
//! (`entry`), and writes many in one statement. Nobody waits for that: when the queue is full, requests are dropped and
//! counted.

mod entry;

use std::sync::Arc;

use model::request_log::RequestEntry;
use store::Store;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, timeout_at};

use crate::limits::{LOG_BATCH, LOG_BATCH_AGE, LOG_QUEUE};
use crate::metrics::Metrics;
use crate::observe::Outcome;
use crate::record::Record;

/// A request that ended.
pub(crate) struct Finished {
    pub(crate) record: Arc<Record>,
    pub(crate) outcome: Outcome,
}

/// The end of the queue where requests come in.
pub(crate) struct RequestLog {
    queue: mpsc::Sender<Finished>,
    metrics: Metrics,
}

/// The end of the queue where requests are written. It ends when the service provider is gone and all is written.
pub struct Writer {
    queue: mpsc::Receiver<Finished>,
    store: Store,
    metrics: Metrics,
}

/// A new queue.
pub(crate) fn queue(store: Store, metrics: Metrics) -> (RequestLog, Writer) {
    let (sender, receiver) = mpsc::channel(LOG_QUEUE);
    let log = RequestLog { queue: sender, metrics: metrics.clone() };
    (log, Writer { queue: receiver, store, metrics })
}

impl RequestLog {
    /// Puts a request into the queue, or drops it if the queue is full.
    pub(crate) fn offer(&self, finished: Finished) {
        match self.queue.try_send(finished) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => drop(self.metrics.log_dropped.inc()),
        }
    }
}

impl Writer {
    /// Writes what comes until the service provider is gone.
    pub async fn run(mut self) {
        while let Some(first) = self.queue.recv().await {
            let mut batch = vec![first];
            self.gather(&mut batch).await;
            self.write(&batch).await;
        }
    }

    /// Takes what comes until the batch is full or old.
    async fn gather(&mut self, batch: &mut Vec<Finished>) {
        let end = Instant::now() + LOG_BATCH_AGE;
        while batch.len() < LOG_BATCH {
            let more = self.queue.recv_many(batch, LOG_BATCH - batch.len());
            match timeout_at(end, more).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
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
