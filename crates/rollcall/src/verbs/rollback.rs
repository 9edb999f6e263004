//! `rollcall rollback`: the plan that undoes a cycle.

use std::io::{self, Write};

use anyhow::Result;
use model::CycleId;
use provisioning::rollback;
use serde::Serialize;
use store::job::StoredJob;

use super::plan::Document;
use crate::cli::deciding::Rollback;
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};

/// The plan, and what it leaves.
#[derive(Serialize)]
#[serde(transparent)]
struct Undoing(Document);

impl Answer for Undoing {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.print(out)?;
        let left = self.0.undoes.iter().flat_map(|undoes| &undoes.left);
        let left = table(["CAN'T BE UNDONE", "WHY"], left.map(|left| [&left.display, &left.why]));
        if !left.is_empty() {
            writeln!(out)?;
            write_table(out, &left, "")?;
        }
        let job = &self.0.job;
        writeln!(
            out,
            "\nThe next cycle does it all again: correct the mapping or the directory first, or `rollcall job stop {job}`. \
             Another mapping makes this plan void; then make it again."
        )
    }
}

/// Makes the plan.
pub async fn run(on: &Installation, arguments: &Rollback, output: Output) -> Result<()> {
    let job = match &arguments.job {
        Some(name) => on.job(name).await?,
        None => job_of(on, arguments.cycle).await?,
    };
    let (instance, ends) = on.connect(&job).await?;
    let planned = rollback::make(&on.engine(), &instance, &ends, arguments.cycle).await?;
    let mut document = Document::new(&job.name, planned, &ends);
    document.write(arguments.out.as_deref(), arguments.html.as_deref())?;
    output.answer(&Undoing(document))
}

/// The job that a cycle is of.
async fn job_of(on: &Installation, id: CycleId) -> Result<StoredJob> {
    let found = on.store.read(move |tx| {
        for job in store::job::list(tx)? {
            if store::cycle::get(tx, job.id, id)?.is_some() {
                return Ok(Some(job));
            }
        }
        Ok::<_, store::Error>(None)
    });
    found.await?.ok_or_else(|| {
        refusal(
            format!("there is no cycle {id} in {}", on.database),
            "`rollcall job show JOB` lists the last ones",
        )
    })
}
