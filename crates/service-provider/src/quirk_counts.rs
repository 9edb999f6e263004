//! How many requests of each connection needed which quirk: counted in memory, and written now and then, so that no
//! request waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use model::TenantId;
use model::connection::ConnectionName;
use scim::quirks::Quirk;
use store::quirk::Count;
use store::{Error, Store};

use crate::client::Client;
use crate::intervals::at_intervals;
use crate::limits::QUIRK_COUNTS_INTERVAL;

/// Whose requests.
type Place = (TenantId, ConnectionName);

/// What was counted since it was last written. A clone counts on.
#[derive(Clone, Debug, Default)]
pub struct QuirkCounts(Arc<Mutex<HashMap<Place, Vec<Count>>>>);

impl QuirkCounts {
    /// Counts a request of this client that was answered at this instant.
    pub(crate) fn add(&self, client: &Client, at: Timestamp) {
        let mut fired = client.fired().iter().peekable();
        if fired.peek().is_none() {
            return;
        }
        let connection = client.connection();
        let mut counts = self.lock();
        let counts = counts.entry((connection.tenant, connection.name.clone())).or_default();
        fired.for_each(|quirk| merge(counts, one(quirk, at)));
    }

    /// Writes what was counted.
    ///
    /// # Errors
    /// The store's. What was not written is kept for the next time.
    pub async fn write(&self, store: &Store) -> Result<(), Error> {
        let taken = std::mem::take(&mut *self.lock());
        if taken.is_empty() {
            return Ok(());
        }
        let taken = Arc::new(taken);
        let written = Arc::clone(&taken);
        let result = store.write(move |tx| {
            let all =
                written.iter().flat_map(|(place, counts)| counts.iter().map(move |count| (place, count)));
            for ((tenant, connection), count) in all {
                store::quirk::add(tx, *tenant, connection, count)?;
            }
            Ok::<_, Error>(())
        });
        let result = result.await;
        if result.is_err() {
            self.put_back(&taken);
        }
        result
    }

    /// Writes what was counted in every [`QUIRK_COUNTS_INTERVAL`], and the rest when `stop` is done.
    pub async fn keep_written(self, store: Store, stop: impl Future<Output = ()> + Send) {
        let (this, store) = (&self, &store);
        let write = || async move {
            if let Err(error) = this.write(store).await {
                tracing::warn!(%error, "the counts of quirks were not written; they will be with the next ones");
            }
        };
        at_intervals(QUIRK_COUNTS_INTERVAL, stop, write).await;
    }

    fn put_back(&self, taken: &HashMap<Place, Vec<Count>>) {
        let mut counts = self.lock();
        for (place, taken) in taken {
            let counts = counts.entry(place.clone()).or_default();
            taken.iter().for_each(|count| merge(counts, *count));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Vec<Count>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn one(quirk: Quirk, at: Timestamp) -> Count {
    Count { quirk, requests: 1, first_seen: at, last_seen: at }
}

fn merge(counts: &mut Vec<Count>, more: Count) {
    match counts.iter_mut().find(|count| count.quirk == more.quirk) {
        Some(count) => {
            count.requests += more.requests;
            count.first_seen = count.first_seen.min(more.first_seen);
            count.last_seen = count.last_seen.max(more.last_seen);
        }
        None => counts.push(more),
    }
}
