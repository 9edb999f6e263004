//! Runs the jobs that are on, each in its interval and whenever its source tells of a change, and tells people of those
//! that need them.
//!
//! What is due is read from the store: jobs that another process starts, stops or changes count at once, and replicas
//! agree, because a cycle needs its job's lease.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use connector::Target as _;
use jiff::{SignedDuration, Timestamp};
use model::audit::AuditEntry;
use model::cycle::{Counts, Cycle, CycleKind, CycleState};
use model::job::JobFile;
use model::quarantine::{End, Quarantine};
use model::{AuditId, CycleId, JobId};
use serde_json::json;
use store::Tx;
use store::job::{JobState, StoredJob};
use tokio::task::{self, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::Error;
use crate::context::{Connected, Context};
use crate::cycle::{self, Options, Report};
use crate::due::{self, Known, Task};
use crate::error::in_words;
use crate::export::Exporter;
use crate::limits::{NOTICE_RETRY, NUDGE_PATIENCE, SCHEDULE_POLL};
use crate::notice::{self, Notice};
use crate::nudge::{self, Nudged};
use crate::progress::Unwatched;
use crate::quarantine::test_wait;
use crate::standing::{self, Failure};
use crate::waker::{Objects, Told, Waker};
use crate::watching::Watchers;

/// What the schedule needs of the binary.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// Makes a stored job ready to run: reads its definition, opens its secret, connects its ends. May answer what it
    /// answered before while that is still right.
    ///
    /// # Errors
    /// Why it can't run, in words.
    async fn connect(&self, job: &StoredJob) -> Result<Arc<Connected>, String>;

    /// These jobs are on: what is kept of others can go.
    fn are_on(&self, jobs: &[StoredJob]);

    /// A cycle has ended.
    fn ended(&self, job: &str, result: &Result<Report, String>);

    /// Objects that the source told of were looked at. After an error a cycle follows.
    fn nudged(&self, job: &str, result: &Result<Nudged, String>);

    /// The source can't be listened to for changes. It is tried again, and cycles run at their times.
    fn unheard(&self, job: &str, error: &str);

    /// Tells people of a job that needs them. A job that names nobody is at least logged.
    ///
    /// # Errors
    /// When nobody could be told, in words. It is tried again a minute later.
    async fn notify(&self, notice: &Notice) -> Result<(), String>;
}

/// Runs until `stop` is done. What is under way is then dropped, which loses nothing: every step is idempotent, and
/// the next process goes on once the lease has run out.
pub async fn run(context: Context, host: Arc<dyn Host>, waker: Waker, stop: impl Future<Output = ()> + Send) {
    let worker = Worker { context, host: Arc::clone(&host), waker: waker.clone() };
    let mut watchers = Watchers::new(Arc::clone(&host), waker.clone());
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
                let (id, after) = done.unwrap_or_else(|error| (error.id(), After::Wait));
                running.remove(&id);
                // Without news there is nothing new to find.
                if after == After::Wait || waker.is_idle() {
                    continue;
                }
            }
            () = waker.wait() => {}
            _ = looks.tick() => {}
        }
        let told = waker.take();
        let Ok(Found { due, on }) = look(&worker.context, told.clone()).await else {
            // A store that can't be read now is asked again in the next round.
            told.into_iter().for_each(|(job, told)| waker.keep(job, told));
            continue;
        };
        host.are_on(&on);
        watchers.follow(on);
        let busy: HashSet<Matter> = running.values().copied().collect();
        for due in due {
            let matter = due.matter();
            if !busy.contains(&matter) {
                running.insert(work.spawn(worker.clone().run(due)).id(), matter);
            } else if let Due::Run { job, told, .. } = due {
                waker.keep(job.id, told);
            }
        }
    }
    work.shutdown().await;
}

/// What is done at most once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Matter {
    /// Cycles, nudges and test calls of a job.
    Run(JobId),
    /// Telling people of it.
    Tell(JobId),
}

/// What follows when something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Somebody may have been told of something meanwhile.
    Look,
    /// Another replica works on the job: it is looked at again in the next round, and not at once.
    Wait,
}

/// Something that is due.
enum Due {
    Run { job: StoredJob, task: Task, told: Told },
    Tell(JobId, Notice),
}

