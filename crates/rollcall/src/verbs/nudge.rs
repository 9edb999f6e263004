//! `rollcall nudge`

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Result;
use provisioning::nudge::{self, Nudged};
use serde::Serialize;

use crate::cli::log::Nudge;
use crate::installation::Installation;
use crate::output::{Answer, Output};

/// How long a cycle that is running is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Serialize)]
#[serde(transparent)]
struct Told(Nudged);

impl Answer for Told {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let counts = &self.0.counts;
        writeln!(
            out,
            "{} created, {} updated, {} disabled, {} deleted, {} references, {} skipped, {} escrowed.",
            counts.created,
            counts.updated,
            counts.disabled,
            counts.deleted,
            counts.references,
            counts.skipped,
            counts.escrowed
        )?;
        self.0.held.iter().try_for_each(|held| writeln!(out, "Held back: {held}."))
    }
}

/// Looks at some users or groups now.
pub async fn run(on: &Installation, arguments: &Nudge, output: Output) -> Result<()> {
    let (instance, ends) = on.connected(&arguments.job).await?;
    let objects = nudge::named(&ends, &arguments.objects).await?;
    output.answer(&Told(nudge::run(&on.engine(), &instance, &ends, &objects, PATIENCE).await?))
}
