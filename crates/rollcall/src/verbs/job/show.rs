//! `rollcall job show`

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Result;
use connector::Capabilities;
use jiff::Timestamp;
use model::JobId;
use model::job::{JobFile, SecretText};
use model::link::LinkState;
use serde::Serialize;
use store::Tx;
use store::job::{JobState, StoredJob};

use super::status::Status;
use super::{CYCLE_COLUMNS, CycleRow};
use crate::clock::shown;
use crate::installation::Installation;
use crate::output::{Answer, table, write_table};
use crate::verbs::capabilities;

/// Cycles that are told of.
const LAST_CYCLES: i64 = 5;
/// What stands where a sealed secret is.
const HIDDEN: &str = "…";

/// A job with all that is known of it.
#[derive(Serialize)]
pub struct Shown {
    job: String,
    id: JobId,
    state: &'static str,
    modified: Timestamp,
    schedule: Schedule,
    status: Status,
    links: Links,
    escrowed: i64,
    /// What the application can do, as far as it was learned.
    capabilities: Option<Capabilities>,
    cycles: Vec<CycleRow>,
    definition: JobFile,
    #[serde(skip)]
    text: String,
}

/// Graph's `synchronizationSchedule`.
#[derive(Serialize)]
struct Schedule {
    /// In ISO 8601, for example `PT40M`.
    interval: String,
    state: &'static str,
}

/// Links of users, by state.
#[derive(Clone, Copy, Serialize)]
pub struct Links {
    /// Provisioned.
    pub managed: i64,
    /// Disabled.
    pub disabled: i64,
    /// Left alone.
    pub released: i64,
}

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Links { managed, disabled, released } = self.links;
        writeln!(out, "Job {} is {}, last changed {}.", self.job, self.state, shown(self.modified))?;
        writeln!(
            out,
            "It manages {managed} users, has disabled {disabled} and released {released}; {} in escrow.",
            self.escrowed
        )?;
        self.status.print(out)?;
        if let Some(known) = &self.capabilities {
            writeln!(out, "What its target can do:")?;
            capabilities::print(out, known)?;
        }
        writeln!(out)?;
        let rows = self.cycles.iter().map(CycleRow::cells);
        write_table(out, &table(CYCLE_COLUMNS, rows), "It has not run yet.")?;
        write!(out, "\n{}", self.text)
    }
}

/// Shows a job.
///
/// # Errors
/// When there is no such job.
pub async fn show(on: &Installation, name: &str) -> Result<Shown> {
    let job = on.job(name).await?;
    let definition = JobFile::parse(&job.definition)?;
    let (asked, target) = (job.clone(), definition.target.clone());
    let (links, escrowed, cycles, status, capabilities) = on
        .store
        .read(move |tx| {
            let cycles = store::cycle::latest(tx, asked.id, LAST_CYCLES)?;
            let status = Status::read(tx, &asked, &cycles)?;
            let known = provisioning::capabilities::known(tx, asked.id, &target)?;
            let escrowed = store::escrow::count(tx, asked.id)?;
            Ok::<_, store::Error>((links(tx, asked.id)?, escrowed, cycles, status, known))
        })
        .await?;
    let definition = without_secrets(definition);
    Ok(Shown {
        capabilities,
        id: job.id,
        state: job.state.as_str(),
        modified: job.modified,
        schedule: schedule(&job, &definition),
        job: job.name,
        status,
        links,
        escrowed,
        cycles: cycles.into_iter().map(CycleRow::from).collect(),
        text: definition.to_toml()?,
        definition,
    })
}

fn schedule(job: &StoredJob, definition: &JobFile) -> Schedule {
    let interval = definition.interval().unwrap_or(Duration::ZERO);
    let interval = jiff::SignedDuration::try_from(interval).unwrap_or_default();
    let state = match job.state {
        JobState::On => "Active",
        JobState::Off | JobState::Paused => "Paused",
        JobState::Disabled => "Disabled",
    };
    Schedule { interval: interval.to_string(), state }
}

/// How many users a job has linked.
///
/// # Errors
/// A statement's.
pub fn links(tx: &mut Tx<'_>, job: JobId) -> Result<Links, store::Error> {
    let user = connector::ObjectType::User.to_string();
    let mut count = |state| store::link::count(tx, job, &user, state);
    Ok(Links {
        managed: count(LinkState::Managed)?,
        disabled: count(LinkState::Disabled)?,
        released: count(LinkState::Released)?,
    })
}

fn without_secrets(mut file: JobFile) -> JobFile {
    for (_, secret) in file.secrets_mut() {
        if let SecretText::Plain(secret) | SecretText::Sealed { sealed: secret } = secret {
            HIDDEN.clone_into(secret);
        }
    }
    file
}
