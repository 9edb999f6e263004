//! Tells how far a cycle is: a progress bar, and other processes through the store.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use model::cycle::{Counts, Observed, Tally};
use model::{CycleId, JobId};

use crate::lease::Beat;
use crate::ledger::Outcome;

/// Where a cycle stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Objects read so far.
    pub read: u64,
    /// Objects the source will bring, where it knows.
    pub expected: Option<u64>,
    /// What was done so far.
    pub counts: Counts,
    /// How the objects fared.
    pub tally: Tally,
}

impl Progress {
    /// Counts what is recorded.
    pub(crate) fn count(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            self.counts += outcome.counts();
            self.tally += outcome.tally();
        }
    }

    /// As it is stored.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Observed {
        Observed { at, read: self.read, expected: self.expected, tally: self.tally }
    }
}

/// Is told after each page.
pub trait Observer: Send + Sync {
    /// Called from the cycle's task; must return soon.
    fn progress(&self, progress: Progress);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn progress(&self, _: Progress) {}
}

/// Passes progress on, and keeps the latest for the store.
pub(crate) struct Recorder<'a> {
    observer: &'a dyn Observer,
    latest: Arc<Mutex<Progress>>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(observer: &'a dyn Observer) -> Self {
        Self { observer, latest: Arc::default() }
    }

    /// Stores the progress of a cycle while its lease is renewed.
    pub(crate) fn beat(&self, job: JobId, cycle: CycleId) -> Beat {
        let latest = Arc::clone(&self.latest);
        Arc::new(move |tx, now| {
            let progress = *latest.lock().unwrap_or_else(PoisonError::into_inner);
            store::cycle::observe(tx, job, cycle, &progress.counts, &progress.at(now))
        })
    }
}

impl Observer for Recorder<'_> {
    fn progress(&self, progress: Progress) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        self.observer.progress(progress);
    }
}
