//! What was learned of each job's target, for as long as the process lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::JobId;

use super::Pacer;
use crate::context::JobInstance;

/// The pacers of all jobs. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Paces(Arc<Mutex<HashMap<JobId, Known>>>);

#[derive(Debug)]
struct Known {
    /// Another definition may name another target.
    digest: String,
    pacer: Arc<Pacer>,
}

impl Paces {
    /// The pacer of a job's target.
    #[must_use]
    pub fn of(&self, job: &JobInstance) -> Arc<Pacer> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&job.id).filter(|known| known.digest == job.digest) {
            return Arc::clone(&known.pacer);
        }
        let pacer = Arc::new(Pacer::new(job.definition.target.requests_per_second()));
        known.insert(job.id, Known { digest: job.digest.clone(), pacer: Arc::clone(&pacer) });
        pacer
    }
}
