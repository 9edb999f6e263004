//! `rollcall provision`

use std::io::{self, Write};

use anyhow::Result;
use provisioning::apply::summary;
use provisioning::on_demand::{self, Provisioned};
use serde::Serialize;

use crate::cli::Person;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};

/// What provisioning one user came to.
#[derive(Serialize)]
#[serde(transparent)]
struct Told(Provisioned);

impl Answer for Told {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Provisioned {
            provisioning_steps,
            step,
            status,
            code,
            error,
            hint,
            target_id,
            requests,
            references,
        } = &self.0;
        writeln!(out, "{}: {} {}", step.display, step.decision.as_str(), status.as_str())?;
        let rows = provisioning_steps.iter().map(|step| {
            let kind = step.provisioning_step_type.as_str().to_owned();
            [kind, step.status.as_str().to_owned(), step.description.clone()]
        });
        write_table(out, &table(["STEP", "STATUS", "WHAT"], rows), "")?;
        writeln!(out, "  {}", summary(step))?;
        if *references > 0 {
            writeln!(out, "  {references} references (managers, members) set or removed")?;
        }
        if let Some(id) = target_id {
            writeln!(out, "  in the target: {id}")?;
        }
        for request in requests {
            writeln!(out, "  {} {}", request.method, request.path)?;
        }
        if let Some(error) = error {
            writeln!(out, "error: {}: {error}", code.as_deref().unwrap_or_default())?;
        }
        hint.iter().try_for_each(|hint| writeln!(out, "hint: {hint}"))
    }
}

/// Provisions one user now.
pub async fn run(on: &Installation, person: &Person, output: Output) -> Result<()> {
    let (instance, ends) = on.connected(&person.job).await?;
    output.answer(&Told(on_demand::run(&on.engine(), &instance, &ends, &person.user).await?))
}
