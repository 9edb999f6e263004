//! Runs the jobs that are on, each in its interval, and tells people of those that need them.
//!
//! What is due is read from the store: jobs that another process starts, stops or changes count at once, and replicas
//! agree, because a cycle needs its job's lease.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use model::audit::AuditEntry;
use model::cycle::{Counts, Cycle, CycleKind, CycleState};
use model::job::JobFile;
use model::quarantine::{End, Quarantine};
use model::{AuditId, CycleId, JobId};
use serde_json::json;
use store::Tx;
use store::job::StoredJob;
use tokio::task::{self, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::cycle::{self, Options, Report};
use crate::due::{self, Known, Task};
use crate::error::in_words;
use crate::limits::{NOTICE_RETRY, SCHEDULE_POLL};
use crate::notice::{self, Notice};
use crate::progress::Unwatched;
use crate::quarantine::test_wait;
use crate::standing::{self, Failure};
use crate::waker::Waker;

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

    /// Tells people of a job that needs them. A job that names nobody is at least logged.
    ///
    /// # Errors
    /// When nobody could be told, in words. It is tried again a minute later.
    async fn notify(&self, notice: &Notice) -> Result<(), String>;
}

/// Runs until `stop` is done. A cycle under way is then dropped, which loses nothing: every step is idempotent, and
/// the next process goes on once the lease has run out.
pub async fn run(context: Context, host: Arc<dyn Host>, waker: Waker, stop: impl Future<Output = ()> + Send) {
    let mut work = JoinSet::new();
    let mut running: HashMap<task::Id, Matter> = HashMap::new();
    let mut looks = tokio::time::interval(SCHEDULE_POLL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(done) = work.join_next_with_id() => {
                // A cycle that panicked must not keep its job from running again.
                running.remove(&done.map_or_else(|error| error.id(), |(id, ())| id));
                // A cycle that ends at once, because another replica has the lease, is not begun again at once.
                continue;
            }
            () = waker.wait() => {}
            _ = looks.tick() => {}
        }
        let woken = waker.take();
        let Ok(found) = look(&context, woken.clone()).await else {
            // A store that can't be read now is asked again in the next round.
            waker.keep(woken);
            continue;
        };
        let busy: HashSet<Matter> = running.values().copied().collect();
        waker.keep(woken.into_iter().filter(|job| busy.contains(&Matter::Run(*job))));
        for due in found {
            let matter = due.matter();
            if !busy.contains(&matter) {
                running.insert(work.spawn(due.run(context.clone(), host.clone())).id(), matter);
            }
        }
    }
    work.shutdown().await;
}

/// What is done at most once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Matter {
    /// Cycles and test calls of a job.
    Run(JobId),
    /// Telling people of it.
    Tell(JobId),
}

/// Something that is due.
enum Due {
    Run(StoredJob, Task),
    Tell(JobId, Notice),
}

impl Due {
    fn matter(&self) -> Matter {
        match self {
            Self::Run(job, _) => Matter::Run(job.id),
            Self::Tell(job, _) => Matter::Tell(*job),
        }
    }

    async fn run(self, context: Context, host: Arc<dyn Host>) {
        match self {
            Self::Run(job, Task::Cycle) => run_cycle(&context, host.as_ref(), job).await,
            Self::Run(job, Task::Test { end, due, tests }) => {
                if test(&context, host.as_ref(), &job, end, (due, tests)).await {
                    run_cycle(&context, host.as_ref(), job).await;
                }
            }
            Self::Tell(job, notice) => tell(&context, host.as_ref(), job, &notice).await,
        }
    }
}

/// What is due now.
async fn look(context: &Context, woken: HashSet<JobId>) -> Result<Vec<Due>, store::Error> {
    let now = context.clock.now();
    context
        .store
        .read(move |tx| {
            let quarantines: HashMap<JobId, Quarantine> = store::quarantine::list(tx)?.into_iter().collect();
            let mut found = Vec::new();
            for job in store::job::list(tx)? {
                let quarantine = quarantines.get(&job.id);
                found.extend(notice(tx, &job, quarantine)?.map(|notice| Due::Tell(job.id, notice)));
                let last = store::cycle::latest(tx, job.id, 1)?.into_iter().next();
                let woken = woken.contains(&job.id);
                let known = Known { job: &job, last: last.as_ref(), quarantine, woken };
                found.extend(due::task(known, now).map(|task| Due::Run(job, task)));
            }
            Ok(found)
        })
        .await
}

