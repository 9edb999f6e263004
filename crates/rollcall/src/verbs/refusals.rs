//! `rollcall refusals`

use std::io::{self, Write};

use anyhow::Result;
use model::refusal::Refusal;
use serde::Serialize;
use service_provider::limits::{STORM_COUNT, STORM_HOURS};

use crate::cli;
use crate::clock::shown;
use crate::installation::Installation;
use crate::output::{Answer, Output};

#[derive(Serialize)]
struct Storms {
    refusals: Vec<Storm>,
}

#[derive(Serialize)]
struct Storm {
    #[serde(flatten)]
    refusal: Refusal,
    hint: &'static str,
}

impl Answer for Storms {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.refusals.is_empty() {
            return writeln!(
                out,
                "Nothing was refused {STORM_COUNT} times within {STORM_HOURS} hours of each other."
            );
        }
        self.refusals.iter().try_for_each(|storm| storm.print(out))
    }
}

impl Storm {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Refusal { refused, detail, first_seen, last_seen, count } = &self.refusal;
        let keyword = refused.scim_type.as_deref().unwrap_or_default();
        let (method, kind, subject, status) =
            (&refused.method, &refused.resource_type, &refused.subject, refused.status);
        // What a client sent may hold anything, also what a terminal obeys.
        writeln!(out, "{method} {kind} {}: {status} {keyword}", subject.escape_debug())?;
        writeln!(
            out,
            "  {count} times from {} to {}, connection {}",
            shown(*first_seen),
            shown(*last_seen),
            refused.connection
        )?;
        writeln!(out, "  {}", detail.escape_debug())?;
        writeln!(out, "  hint: {}", self.hint)
    }
}

/// Shows each refusal that happened again and again once, with its cause and what to do.
pub async fn run(on: &Installation, arguments: &cli::Refusals, output: Output) -> Result<()> {
    let (tenant, limit) = (on.tenant(&arguments.of.tenant).await?.id, i64::from(arguments.limit));
    let found = on.store.read(move |tx| store::refusal::list(tx, tenant, STORM_COUNT, limit)).await?;
    let refusals = found.into_iter().map(|refusal| Storm { hint: refusal.refused.hint(), refusal });
    output.answer(&Storms { refusals: refusals.collect() })
}
