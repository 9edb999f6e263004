//! `rollcall job start|stop|restart`

use std::io::{self, Write};

use anyhow::Result;
use provisioning::restart::{ResetScope, Restarted, restart};
use provisioning::standing;
use serde::Serialize;
use serde_json::json;
use store::job::JobState;

use crate::cli::engine::Reset;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, number};

/// A job that was turned on or off.
#[derive(Serialize)]
pub struct Turned {
    job: String,
    state: &'static str,
    /// Whether it was in quarantine, and is no more.
    left_quarantine: bool,
}

impl Answer for Turned {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Job {} is {}.", self.job, self.state)?;
        if self.left_quarantine {
            writeln!(out, "It has left quarantine.")?;
        }
        if self.state == JobState::On.as_str() {
            writeln!(out, "`rollcall serve` runs it in its interval; the first cycle begins at once.")
        } else {
            writeln!(out, "A cycle that is under way runs to its end. What was provisioned stays.")
        }
    }
}

/// Turns a job on, which also ends its quarantine.
///
/// # Errors
/// When there is no such job.
pub async fn start(on: &Installation, name: &str) -> Result<Turned> {
    let (job, now) = (on.job(name).await?, on.now());
    let entry = on.audit("job.state", name, json!({ "state": JobState::On.as_str() }));
    let left = on.store.write(move |tx| {
        let left = store::quarantine::get(tx, job.id)?.is_some();
        standing::start(tx, job.id, now)?;
        record(tx, None, &entry).map(|()| left)
    });
    let left_quarantine = left.await?;
    Ok(Turned { job: name.to_owned(), state: JobState::On.as_str(), left_quarantine })
}

/// Turns a job off.
///
/// # Errors
/// When there is no such job.
pub async fn stop(on: &Installation, name: &str) -> Result<Turned> {
    let (job, now) = (on.job(name).await?, on.now());
    let entry = on.audit("job.state", name, json!({ "state": JobState::Off.as_str() }));
    on.store
        .write(move |tx| {
            store::job::set_state(tx, job.id, JobState::Off, now)?;
            record(tx, None, &entry)
        })
        .await?;
    Ok(Turned { job: name.to_owned(), state: JobState::Off.as_str(), left_quarantine: false })
}

/// A job that begins again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    job: String,
    state: &'static str,
    /// Graph's words for what was reset, as Graph writes them.
    reset_scope: String,
    links_removed: u64,
    escrows_removed: u64,
    cycle_ended: bool,
    #[serde(skip)]
    scope: ResetScope,
}

impl Answer for Begun {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let ResetScope { watermark, escrows, quarantine, links, force_deletes } = self.scope;
        writeln!(out, "Job {} is on. Reset: {}.", self.job, self.reset_scope)?;
        for (is_reset, told) in [
            (quarantine, "It is not in quarantine.".to_owned()),
            (escrows, format!("{} taken out of escrow.", number(self.escrows_removed, "object", "objects"))),
            (
                links,
                format!(
                    "{} forgotten: everybody is matched anew.",
                    number(self.links_removed, "link", "links")
                ),
            ),
            (watermark || links, "The next cycle is an initial one: everybody is looked at.".to_owned()),
            (force_deletes, "The next cycle may delete and disable as many as it has to.".to_owned()),
            (
                self.cycle_ended,
                "The cycle that was under way is ended; the next one begins in a few seconds.".to_owned(),
            ),
        ] {
            if is_reset {
                writeln!(out, "{told}")?;
            }
        }
        writeln!(out, "`rollcall serve` runs it at once, or `rollcall cycle {}`.", self.job)
    }
}

/// Begins a job again.
///
/// # Errors
/// When there is no such job, or the scopes do not go together.
pub async fn run(on: &Installation, name: &str, resets: &[Reset]) -> Result<Begun> {
    let scope = Reset::scope(resets).ok_or_else(|| {
        refusal(
            "force-deletes and none can't be reset together with anything else",
            "restart twice, or leave the others out",
        )
    })?;
    let (job, now, holder) = (on.job(name).await?, on.now(), on.ids.next().to_string());
    let names = if scope == ResetScope::default() { "None".to_owned() } else { scope.names().join(", ") };
    let entry = on.audit("job.restart", name, json!({ "resetScope": names }));
    let restarted = on.store.write(move |tx| {
        record(tx, None, &entry)?;
        restart(tx, &job, scope, &holder, now)
    });
    let Restarted { links, escrows, cycle_ended } = restarted.await?;
    Ok(Begun {
        job: name.to_owned(),
        state: JobState::On.as_str(),
        reset_scope: names,
        links_removed: links,
        escrows_removed: escrows,
        cycle_ended,
        scope,
    })
}