/// What people are to be told of a job, if that is not what they were told last.
fn notice(
    tx: &mut Tx<'_>,
    job: &StoredJob,
    quarantine: Option<&Quarantine>,
) -> Result<Option<Notice>, store::Error> {
    let Some(about) = notice::about(job.state, quarantine) else { return Ok(None) };
    let status = store::job_status::get(tx, job.id)?;
    if status.notified.as_deref() == Some(about) {
        return Ok(None);
    }
    let to = JobFile::parse(&job.definition).map(|file| file.notify.to).unwrap_or_default();
    let (subject, text) = notice::compose(&job.name, job.state, quarantine, &status);
    Ok(Some(Notice { job: job.name.clone(), about, to, subject, text }))
}

async fn run_cycle(context: &Context, host: &dyn Host, job: StoredJob) {
    let result = match host.connect(&job).await {
        Ok((instance, ends)) => {
            let cycle = cycle::run(context, &instance, &ends, Options::default(), &Unwatched);
            match Box::pin(cycle).await {
                // Another replica was faster.
                Err(Error::Busy { .. }) => return,
                other => other.map_err(|error| in_words(&error)),
            }
        }
        Err(why) => {
            record_failure(context, &job, &why).await;
            Err(why)
        }
    };
    host.ended(&job.name, &result);
}

/// Tests the end of a job that its quarantine is about. Answers whether it works, and nobody else has found out.
async fn test(
    context: &Context,
    host: &dyn Host,
    job: &StoredJob,
    end: End,
    (due, tests): (Timestamp, i64),
) -> bool {
    let (id, now) = (job.id, context.clock.now());
    let wait = test_wait(tests.saturating_add(1), false);
    let next = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    let claimed = context.store.write(move |tx| store::quarantine::claim_test(tx, id, due, next)).await;
    if !claimed.unwrap_or(false) {
        return false;
    }
    let Ok((_, ends)) = host.connect(job).await else { return false };
    let nobody = context.ids.next().to_string();
    let tested = match end {
        End::Source => ends.source.test().await,
        End::Target => ends.target.test(&nobody).await,
    };
    // The cycle comes at once, also if this process ends now.
    let now = context.clock.now();
    let brought = async { context.store.write(move |tx| store::quarantine::attempt_at(tx, id, now)).await };
    tested.is_ok() && brought.await.unwrap_or(false)
}

/// Tells people, and the audit log, once: the lease keeps others from doing the same, and makes who failed wait. A process that dies between
/// sending and noting so is followed by one that sends again.
async fn tell(context: &Context, host: &dyn Host, job: JobId, notice: &Notice) {
    let (name, holder) = (format!("notice:{job}"), context.ids.next().to_string());
    let (now, wait) = (context.clock.now(), SignedDuration::try_from(NOTICE_RETRY).unwrap_or_default());
    let claim = (name.clone(), holder.clone());
    let claimed = context.store.write(move |tx| store::lease::claim(tx, &claim.0, &claim.1, now, wait)).await;
    if !claimed.unwrap_or(false) || host.notify(notice).await.is_err() {
        return;
    }
    let about = notice.about;
    let entry = AuditEntry {
        id: AuditId(context.ids.next()),
        at: context.clock.now(),
        actor: "engine".to_owned(),
        action: "job.quarantine".to_owned(),
        subject: notice.job.clone(),
        detail: json!({ "reason": about }),
    };
    let noted = context.store.write(move |tx| {
        store::job_status::set_notified(tx, job, about)?;
        store::audit::append(tx, None, &entry)?;
        store::lease::release(tx, &name, &holder)
    });
    // Where this can't be stored, people are told again.
    let _: Result<(), store::Error> = noted.await;
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
    let failure = Failure::not_ready(why);
    let recorded = context.store.write(move |tx| {
        store::cycle::insert(tx, &cycle)?;
        standing::failed(tx, cycle.job, &failure, now)
    });
    // The failure is told in any case; a store that can't be written now tells of itself elsewhere.
    let _: Result<(), store::Error> = recorded.await;
}
