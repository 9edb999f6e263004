//! For how long this process may send: it has the lease, until it can't renew it any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::limits::{LEASE, LONGEST_REQUEST};

/// The lease on deliveries as those know it who send. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Hold(Arc<AtomicI64>);

impl Hold {
    /// That of a lease that was claimed at that instant.
    #[must_use]
    pub fn since(at: Timestamp) -> Self {
        let hold = Self(Arc::default());
        hold.renew(at);
        hold
    }

    /// The lease was claimed again.
    pub(crate) fn renew(&self, at: Timestamp) {
        let last = LEASE - LONGEST_REQUEST;
        self.0.store(at.saturating_add(last).unwrap_or(Timestamp::MAX).as_microsecond(), Ordering::Relaxed);
    }

    /// Whether a request that begins at that instant is over before somebody else may send.
    pub(crate) fn covers(&self, at: Timestamp) -> bool {
        at.as_microsecond() < self.0.load(Ordering::Relaxed)
    }
}
