//! How a job stands, in the words of Microsoft Graph's `synchronizationStatus`.

use std::io::{self, Write};

use jiff::Timestamp;
use model::CycleId;
use model::cycle::{Cycle, CycleKind, CycleState, Observed};
use model::job_status::JobStatus;
use model::quarantine::Quarantine;
use serde::Serialize;
use store::Tx;
use store::job::{JobState, StoredJob};

use crate::clock::shown;

/// A job's status.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    code: &'static str,
    count_successive_complete_failures: i64,
    escrows_pruned: bool,
    last_execution: Option<Execution>,
    last_successful_execution: Option<Execution>,
    last_successful_execution_with_exports: Option<Execution>,
    /// Of a cycle that is under way.
    progress: Option<Progress>,
    quarantine: Option<InQuarantine>,
    steady_state_first_achieved_time: Option<Timestamp>,
    steady_state_last_achieved_time: Option<Timestamp>,
    synchronized_entry_count_by_type: Vec<Entries>,
    /// Why the engine has stopped the job. Graph does not tell.
    stopped: Option<String>,
}

/// A cycle that has ended.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    activity_identifier: CycleId,
    state: &'static str,
    time_began: Timestamp,
    time_ended: Option<Timestamp>,
    /// Objects read that are in scope.
    count_entitled: Option<u64>,
    /// Objects that failed, and those that wait for another try.
    count_escrowed: u64,
    /// Objects that were written.
    count_exported: u64,
    /// Objects that were to be written.
    count_exports: u64,
    /// Objects read.
    count_imported: Option<u64>,
    /// Of an incremental cycle: objects that had changed.
    count_imported_deltas: Option<u64>,
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    completed_units: u64,
    total_units: Option<u64>,
    percent: Option<u64>,
    units: &'static str,
    progress_observation_date_time: Timestamp,
    #[serde(skip)]
    kind: CycleKind,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InQuarantine {
    reason: &'static str,
    current_began: Timestamp,
    series_began: Timestamp,
    series_count: i64,
    next_attempt: Option<Timestamp>,
    /// When the connection is tested next; Graph knows no such thing.
    next_test: Option<Timestamp>,
    error: QuarantineError,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QuarantineError {
    code: String,
    message: String,
    hint: String,
    request: Option<String>,
}

/// How many objects of a type are linked.
#[derive(Serialize)]
struct Entries {
    key: String,
    value: i64,
}

impl Status {
    /// Reads a job's status.
    ///
    /// # Errors
    /// The store's.
    pub fn read(tx: &mut Tx<'_>, job: &StoredJob, latest: &[Cycle]) -> Result<Self, store::Error> {
        let status = store::job_status::get(tx, job.id)?;
        let quarantine = store::quarantine::get(tx, job.id)?;
        let ended = latest.iter().find(|cycle| cycle.ended.is_some()).map(|cycle| cycle.id);
        let running = latest.first().filter(|cycle| cycle.state == CycleState::Running);
        Ok(Self {
            code: code(job, &status, quarantine.as_ref(), latest),
            count_successive_complete_failures: status.failures,
            escrows_pruned: status.escrows_pruned,
            last_execution: execution(tx, job, ended)?,
            last_successful_execution: execution(tx, job, status.succeeded)?,
            last_successful_execution_with_exports: execution(tx, job, status.exported)?,
            progress: running.map(|cycle| progress(tx, cycle)).transpose()?.flatten(),
            quarantine: quarantine.map(InQuarantine::from),
            steady_state_first_achieved_time: status.steady_first,
            steady_state_last_achieved_time: status.steady_last,
            synchronized_entry_count_by_type: entries(tx, job)?,
            stopped: status.stopped,
        })
    }

    /// Writes it for people.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(stopped) = &self.stopped {
            writeln!(out, "The engine has stopped it: {stopped}")?;
        }
        if let Some(Progress { completed_units: done, total_units: total, percent, kind, .. }) =
            &self.progress
        {
            let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
            let percent = percent.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
            writeln!(out, "A cycle is under way, {}: {done}{of} objects read{percent}.", kind.as_str())?;
        }
        if let Some(last) = &self.last_successful_execution {
            let ended = last.time_ended.map(shown).unwrap_or_default();
            writeln!(out, "The last cycle that completed ended {ended}.")?;
        }
        self.quarantine.iter().try_for_each(|quarantine| quarantine.print(out))
    }
}

