//! Runs the jobs that are on, each in its interval.
//!
//! What is due is read from the store: jobs that another process starts, stops or changes count at once, and replicas
//! agree, because a cycle needs its job's lease.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use model::cycle::{Counts, Cycle, CycleKind, CycleState};
use model::job::JobFile;
use model::{CycleId, JobId};
use store::job::{JobState, StoredJob};
use tokio::task::{self, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::cycle::{self, Options, Report};
use crate::error::in_words;
use crate::limits::SCHEDULE_POLL;
use crate::progress::Unwatched;

/// What the schedule needs of the binary.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// Makes a stored job ready to run: reads its definition, opens its secret, connects its ends.
    ///
    /// # Errors
    /// Why it can't run, in words.
    async fn connect(&self, job: &StoredJob) -> Result<(JobInstance, Ends), String>;

    /// A cycle has ended.
    fn ended(&self, job: &str, result: &Result<Report, String>);
}

/// Runs until `stop` is done. A cycle under way is then dropped, which loses nothing: every step is idempotent, and
/// the next process goes on once the lease has run out.
pub async fn run(context: Context, host: Arc<dyn Host>, stop: impl Future<Output = ()> + Send) {
    let mut cycles = JoinSet::new();
    let mut running: HashMap<task::Id, JobId> = HashMap::new();
    let mut looks = tokio::time::interval(SCHEDULE_POLL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(done) = cycles.join_next_with_id() => {
                // A cycle that panicked must not keep its job from running again.
                running.remove(&done.map_or_else(|error| error.id(), |(id, ())| id));
                // A cycle that ends at once, because another replica has the lease, is not begun again at once.
                continue;
            }
            _ = looks.tick() => {}
        }
        // A store that can't be read now is asked again in the next round.
        for job in due(&context).await.unwrap_or_default() {
            if !running.values().any(|id| *id == job.id) {
                let id = job.id;
                running.insert(cycles.spawn(one(context.clone(), host.clone(), job)).id(), id);
            }
        }
    }
    cycles.shutdown().await;
}

async fn one(context: Context, host: Arc<dyn Host>, job: StoredJob) {
    let result = match host.connect(&job).await {
        Ok((instance, ends)) => {
            match cycle::run(&context, &instance, &ends, Options::default(), &Unwatched).await {
                // Another replica was faster.
                Err(Error::Busy { .. }) => return,
                other => other.map_err(|error| in_words(&error)),
            }
        }
        Err(why) => {
            record_failure(&context, &job, &why).await;
            Err(why)
        }
    };
    host.ended(&job.name, &result);
}

/// A job that can't be made ready has failed as a cycle fails: it waits for its interval, and can be asked why.
async fn record_failure(context: &Context, job: &StoredJob, why: &str) {
    let now = context.clock.now();
    let cycle = Cycle {
        job: job.id,
        id: CycleId(context.ids.next()),
        kind: if job.watermark.is_some() { CycleKind::Incremental } else { CycleKind::Initial },
        state: CycleState::Failed,
        began: now,
        ended: Some(now),
        counts: Counts::default(),
        error: Some(why.to_owned()),
    };
    // The failure is told in any case; a store that can't be written now tells of itself elsewhere.
    let _ = context.store.write(move |tx| store::cycle::insert(tx, &cycle)).await;
}

async fn due(context: &Context) -> Result<Vec<StoredJob>, store::Error> {
    let now = context.clock.now();
    context
        .store
        .read(move |tx| {
            let mut due = Vec::new();
            for job in store::job::list(tx)? {
                let last = store::cycle::latest(tx, job.id, 1)?.into_iter().next();
                if is_due(&job, last.as_ref(), now) {
                    due.push(job);
                }
            }
            Ok(due)
        })
        .await
}

/// A job that is on is due when it never ran, when its process died, or when its interval has passed since the last
/// cycle ended. A changed definition does not wait.
fn is_due(job: &StoredJob, last: Option<&Cycle>, now: Timestamp) -> bool {
    if job.state != JobState::On {
        return false;
    }
    let Some(last) = last else { return true };
    let Some(ended) = last.ended.filter(|_| last.state != CycleState::Running) else { return true };
    let interval = JobFile::parse(&job.definition).ok().and_then(|file| file.interval().ok());
    let interval =
        interval.and_then(|i| SignedDuration::try_from(i).ok()).unwrap_or(SignedDuration::from_mins(40));
    job.modified > last.began || now.duration_since(ended) >= interval
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const FILE: &str = r#"
        name = "contoso"
        interval = "40m"
        source = { kind = "file", path = "x" }
        target = { kind = "scim", url = "http://127.0.0.1/", token = "t" }
        users = { preset = "workplace" }
    "#;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn job(state: JobState, modified: &str) -> StoredJob {
        StoredJob {
            id: JobId(Uuid::nil()),
            name: "contoso".into(),
            definition: FILE.into(),
            digest: String::new(),
            state,
            watermark: None,
            created: at("2026-01-01T00:00:00Z"),
            modified: at(modified),
        }
    }

    fn cycle(state: CycleState, ended: Option<&str>) -> Cycle {
        Cycle {
            job: JobId(Uuid::nil()),
            id: CycleId(Uuid::nil()),
            kind: CycleKind::Initial,
            state,
            began: at("2026-01-02T10:00:00Z"),
            ended: ended.map(at),
            counts: Counts::default(),
            error: None,
        }
    }

    #[test]
    fn a_job_is_due_when_its_interval_has_passed() {
        let now = at("2026-01-02T11:00:00Z");
        let old = "2026-01-01T00:00:00Z";
        let ended = |time| Some(cycle(CycleState::Completed, Some(time)));
        for (what, job, last, due) in [
            ("off", job(JobState::Off, old), None, false),
            ("never ran", job(JobState::On, old), None, true),
            ("ended 40 minutes ago", job(JobState::On, old), ended("2026-01-02T10:20:00Z"), true),
            ("ended 39 minutes ago", job(JobState::On, old), ended("2026-01-02T10:21:00Z"), false),
            ("changed since", job(JobState::On, "2026-01-02T10:30:00Z"), ended("2026-01-02T10:21:00Z"), true),
            ("died", job(JobState::On, old), Some(cycle(CycleState::Running, None)), true),
        ] {
            assert_eq!(is_due(&job, last.as_ref(), now), due, "{what}");
        }
    }
}
