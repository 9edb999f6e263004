//! `rollcall cycle`

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::Result;
use model::cycle::{Counts, CycleKind, CycleState};
use model::ids::{CycleId, JobId};
use model::quarantine::Cause;
use provisioning::cycle::{self, Options, Report};
use serde::Serialize;

use crate::cli::Cycle;
use crate::installation::Installation;
use crate::output::{Answer, Output, number, table, write_table};
use crate::progress::Bar;

/// How long to wait for a cycle of the same job that runs elsewhere: longer than a small one takes, and much longer
/// than one whose process died holds its lease.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a cycle did.
#[derive(Serialize)]
pub struct Summary {
    /// Objects by decision.
    #[serde(flatten)]
    pub counts: Counts,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    cycle: CycleId,
    /// What it looked at.
    pub kind: CycleKind,
    state: CycleState,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_reason: Option<String>,
    /// What the job needs a person for since this cycle: its quarantine, or why it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    attention: Option<String>,
    #[serde(skip)]
    job: String,
}

impl Summary {
    /// The summary of a cycle that took so long.
    pub fn new(job: &str, report: Report, elapsed: Duration) -> Self {
        Self {
            counts: report.cycle.counts,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            cycle: report.cycle.id,
            kind: report.cycle.kind,
            state: report.cycle.state,
            held_reason: report.held,
            attention: None,
            job: job.to_owned(),
        }
    }

    /// Users that were decided about in a second.
    pub fn rate(&self) -> u64 {
        self.counts.total().saturating_mul(1000) / self.elapsed_ms.max(1)
    }

    /// The figures as cells of a table with [`COLUMNS`].
    pub fn cells(&self, title: &str) -> [String; 9] {
        let Counts { created, updated, disabled, deleted, skipped, escrowed, .. } = self.counts;
        let [created, updated, disabled, deleted, skipped, escrowed] =
            [created, updated, disabled, deleted, skipped, escrowed].map(|count| count.to_string());
        let elapsed = format!("{}.{:02} s", self.elapsed_ms / 1000, self.elapsed_ms % 1000 / 10);
        [
            title.to_owned(),
            created,
            updated,
            disabled,
            deleted,
            skipped,
            escrowed,
            elapsed,
            self.rate().to_string(),
        ]
    }
}

/// The columns of a table of summaries.
pub const COLUMNS: [&str; 9] =
    ["cycle", "created", "updated", "disabled", "deleted", "skipped", "escrowed", "elapsed", "users/s"];

impl Answer for Summary {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        write_table(out, &table(COLUMNS, [self.cells(self.kind.as_str())]), "")?;
        let job = &self.job;
        if self.counts.escrowed > 0 {
            let users = number(self.counts.escrowed, "user is", "users are");
            writeln!(out, "{users} in escrow and will be tried again.\nhint: `rollcall log {job}` says why")?;
        }
        if self.counts.references > 0 {
            writeln!(out, "{} references (managers, members) set or removed.", self.counts.references)?;
        }
        if let Some(held) = &self.held_reason {
            writeln!(out, "Held back: {held}.")?;
            writeln!(
                out,
                "hint: look at `rollcall staged list {job}`, then `rollcall staged allow {job} --all --now` (which is \
                 `rollcall cycle {job} --allow-deletions`), or `rollcall staged reject {job} --all`"
            )?;
        }
        if let Some(attention) = &self.attention {
            writeln!(out, "{attention}\nhint: `rollcall job show {job}` tells more")?;
        }
        Ok(())
    }
}

/// Runs a cycle now.
pub async fn run(on: &Installation, arguments: &Cycle, output: Output) -> Result<()> {
    let options = Options {
        initial: arguments.initial,
        allow_deletions: arguments.allow_deletions,
        patience: PATIENCE,
    };
    output.answer(&watched(on, &arguments.job, options).await?)
}

/// Runs a cycle with a progress bar.
///
/// # Errors
/// What concerns every user.
pub async fn watched(on: &Installation, job: &str, options: Options) -> Result<Summary> {
    let (instance, ends) = on.connected(job).await?;
    let began = Instant::now();
    let bar = Bar::new("cycle");
    let report = cycle::run(&on.engine(), &instance, &ends, options, &bar).await?;
    drop(bar);
    let attention = attention(on, instance.id).await?;
    Ok(Summary { attention, ..Summary::new(job, report, began.elapsed()) })
}

async fn attention(on: &Installation, job: JobId) -> Result<Option<String>> {
    let read = on.store.read(move |tx| {
        Ok::<_, store::Error>((store::quarantine::get(tx, job)?, store::job_status::get(tx, job)?.stopped))
    });
    Ok(match read.await? {
        (Some(quarantine), _) => {
            let Cause { reason, message, .. } = quarantine.cause;
            Some(format!("In quarantine, {}: {message}", reason.as_str()))
        }
        (None, stopped) => stopped.map(|why| format!("The job is stopped: {why}")),
    })
}
