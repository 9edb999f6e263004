//! Tells how far a cycle is, for a progress bar.

use model::cycle::Counts;

/// Where a cycle stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Objects read so far.
    pub read: u64,
    /// Objects the source will bring, where it knows.
    pub expected: Option<u64>,
    /// What was done so far.
    pub counts: Counts,
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
