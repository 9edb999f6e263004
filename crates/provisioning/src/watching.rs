//! Listens to the sources that tell of changes, and wakes their jobs.

use std::collections::HashMap;
use std::sync::Arc;

use model::JobId;
use store::job::StoredJob;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time;

use crate::error::in_words;
use crate::limits::{WATCH_RETRY, WATCH_RETRY_MAX};
use crate::schedule::Host;
use crate::waker::Waker;

/// One listener for each job that is on. They end when this is dropped.
pub(crate) struct Watchers {
    host: Arc<dyn Host>,
    waker: Waker,
    tasks: JoinSet<()>,
    by_job: HashMap<JobId, Watcher>,
}

struct Watcher {
    /// What it listens by: a job that is defined anew gets another one.
    definition: String,
    task: AbortHandle,
}

impl Watchers {
    pub(crate) fn new(host: Arc<dyn Host>, waker: Waker) -> Self {
        Self { host, waker, tasks: JoinSet::new(), by_job: HashMap::new() }
    }

    /// Listens to the sources of these jobs, and to no others.
    pub(crate) fn follow(&mut self, jobs: Vec<StoredJob>) {
        let definitions: HashMap<JobId, &str> =
            jobs.iter().map(|job| (job.id, job.definition.as_str())).collect();
        self.by_job.retain(|job, watcher| {
            let is_current = definitions.get(job) == Some(&watcher.definition.as_str());
            if !is_current {
                watcher.task.abort();
            }
            // One that panicked is begun anew.
            is_current && !watcher.task.is_finished()
        });
        while self.tasks.try_join_next().is_some() {}
        for job in jobs {
            if !self.by_job.contains_key(&job.id) {
                let (id, definition) = (job.id, job.definition.clone());
                let task = self.tasks.spawn(watch(Arc::clone(&self.host), self.waker.clone(), job));
                self.by_job.insert(id, Watcher { definition, task });
            }
        }
    }
}

/// Wakes a job whenever its source tells of a change. Never ends.
async fn watch(host: Arc<dyn Host>, waker: Waker, job: StoredJob) {
    let mut wait = WATCH_RETRY;
    loop {
        // A job that can't be connected is told of by its cycles.
        if let Ok(connected) = host.connect(&job).await {
            let error = loop {
                match connected.ends.source.changed().await {
                    Ok(()) => {
                        wait = WATCH_RETRY;
                        waker.wake(job.id);
                    }
                    Err(error) => break error,
                }
            };
            // Once in a series of failures is enough.
            if wait == WATCH_RETRY {
                host.unheard(&job.name, &in_words(&error));
            }
        }
        time::sleep(wait).await;
        wait = wait.saturating_mul(2).min(WATCH_RETRY_MAX);
    }
}
