//! Wakes the schedule: somebody knows that a job has something to do, and need not wait for its interval.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::JobId;
use tokio::sync::Notify;

/// A handle of a schedule. Its clones wake the same one.
#[derive(Clone, Debug, Default)]
pub struct Waker(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// No more than there are jobs.
    woken: Mutex<HashSet<JobId>>,
    notify: Notify,
}

impl Waker {
    /// Makes a job due now, if it is on and not in quarantine. While its cycle is under way, another one follows.
    pub fn wake(&self, job: JobId) {
        self.woken().insert(job);
        self.0.notify.notify_one();
    }

    /// Waits until somebody is woken.
    pub(crate) async fn wait(&self) {
        self.0.notify.notified().await;
    }

    /// Who was woken since the last time.
    pub(crate) fn take(&self) -> HashSet<JobId> {
        std::mem::take(&mut *self.woken())
    }

    /// Keeps for the next look who could not be served in this one.
    pub(crate) fn keep(&self, jobs: impl IntoIterator<Item = JobId>) {
        self.woken().extend(jobs);
    }

    fn woken(&self) -> MutexGuard<'_, HashSet<JobId>> {
        self.0.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
