//! How a job has fared so far: what its definition does not say and a single cycle does not tell.

use jiff::Timestamp;

use crate::ids::CycleId;

/// A job's status. One that has never run has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// Cycles in a row that failed, up to now.
    pub failures: i64,
    /// When the first of them failed.
    pub failing_since: Option<Timestamp>,
    /// The last cycle that completed.
    pub succeeded: Option<CycleId>,
    /// The last cycle that completed and wrote something.
    pub exported: Option<CycleId>,
    /// When there was nothing left to process for the first time.
    pub steady_first: Option<Timestamp>,
    /// When there was nothing left to process for the last time.
    pub steady_last: Option<Timestamp>,
    /// Whether escrow was cleared because an initial cycle had too many failures.
    pub escrows_pruned: bool,
    /// Why the engine has stopped the job, if it has.
    pub stopped: Option<String>,
    /// What the last e-mail was about. `None`: there is nothing that anybody was told of.
    pub notified: Option<String>,
    /// Whether a person lets the next cycle delete and disable as many as it has to.
    pub force_deletes: bool,
}