impl Due {
    fn matter(&self) -> Matter {
        match self {
            Self::Run { job, .. } => Matter::Run(job.id),
            Self::Tell(job, _) => Matter::Tell(*job),
        }
    }
}

/// What a look at the store finds.
struct Found {
    due: Vec<Due>,
    /// The jobs that are on.
    on: Vec<StoredJob>,
}

/// What is due now. Who was told of something and can't run - a job that is off, or in quarantine - is left to the cycle
/// with which it runs again.
async fn look(context: &Context, told: HashMap<JobId, Told>) -> Result<Found, store::Error> {
    let now = context.clock.now();
    context
        .store
        .read(move |tx| {
            let quarantines: HashMap<JobId, Quarantine> = store::quarantine::list(tx)?.into_iter().collect();
            let mut found = Found { due: Vec::new(), on: Vec::new() };
            for job in store::job::list(tx)? {
                let quarantine = quarantines.get(&job.id);
                found.due.extend(notice(tx, &job, quarantine)?.map(|notice| Due::Tell(job.id, notice)));
                let last = store::cycle::latest(tx, job.id, 1)?.into_iter().next();
                let told = told.get(&job.id).cloned().unwrap_or_default();
                let known = Known { job: &job, last: last.as_ref(), quarantine, told: &told };
                if job.state == JobState::On {
                    found.on.push(job.clone());
                }
                found.due.extend(due::task(known, now).map(|task| Due::Run { job, task, told }));
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

/// Does what is due.
#[derive(Clone)]
struct Worker {
    context: Context,
    host: Arc<dyn Host>,
    waker: Waker,
}

impl Worker {
    async fn run(self, due: Due) -> After {
        let Self { context, host, .. } = &self;
        match due {
            Due::Run { job, task: Task::Cycle, told } => self.cycle(job, told).await,
            Due::Run { job, task: Task::Nudge, told } => self.nudge(job, told.objects).await,
            Due::Run { job, task: Task::Test { end, due, tests }, .. } => {
                if !test(context, host.as_ref(), &job, end, (due, tests)).await {
                    return After::Look;
                }
                self.cycle(job, Told::default()).await
            }
            Due::Tell(job, notice) => {
                tell(context, host.as_ref(), job, &notice).await;
                After::Look
            }
        }
    }

    async fn cycle(&self, job: StoredJob, told: Told) -> After {
        // Lists of what changed may lag behind the word of one object.
        self.waker.keep(job.id, Told::of(told.objects));
        let result = match self.host.connect(&job).await {
            Ok(connected) => {
                let Connected { job: instance, ends } = connected.as_ref();
                let cycle = cycle::run(&self.context, instance, ends, Options::default(), &Unwatched);
                match Box::pin(cycle).await {
                    // Another replica was faster, and may have read before the change that this one was told of.
                    Err(Error::Busy { .. }) => {
                        self.waker.keep(job.id, Told { wants_cycle: told.wants_cycle, ..Told::default() });
                        return After::Wait;
                    }
                    other => other.map_err(|error| in_words(&error)),
                }
            }
            Err(why) => {
                record_failure(&self.context, &job, &why).await;
                Err(why)
            }
        };
        self.host.ended(&job.name, &result);
        After::Look
    }

    /// A nudge that fails is followed by a cycle, which says what is wrong and what becomes of the job.
    async fn nudge(&self, job: StoredJob, objects: Objects) -> After {
        let result = match self.host.connect(&job).await {
            Ok(connected) => {
                let Connected { job: instance, ends } = connected.as_ref();
                let nudge = nudge::run(&self.context, instance, ends, &objects, NUDGE_PATIENCE);
                match Box::pin(nudge).await {
                    Err(Error::Busy { .. }) => {
                        self.waker.keep(job.id, Told::of(objects));
                        return After::Wait;
                    }
                    other => other.map_err(|error| in_words(&error)),
                }
            }
            Err(why) => Err(why),
        };
        if result.is_err() {
            self.waker.keep(job.id, Told::cycle());
        }
        self.host.nudged(&job.name, &result);
        After::Look
    }
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
    let Ok(connected) = host.connect(job).await else { return false };
    let nobody = context.ids.next().to_string();
    let tested = match end {
        End::Source => connected.ends.source.test().await,
        End::Target => Exporter::new(context, &connected.job, &connected.ends).test(&nobody).await,
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
