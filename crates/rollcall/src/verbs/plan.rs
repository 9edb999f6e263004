//! `rollcall plan`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use connector::Request;
use jiff::Timestamp;
use model::PlanId;
use model::cycle::Counts;
use provisioning::Ends;
use provisioning::apply::summary;
use provisioning::plan::{self, Planned};
use provisioning::step::Step;
use serde::Serialize;

use crate::cli;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};
use crate::progress::Bar;

/// Rows shown to a person; the rest is in the file of `--out`.
const ROWS: usize = 40;

/// A plan as it is written to a file.
#[derive(Serialize)]
pub struct Document {
    id: PlanId,
    job: String,
    created: Timestamp,
    counts: Counts,
    held: Option<String>,
    steps: Vec<StepDocument>,
    #[serde(skip)]
    written: Option<PathBuf>,
}

/// A step, and the requests that it would send.
#[derive(Serialize)]
struct StepDocument {
    #[serde(flatten)]
    step: Step,
    requests: Vec<Request>,
}

impl Document {
    /// The document of a plan of this job.
    pub fn new(job: &str, planned: Planned, ends: &Ends) -> Self {
        let steps = planned.steps.into_iter();
        Self {
            id: planned.plan.id,
            job: job.to_owned(),
            created: planned.plan.created,
            counts: planned.detail.counts,
            held: planned.detail.held,
            steps: steps.map(|step| StepDocument { requests: plan::requests(&step, ends), step }).collect(),
            written: None,
        }
    }

    /// Writes what would be done for people: the first steps, and how many there are of each kind.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn print_steps(&self, rows: usize, out: &mut dyn Write) -> io::Result<()> {
        let first = self.steps.iter().take(rows).map(|StepDocument { step, .. }| {
            [step.decision.as_str().to_owned(), step.display.clone(), summary(step)]
        });
        write_table(out, &table(["DECISION", "USER", "WHAT"], first), "There is nothing to do.")?;
        let more = self.steps.len().saturating_sub(rows);
        if more > 0 {
            writeln!(out, "… and {more} more")?;
        }
        let Counts { created, updated, disabled, deleted, skipped, escrowed, held, references } = self.counts;
        writeln!(
            out,
            "{created} to create, {updated} to update, {disabled} to disable, {deleted} to delete, \
             {references} references to set or remove, {skipped} to skip, {escrowed} to escrow, {held} held back."
        )
    }

    fn write(&self, path: &Path) -> Result<()> {
        let place = || format!("the plan can't be written to {}", path.display());
        let mut file = BufWriter::new(File::create(path).with_context(place)?);
        serde_json::to_writer_pretty(&mut file, self).with_context(place)?;
        file.write_all(b"\n").and_then(|()| file.flush()).with_context(place)
    }

    fn print_next(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(held) = &self.held {
            writeln!(out, "A cycle would hold back: {held}.")?;
        }
        let allow = if self.held.is_some() { " --allow-deletions" } else { "" };
        match &self.written {
            Some(path) => writeln!(out, "The whole plan is in {}.", path.display())?,
            None => writeln!(out, "Plan {}. Nothing was sent.", self.id)?,
        }
        if self.steps.is_empty() { Ok(()) } else { writeln!(out, "Next: rollcall apply {}{allow}", self.id) }
    }
}

impl Answer for Document {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.print_steps(ROWS, out)?;
        self.print_next(out)
    }
}

/// Makes a plan.
pub async fn run(on: &Installation, arguments: &cli::Plan, output: Output) -> Result<()> {
    let mut document = make(on, &arguments.job).await?;
    if let Some(path) = &arguments.out {
        document.write(path)?;
        document.written = Some(path.clone());
    }
    output.answer(&document)
}

/// Makes a plan of a job, and stores it.
///
/// # Errors
/// What concerns every user.
pub async fn make(on: &Installation, job: &str) -> Result<Document> {
    let (instance, ends) = on.connected(job).await?;
    let bar = Bar::new("plan");
    let planned = plan::make(&on.engine(), &instance, &ends, &bar).await?;
    drop(bar);
    Ok(Document::new(job, planned, &ends))
}
