//! `rollcall apply`: a stored plan, by its id or by the file that was read and approved.

use std::fs;
use std::io::{self, Write};
use std::time::Instant;

use anyhow::{Context, Result};
use model::PlanId;
use provisioning::apply::{self, Applied};
use provisioning::plan;
use serde::Serialize;
use serde_json::Value;

use super::plan::{Document, job_of};
use crate::cli;
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};
use crate::progress::Bar;

/// What applying a plan did.
#[derive(Serialize)]
struct Done {
    #[serde(flatten)]
    applied: Applied,
    plan: PlanId,
    job: String,
    elapsed_ms: u64,
}

impl Answer for Done {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let counts = self.applied.counts;
        writeln!(
            out,
            "{} created, {} updated, {} disabled, {} deleted, {} in escrow, {} ms",
            counts.created, counts.updated, counts.disabled, counts.deleted, counts.escrowed, self.elapsed_ms
        )?;
        if self.applied.refused.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nNot done, because the world has moved since the plan was made:")?;
        let rows = self.applied.refused.iter().map(|refused| [&refused.display, &refused.why]);
        write_table(out, &table(["USER", "WHY"], rows), "")?;
        writeln!(out, "hint: `rollcall plan {}` makes a new plan", self.job)
    }
}

/// A plan that somebody named.
struct Asked {
    id: PlanId,
    /// The steps of the file, if it was a file.
    steps: Option<Value>,
}

/// Applies a plan.
pub async fn run(on: &Installation, arguments: &cli::Apply, output: Output) -> Result<()> {
    let asked = Asked::read(&arguments.plan)?;
    let job = job_of(on, asked.id).await?;
    let (instance, ends) = on.connect(&job).await?;
    let planned = plan::load(&on.engine(), &instance, asked.id).await?;
    if let Some(steps) = &asked.steps {
        let stored = serde_json::to_value(Document::new(&job.name, planned.clone(), &ends))?;
        require_same(&arguments.plan, steps, stored.get("steps"))?;
    }
    let began = Instant::now();
    let bar = Bar::new("apply");
    let applied =
        apply::run(&on.engine(), &instance, &ends, planned, arguments.allow_deletions, &bar).await?;
    drop(bar);
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    output.answer(&Done { applied, plan: asked.id, job: job.name, elapsed_ms })
}

impl Asked {
    fn read(plan: &str) -> Result<Self> {
        if let Ok(id) = plan.parse() {
            return Ok(Self { id, steps: None });
        }
        let text = fs::read_to_string(plan)
            .with_context(|| format!("{plan:?} is no plan's id, and as a file it can't be read"))?;
        let document: Option<Value> = serde_json::from_str(&text).ok();
        let id = document.as_ref().and_then(|d| d.get("id")?.as_str()?.parse().ok());
        match (id, document.and_then(|d| d.get("steps").cloned())) {
            (Some(id), Some(steps)) => Ok(Self { id, steps: Some(steps) }),
            _ => {
                Err(refusal(format!("{plan} holds no plan"), "make one with `rollcall plan JOB --out FILE`"))
            }
        }
    }
}

/// What was approved is what is in the file; what is applied is what is stored. They must be the same.
fn require_same(file: &str, approved: &Value, stored: Option<&Value>) -> Result<()> {
    if stored == Some(approved) {
        return Ok(());
    }
    Err(refusal(
        format!("the steps in {file} are not those of the stored plan"),
        "a plan can't be edited; change the job or the directory, and make a new plan",
    ))
}
