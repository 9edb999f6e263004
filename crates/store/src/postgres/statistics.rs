//! Statistics of the tables in time.
//!
//! PostgreSQL's autovacuum looks once a minute whether a table has grown. A first cycle brings in tens of thousands of
//! users in that time, and without statistics the planner takes every index for as good as any other: the look-ups
//! that go with each user become scans. So the store has statistics made when the first rows are there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;

use super::connection::Connection;

/// After so many writes of this process. Later on autovacuum is in time.
const AFTER: [u64; 3] = [100, 1_000, 10_000];

/// The count of writes that a store's threads share.
#[derive(Clone, Default)]
pub(super) struct Statistics {
    writes: Arc<AtomicU64>,
}

impl Statistics {
    /// Counts a write, and has statistics made if it is time.
    pub(super) fn count(&self, connection: &mut Connection) -> Result<(), Error> {
        let writes = self.writes.fetch_add(1, Ordering::Relaxed) + 1;
        if AFTER.contains(&writes) { connection.analyze() } else { Ok(()) }
    }
}
