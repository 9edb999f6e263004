//! A cycle: the lease, the walk, the watermark.

use connector::{Capabilities, Watermark};
use jiff::Timestamp;
use model::CycleId;
use model::cycle::{Counts, Cycle, CycleKind, CycleState};
use store::job::StoredJob;

use crate::Error;
use crate::capabilities;
use crate::context::{Context, Ends, JobInstance};
use crate::error::in_words;
use crate::lease::{Lease, alone};
use crate::ledger::Ledger;
use crate::progress::{Observer, Progress, Recorder};
use crate::standing::{self, Failure};
use crate::walk::{Mode, Walk, Walked};

/// What a cycle is asked to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Look at every object, whatever the watermark says.
    pub initial: bool,
    /// A person has looked at the deletions and allows them, in this cycle.
    pub allow_deletions: bool,
    /// How long to wait for a cycle of this job that runs elsewhere.
    pub patience: std::time::Duration,
}

/// What a cycle did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The cycle as it is stored.
    pub cycle: Cycle,
    /// What is held back, in words.
    pub held: Option<String>,
}

/// Runs one cycle of a job, now.
///
/// Another definition than the watermark's makes it an initial one: the fingerprints include the definition's digest,
/// so that everybody is looked at again.
///
/// # Errors
/// What concerns every object. What was done until then is kept; the next cycle goes on from there.
pub async fn run(
    context: &Context,
    job: &JobInstance,
    ends: &Ends,
    options: Options,
    observer: &dyn Observer,
) -> Result<Report, Error> {
    let work = |lease| Box::pin(run_leased(context, job, ends, options, observer, lease));
    alone(context, job, options.patience, work).await
}

async fn run_leased(
    context: &Context,
    job: &JobInstance,
    ends: &Ends,
    options: Options,
    observer: &dyn Observer,
    lease: Lease,
) -> Result<Report, Error> {
    let Begun { cycle, since, forces_deletes, known } = begin(context, job, options).await?;
    ends.target.recall(known);
    let recorder = Recorder::new(observer);
    let beat = recorder.beat(job.id, cycle.id);
    let work = async {
        let ledger = Ledger::new(
            context.store.clone(),
            job.id,
            Some(cycle.id),
            Some(lease.clone()),
            context.ids.clone(),
        );
        let allow_deletions = options.allow_deletions || forces_deletes;
        let mode = Mode::Execute { allow_deletions, everybody: options.initial };
        let mut walk = Walk::new(context, job, ends, &ledger, &recorder, mode);
        let result = Box::pin(walk.run(since.as_ref())).await;
        let capabilities = ends.target.capabilities();
        let done = Done { result, progress: walk.progress(), tested: walk.has_tested(), capabilities };
        end(context, job, cycle, done, &lease).await
    };
    lease.hold(&context.store, &context.clock, Some(beat), work).await
}

/// A cycle that has begun, and where its read starts.
struct Begun {
    cycle: Cycle,
    since: Option<Watermark>,
    /// Whether a restart allows this cycle's deletions.
    forces_deletes: bool,
    /// What was learned of the target, and not too long ago.
    known: Option<Capabilities>,
}

/// A walk that has ended.
struct Done {
    result: Result<Walked, Error>,
    progress: Progress,
    /// Whether the target's test call succeeded.
    tested: bool,
    /// What is known of the target by now.
    capabilities: Option<Capabilities>,
}

/// A watermark, with the definition that was in force when it was reached.
fn stored_watermark(stored: &StoredJob, job: &JobInstance) -> Option<Watermark> {
    let (digest, watermark) = stored.watermark.as_deref()?.split_once(' ')?;
    (digest == job.digest).then(|| Watermark(watermark.to_owned()))
}