impl InQuarantine {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { reason, series_began, next_attempt, next_test, error, .. } = self;
        writeln!(out, "In quarantine since {}: {reason} ({}).", shown(*series_began), error.code)?;
        writeln!(out, "  {}", error.message)?;
        if let Some(request) = &error.request {
            writeln!(out, "  request: {request}")?;
        }
        if let Some(next) = next_attempt {
            writeln!(out, "  next cycle: {}", shown(*next))?;
        }
        if let Some(next) = next_test {
            writeln!(out, "  next test call: {}, and a cycle at once if it succeeds", shown(*next))?;
        }
        writeln!(out, "  hint: {}", error.hint)
    }
}

impl From<Quarantine> for InQuarantine {
    fn from(quarantine: Quarantine) -> Self {
        let Quarantine { cause, series_began, current_began, series_count, next_attempt, next_test, .. } =
            quarantine;
        Self {
            reason: cause.reason.as_str(),
            current_began,
            series_began,
            series_count,
            next_attempt,
            next_test,
            error: QuarantineError {
                code: cause.code,
                message: cause.message,
                hint: cause.hint,
                request: cause.request,
            },
        }
    }
}

/// Graph's `synchronizationStatusCode`.
fn code(
    job: &StoredJob,
    status: &JobStatus,
    quarantine: Option<&Quarantine>,
    latest: &[Cycle],
) -> &'static str {
    match job.state {
        JobState::On if quarantine.is_some() => "Quarantine",
        JobState::On if status.succeeded.is_none() => "NotRun",
        JobState::On => "Active",
        JobState::Off if latest.is_empty() => "NotConfigured",
        JobState::Off | JobState::Paused | JobState::Disabled => "Paused",
    }
}

fn execution(
    tx: &mut Tx<'_>,
    job: &StoredJob,
    id: Option<CycleId>,
) -> Result<Option<Execution>, store::Error> {
    let Some(id) = id else { return Ok(None) };
    let Some(cycle) = store::cycle::get(tx, job.id, id)? else { return Ok(None) };
    let observed = store::cycle::observed(tx, job.id, id)?;
    let (counts, read) = (cycle.counts, observed.map(|observed| observed.read));
    Ok(Some(Execution {
        activity_identifier: id,
        state: execution_state(&cycle),
        time_began: cycle.began,
        time_ended: cycle.ended,
        count_entitled: observed.map(|observed| observed.tally.entitled),
        count_escrowed: counts.escrowed,
        count_exported: counts.written(),
        count_exports: counts.written() + counts.held + observed.map_or(0, |o| o.tally.failed),
        count_imported: read,
        count_imported_deltas: read.filter(|_| cycle.kind == CycleKind::Incremental),
        error: cycle.error,
    }))
}

/// Graph's `synchronizationTaskExecutionResult`.
fn execution_state(cycle: &Cycle) -> &'static str {
    match cycle.state {
        CycleState::Completed if cycle.counts.escrowed > 0 => "EntryLevelErrors",
        CycleState::Completed => "Succeeded",
        CycleState::Running | CycleState::Held | CycleState::Failed | CycleState::Abandoned => "Failed",
    }
}

fn progress(tx: &mut Tx<'_>, cycle: &Cycle) -> Result<Option<Progress>, store::Error> {
    let observed = store::cycle::observed(tx, cycle.job, cycle.id)?;
    Ok(observed.map(|Observed { at, read, expected, .. }| Progress {
        completed_units: read,
        total_units: expected,
        percent: expected.map(|expected| percent(read, expected)),
        units: "objects",
        progress_observation_date_time: at,
        kind: cycle.kind,
    }))
}

/// A cycle that has read everything is not at its end yet.
fn percent(read: u64, expected: u64) -> u64 {
    read.saturating_mul(100).checked_div(expected).unwrap_or(0).min(100)
}

fn entries(tx: &mut Tx<'_>, job: &StoredJob) -> Result<Vec<Entries>, store::Error> {
    let counted = store::link::count_by_type(tx, job.id)?;
    Ok(counted.into_iter().map(|(key, value)| Entries { key, value }).collect())
}
