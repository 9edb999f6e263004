//! The connected ends of jobs that are on, kept from one cycle to the next: with them live access tokens, open
//! connections, and what was learned of the target.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use provisioning::Connected;
use store::job::StoredJob;

use crate::connect::{connect, fingerprint};
use crate::seal::Sealer;

/// How long they are kept. Files of certificates are read again then.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Connected jobs by their names.
pub struct Connections {
    sealer: Sealer,
    kept: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    connected: Arc<Connected>,
    fingerprint: [u8; 32],
    since: Instant,
}

impl Connections {
    /// Nothing is connected yet; the sealer opens sealed secrets.
    pub fn new(sealer: Sealer) -> Self {
        Self { sealer, kept: Mutex::default() }
    }

    /// A job, connected: as it was before, if neither its definition nor its secrets are other ones.
    ///
    /// # Errors
    /// When it can't be connected.
    pub fn of(&self, job: &StoredJob) -> Result<Arc<Connected>> {
        let fingerprint = fingerprint(job, &self.sealer)?;
        let is_right = |kept: &&Kept| kept.fingerprint == fingerprint && kept.since.elapsed() < MAX_AGE;
        if let Some(kept) = self.kept().get(&job.name).filter(is_right) {
            return Ok(Arc::clone(&kept.connected));
        }
        let (instance, ends) = connect(job, &self.sealer)?;
        let connected = Arc::new(Connected { job: instance, ends });
        let kept = Kept { connected: Arc::clone(&connected), fingerprint, since: Instant::now() };
        self.kept().insert(job.name.clone(), kept);
        Ok(connected)
    }

    /// Connects a job anew the next time.
    pub fn forget(&self, job: &str) {
        self.kept().remove(job);
    }

    /// Forgets all jobs but these.
    pub fn keep_only(&self, jobs: &[StoredJob]) {
        let names: HashSet<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        self.kept().retain(|job, _| names.contains(job.as_str()));
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