async fn begin(context: &Context, job: &JobInstance, options: Options) -> Result<Begun, Error> {
    let (id, digest_job, now) = (CycleId(context.ids.next()), job.clone(), context.clock.now());
    context
        .store
        .write(move |tx| {
            let died = abandon_the_dead(tx, &digest_job, now)?;
            let stored = store::job::by_id(tx, digest_job.id)?;
            let since =
                stored.filter(|_| !options.initial && !died).and_then(|s| stored_watermark(&s, &digest_job));
            let kind = if since.is_some() { CycleKind::Incremental } else { CycleKind::Initial };
            let cycle = Cycle {
                job: digest_job.id,
                id,
                kind,
                state: CycleState::Running,
                began: now,
                ended: None,
                counts: Counts::default(),
                error: None,
            };
            store::cycle::insert(tx, &cycle)?;
            // Used up by a cycle that fails as well: what it may not have counted yet is to be looked at again.
            let forces_deletes = store::job_status::take_force_deletes(tx, digest_job.id)?;
            let known = capabilities::recall(tx, digest_job.id, &digest_job.definition.target, now)?;
            Ok::<_, Error>(Begun { cycle, since, forces_deletes, known })
        })
        .await
}

/// Who holds the lease knows that any cycle still marked as running has died. Answers whether one has; nobody knows
/// what it did.
fn abandon_the_dead(tx: &mut store::Tx<'_>, job: &JobInstance, now: Timestamp) -> Result<bool, store::Error> {
    let latest = store::cycle::latest(tx, job.id, 10)?;
    let dead: Vec<Cycle> = latest.into_iter().filter(|c| c.state == CycleState::Running).collect();
    let died = !dead.is_empty();
    for cycle in dead {
        let abandoned = Cycle { state: CycleState::Abandoned, ended: Some(now), ..cycle };
        store::cycle::update(tx, &abandoned)?;
    }
    if died {
        store::job::set_watermark(tx, job.id, None)?;
    }
    Ok(died)
}

/// Where the next cycle's read begins.
enum Next {
    /// At a new watermark.
    At(String),
    /// Where this one's began.
    Same,
    /// At the beginning. A source of files tells changes by content: put back as it was at the old watermark, it would
    /// say "unchanged", although this cycle has brought people elsewhere.
    Everything,
}

/// Closes the cycle. The watermark moves in the same transaction. What is held back is staged, and need not be found
/// again.
async fn end(
    context: &Context,
    job: &JobInstance,
    cycle: Cycle,
    done: Done,
    lease: &Lease,
) -> Result<Report, Error> {
    let Done { result, progress, tested, capabilities } = done;
    let (state, watermark, message) = outcome(job, &result, &progress.counts);
    let now = context.clock.now();
    let cycle = Cycle { state, ended: Some(now), counts: progress.counts, error: message, ..cycle };
    let failure = result.as_ref().err().map(|error| Failure::of(error, tested));
    let held = result.as_ref().ok().and_then(|walked| walked.held);
    let (closed, lease, target) = (cycle.clone(), lease.clone(), job.definition.target.clone());
    context
        .store
        .write(move |tx| {
            lease.check(tx, now)?;
            store::cycle::update(tx, &closed)?;
            store::cycle::observe(tx, closed.job, closed.id, &closed.counts, &progress.at(now))?;
            capabilities::remember(tx, closed.job, &target, capabilities.as_ref(), now)?;
            match &watermark {
                Next::At(watermark) => store::job::set_watermark(tx, closed.job, Some(watermark))?,
                Next::Everything => store::job::set_watermark(tx, closed.job, None)?,
                Next::Same => {}
            }
            match &failure {
                Some(failure) => standing::failed(tx, closed.job, failure, now)?,
                None => standing::ended(tx, &closed, &progress.tally, held.as_ref(), now)?,
            }
            Ok::<_, Error>(())
        })
        .await?;
    let held = result?.held.map(|held| held.to_string());
    Ok(Report { cycle, held })
}

/// What a walk's result makes of the cycle: its state, where the next one begins, and what is to be told.
fn outcome(
    job: &JobInstance,
    result: &Result<Walked, Error>,
    counts: &Counts,
) -> (CycleState, Next, Option<String>) {
    match result {
        Ok(Walked { completed, held, .. }) => {
            let watermark = Next::At(format!("{} {}", job.digest, completed.watermark.0));
            let state = if held.is_some() { CycleState::Held } else { CycleState::Completed };
            (state, watermark, held.map(|held| held.to_string()))
        }
        Err(error) => {
            let watermark = if counts.written() > 0 { Next::Everything } else { Next::Same };
            (CycleState::Failed, watermark, Some(in_words(error)))
        }
    }
}
