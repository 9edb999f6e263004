//! `rollcall plan`, `plan list`, `plan show`

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use connector::Request;
use jiff::Timestamp;
use model::cycle::Counts;
use model::plan::PlanState;
use model::{CycleId, PlanId};
use provisioning::Ends;
use provisioning::apply::summary;
use provisioning::plan::{self, Detail, Planned};
use provisioning::rollback::Undoes;
use provisioning::step::Step;
use serde::Serialize;
use store::job::StoredJob;

use super::plan_page;
use crate::cli::deciding as cli;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};
use crate::progress::Bar;

/// Rows shown to a person; the rest is in the file of `--out`.
const ROWS: usize = 40;

/// Plans that `list` tells of.
const LISTED: i64 = 100;

/// A plan as it is written to a file.
#[derive(Serialize)]
pub struct Document {
    /// Its id.
    pub id: PlanId,
    /// The job's name.
    pub job: String,
    /// When it was made.
    pub created: Timestamp,
    /// What became of it.
    pub state: &'static str,
    /// Objects by decision.
    pub counts: Counts,
    /// What the deletion guard would hold back, in words.
    pub held: Option<String>,
    /// The cycle that it undoes, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Undoes>,
    /// What is to be done, in this order.
    pub steps: Vec<StepDocument>,
    #[serde(skip)]
    written: Vec<PathBuf>,
}

/// A step, and the requests that it would send.
#[derive(Serialize)]
pub struct StepDocument {
    /// The step.
    #[serde(flatten)]
    pub step: Step,
    /// Its requests.
    pub requests: Vec<Request>,
}

impl Document {
    /// The document of a plan of this job.
    pub fn new(job: &str, planned: Planned, ends: &Ends) -> Self {
        let steps = planned.steps.into_iter();
        Self {
            id: planned.plan.id,
            job: job.to_owned(),
            created: planned.plan.created,
            state: planned.plan.state.as_str(),
            counts: planned.detail.counts,
            held: planned.detail.held,
            undoes: planned.detail.undoes,
            steps: steps
                .map(|step| StepDocument {
                    requests: plan::requests(&step, ends),
                    step: step.shown().into_owned(),
                })
                .collect(),
            written: Vec::new(),
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

    /// Writes the plan to those files that are named: as JSON, and as a page.
    ///
    /// # Errors
    /// When one can't be written.
    pub fn write(&mut self, json: Option<&Path>, html: Option<&Path>) -> Result<()> {
        let place = |path: &Path| format!("the plan can't be written to {}", path.display());
        if let Some(path) = json {
            let mut file = BufWriter::new(File::create(path).with_context(|| place(path))?);
            serde_json::to_writer_pretty(&mut file, self).with_context(|| place(path))?;
            file.write_all(b"\n").and_then(|()| file.flush()).with_context(|| place(path))?;
        }
        if let Some(path) = html {
            fs::write(path, plan_page::html(self)?).with_context(|| place(path))?;
        }
        self.written.extend([json, html].into_iter().flatten().map(Path::to_owned));
        Ok(())
    }

    fn print_next(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(held) = &self.held {
            writeln!(out, "A cycle would hold back: {held}.")?;
        }
        let allow = if self.held.is_some() { " --allow-deletions" } else { "" };
        for path in &self.written {
            writeln!(out, "The whole plan is in {}.", path.display())?;
        }
        if self.state != PlanState::Open.as_str() {
            return writeln!(out, "Plan {} was applied.", self.id);
        }
        writeln!(out, "Plan {}. Nothing was sent.", self.id)?;
        if self.steps.is_empty() { Ok(()) } else { writeln!(out, "Next: rollcall apply {}{allow}", self.id) }
    }
}

impl Answer for Document {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.print_steps(ROWS, out)?;
        self.print_next(out)
    }
}

/// Plans of a job, the latest first.
#[derive(Serialize)]
struct Plans {
    plans: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    id: PlanId,
    created: Timestamp,
    state: &'static str,
    counts: Option<Counts>,
    held: Option<String>,
    undoes: Option<CycleId>,
}

impl Answer for Plans {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.plans.iter().map(|plan| {
            let Counts { created, updated, disabled, deleted, .. } = plan.counts.unwrap_or_default();
            let told = match (plan.undoes, &plan.held) {
                (Some(cycle), _) => format!("undoes cycle {cycle}"),
                (None, Some(held)) => held.clone(),
                (None, None) => String::new(),
            };
            [
                plan.id.to_string(),
                shown(plan.created),
                plan.state.to_owned(),
                format!("+{created} ~{updated} -{}", disabled + deleted),
                told,
            ]
        });
        let table = table(["PLAN", "MADE", "STATE", "+NEW ~CHANGED -LEFT", "REMARK"], rows);
        write_table(out, &table, "There is no plan yet: rollcall plan JOB")
    }
}

/// Makes a plan, or tells of those that were made.
pub async fn run(on: &Installation, arguments: cli::Plan, output: Output) -> Result<()> {
    match (arguments.verb, arguments.new) {
        (Some(cli::StoredPlan::List(name)), _) => output.answer(&list(on, &name.job).await?),
        (Some(cli::StoredPlan::Show { id, out, html }), _) => {
            let job = job_of(on, id).await?;
            let (instance, ends) = on.connect(&job).await?;
            let planned = plan::load(&on.engine(), &instance, id).await?;
            let mut document = Document::new(&job.name, planned, &ends);
            document.write(out.as_deref(), html.as_deref())?;
            output.answer(&document)
        }
        (None, Some(new)) => {
            let mut document = make(on, &new.job).await?;
            document.write(new.out.as_deref(), new.html.as_deref())?;
            output.answer(&document)
        }
        (None, None) => Err(refusal("no job is named", "rollcall plan JOB")),
    }
}

async fn list(on: &Installation, job: &str) -> Result<Plans> {
    let id = on.job(job).await?.id;
    let plans = on.store.read(move |tx| store::plan::latest(tx, id, LISTED)).await?;
    let listed = plans.into_iter().map(|plan| {
        // A plan of another version may be one that this one can't read; that there is one can be told anyway.
        let detail: Option<Detail> = serde_json::from_value(plan.detail).ok();
        Listed {
            id: plan.id,
            created: plan.created,
            state: plan.state.as_str(),
            counts: detail.as_ref().map(|detail| detail.counts),
            undoes: detail.as_ref().and_then(|detail| detail.undoes.as_ref().map(|undoes| undoes.cycle)),
            held: detail.and_then(|detail| detail.held),
        }
    });
    Ok(Plans { plans: listed.collect() })
}

/// The job that a plan is of.
///
/// # Errors
/// When there is no such plan.
pub async fn job_of(on: &Installation, id: PlanId) -> Result<StoredJob> {
    let found = on.store.read(move |tx| {
        for job in store::job::list(tx)? {
            if store::plan::get(tx, job.id, id)?.is_some() {
                return Ok(Some(job));
            }
        }
        Ok::<_, store::Error>(None)
    });
    found.await?.ok_or_else(|| {
        refusal(format!("there is no plan {id} in {}", on.database), "make one with `rollcall plan JOB`")
    })
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
