//! `rollcall brake show|allow|reject`

use std::io::{self, Write};

use anyhow::{Context, Result};
use model::brake::{Brake, BrakeState};
use serde::Serialize;
use serde_json::json;

use crate::cli;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Brake, output: Output) -> Result<()> {
    match verb {
        cli::Brake::Show { of } => output.answer(&show(on, &of.tenant).await?),
        cli::Brake::Allow { of, connection, time, count } => {
            let until = on.now().checked_add(time).context("that is beyond all time")?;
            let state = BrakeState::Allowed { until, remaining: count.map(i64::from) };
            output.answer(&decide(on, &of.tenant, &connection, state).await?)
        }
        cli::Brake::Reject { of, connection } => {
            output.answer(&decide(on, &of.tenant, &connection, BrakeState::Rejected).await?)
        }
    }
}

#[derive(Serialize)]
struct Brakes {
    brakes: Vec<Brake>,
}

impl Answer for Brakes {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.brakes.iter().map(|brake| {
            let removed = format!("{} of {}", brake.removed, brake.users);
            [brake.connection.clone(), in_words(brake.state), shown(brake.since), removed]
        });
        let table = table(["CONNECTION", "STATE", "SINCE", "USERS TAKEN AWAY"], rows);
        write_table(out, &table, "No connection waits for a decision.")
    }
}

fn in_words(state: BrakeState) -> String {
    match state {
        BrakeState::Shut => "shut: waits for allow or reject".to_owned(),
        BrakeState::Rejected => "rejected".to_owned(),
        BrakeState::Allowed { until, remaining: None } => format!("allowed until {}", shown(until)),
        BrakeState::Allowed { until, remaining: Some(count) } => {
            format!("{count} more allowed until {}", shown(until))
        }
    }
}

async fn show(on: &Installation, tenant: &str) -> Result<Brakes> {
    let tenant = on.tenant(tenant).await?.id;
    Ok(Brakes { brakes: on.store.read(move |tx| store::brake::list(tx, tenant)).await? })
}

#[derive(Serialize)]
struct Decided {
    tenant: String,
    #[serde(flatten)]
    brake: Brake,
}

impl Answer for Decided {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Brake { connection, state, .. } = &self.brake;
        writeln!(out, "The brake of connection {connection} of tenant {} is now", self.tenant)?;
        writeln!(out, "  {}", in_words(*state))
    }
}

/// Decides about a brake that shut. One that is open needs no decision.
async fn decide(on: &Installation, tenant: &str, connection: &str, state: BrakeState) -> Result<Decided> {
    let id = on.tenant(tenant).await?.id;
    let since = on.now();
    let name = connection.to_owned();
    let entry = on.audit("brake.decide", connection, json!({ "decision": state }));
    let decided = on.store.write(move |tx| {
        let Some(brake) = store::brake::get(tx, id, &name)? else { return Ok(None) };
        let brake = Brake { state, since, ..brake };
        store::brake::put(tx, id, &brake)?;
        record(tx, Some(id), &entry)?;
        Ok::<_, store::Error>(Some(brake))
    });
    let brake = decided.await?.ok_or_else(|| {
        refusal(
            format!("the brake of connection {connection:?} of tenant {tenant} is open"),
            format!("see `rollcall brake show --tenant {tenant}`"),
        )
    })?;
    Ok(Decided { tenant: tenant.to_owned(), brake })
}
