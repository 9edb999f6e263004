//! What the engine works with.

use std::sync::Arc;

use connector::{Source, Target};
use model::ids::IdSource;
use model::{Clock, JobId};
use store::Store;

use crate::pacing::Paces;

/// The store, the time and fresh ids: everything the engine has of the outside world but the two ends of a job.
#[derive(Clone)]
pub struct Context {
    /// Links, escrow, log, leases.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of cycles, plans and log entries.
    pub ids: Arc<dyn IdSource>,
    /// What was learned of how fast each job's target may be asked.
    pub paces: Paces,
}

/// The two ends of a job, connected.
pub struct Ends {
    /// Where the people are.
    pub source: Box<dyn Source>,
    /// Where they shall be.
    pub target: Box<dyn Target>,
}

/// A job with what the store knows of it.
#[derive(Clone, Debug)]
pub struct JobInstance {
    /// Its id.
    pub id: JobId,
    /// Its definition, understood.
    pub definition: model::job::Job,
    /// A digest of the definition: another one makes the next cycle an initial one.
    pub digest: String,
}

/// A job that is ready to run.
pub struct Connected {
    /// The job.
    pub job: JobInstance,
    /// Its ends.
    pub ends: Ends,
}
