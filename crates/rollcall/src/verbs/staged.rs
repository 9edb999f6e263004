//! `rollcall staged list|allow|reject|withdraw`

use std::io::{self, Write};

use anyhow::Result;
use jiff::Timestamp;
use model::staged::{Staged, StagedState};
use provisioning::cycle::Options;
use provisioning::standing;
use serde::Serialize;
use serde_json::json;

use super::cycle::{PATIENCE, Summary, watched};
use crate::cli::deciding::{self as cli, Which};
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};

/// Objects that an entry of the audit log names; of more it tells the number.
const NAMED: usize = 100;

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Staged, output: Output) -> Result<()> {
    match verb {
        cli::Staged::List(name) => output.answer(&list(on, &name.job).await?),
        cli::Staged::Allow { which, now } => {
            let mut decided = decide(on, &which, StagedState::Allowed).await?;
            if now {
                let options = Options { patience: PATIENCE, ..Options::default() };
                decided.cycle = Some(watched(on, &which.job, options).await?);
            }
            output.answer(&decided)
        }
        cli::Staged::Reject { which } => output.answer(&decide(on, &which, StagedState::Rejected).await?),
        cli::Staged::Withdraw { which } => output.answer(&decide(on, &which, StagedState::Pending).await?),
    }
}

#[derive(Serialize)]
struct Listing {
    job: String,
    staged: Vec<Row>,
}

/// One removal.
#[derive(Serialize)]
struct Row {
    object_type: String,
    source_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<String>,
    object: String,
    removal: &'static str,
    reason: String,
    target_id: String,
    since: Timestamp,
    state: &'static str,
    decided_by: Option<String>,
    decided: Option<Timestamp>,
}

impl From<Staged> for Row {
    fn from(staged: Staged) -> Self {
        let object = name(&staged);
        let (decided_by, decided) = staged.decided.unzip();
        Self {
            object_type: staged.object_type,
            source_id: staged.source_id,
            member_id: staged.member.map(|member| member.source_id),
            object,
            removal: staged.removal.as_str(),
            reason: staged.reason,
            target_id: staged.target_id,
            since: staged.since,
            state: staged.state.as_str(),
            decided_by,
            decided,
        }
    }
}

impl Answer for Listing {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.staged.iter().map(|row| {
            let by = row.decided_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            [
                row.object_type.clone(),
                row.object.clone(),
                row.removal.to_owned(),
                row.reason.clone(),
                shown(row.since),
                format!("{}{by}", row.state),
            ]
        });
        let table = table(["TYPE", "OBJECT", "WHAT", "WHY", "SINCE", "STATE"], rows);
        write_table(out, &table, "Nothing is staged.")?;
        let job = &self.job;
        let waiting =
            self.staged.iter().filter(|row| row.state == StagedState::Pending.as_str()).count() as u64;
        if waiting > 0 {
            let waiting = number(waiting, "waits", "wait");
            writeln!(out, "{waiting} for a decision: rollcall staged allow|reject {job} OBJECT…|--all")?;
        }
        Ok(())
    }
}

async fn list(on: &Installation, job: &str) -> Result<Listing> {
    let id = on.job(job).await?.id;
    let staged = on.store.read(move |tx| store::staged::all(tx, id)).await?;
    Ok(Listing { job: job.to_owned(), staged: staged.into_iter().map(Row::from).collect() })
}

#[derive(Serialize)]
struct Decided {
    job: String,
    state: &'static str,
    staged: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle: Option<Summary>,
}

impl Answer for Decided {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let count = number(self.staged.len() as u64, "staged removal is", "staged removals are");
        writeln!(out, "{count} {}.", self.state)?;
        match &self.cycle {
            Some(cycle) => cycle.print(out),
            None if self.state == StagedState::Allowed.as_str() => {
                writeln!(
                    out,
                    "The next cycle does it, if the reason still holds; `rollcall cycle {}` is one.",
                    self.job
                )
            }
            None => Ok(()),
        }
    }
}

/// Notes what a person has decided, and who.
async fn decide(on: &Installation, which: &Which, state: StagedState) -> Result<Decided> {
    let (id, now) = (on.job(&which.job).await?.id, on.now());
    let all = on.store.read(move |tx| store::staged::all(tx, id)).await?;
    let mut chosen = choose(all, which, state)?;
    let names: Vec<String> = chosen.iter().map(name).take(NAMED).collect();
    let detail = json!({ "state": state.as_str(), "count": chosen.len(), "objects": names });
    let entry = on.audit("staged.decide", &which.job, detail);
    for staged in &mut chosen {
        staged.state = state;
        staged.decided = (state != StagedState::Pending).then(|| (entry.actor.clone(), now));
    }
    let rows = chosen.clone();
    on.store
        .write(move |tx| {
            record(tx, None, &entry)?;
            // A cycle may have done or forgotten some of it meanwhile; that is not staged again.
            let there = store::staged::all(tx, id)?;
            let is_there = |row: &&Staged| there.iter().any(|known| key(known) == key(row));
            let rows: Vec<Staged> = rows.iter().filter(is_there).cloned().collect();
            store::staged::put(tx, id, &rows)?;
            standing::decided(tx, id, now)
        })
        .await?;
    let staged = chosen.into_iter().map(Row::from).collect();
    Ok(Decided { job: which.job.clone(), state: state.as_str(), staged, cycle: None })
}

fn choose(all: Vec<Staged>, which: &Which, state: StagedState) -> Result<Vec<Staged>> {
    if which.all {
        let is_open =
            |staged: &Staged| (staged.state == StagedState::Pending) != (state == StagedState::Pending);
        return Ok(all.into_iter().filter(is_open).collect());
    }
    let hint = || format!("see `rollcall staged list {}`", which.job);
    for wanted in &which.object {
        if !all.iter().any(|staged| is(staged, wanted)) {
            return Err(refusal(format!("nothing is staged of {wanted:?}"), hint()));
        }
    }
    Ok(all.into_iter().filter(|staged| which.object.iter().any(|wanted| is(staged, wanted))).collect())
}

/// How a staged removal is called: the object's name, `GROUP/MEMBER` for a membership.
fn name(staged: &Staged) -> String {
    match &staged.member {
        Some(member) => format!("{}/{}", staged.display, member.display),
        None => staged.display.clone(),
    }
}

/// Whether somebody means this one: by its name in any letter case, or its object ids.
fn is(staged: &Staged, wanted: &str) -> bool {
    let id = match &staged.member {
        Some(member) => format!("{}/{}", staged.source_id, member.source_id),
        None => staged.source_id.clone(),
    };
    scim::fold::fold_eq(&name(staged), wanted) || id == wanted
}

fn key(staged: &Staged) -> (&str, &str, Option<(&str, &str)>) {
    let member = staged.member.as_ref().map(|m| (m.object_type.as_str(), m.source_id.as_str()));
    (&staged.object_type, &staged.source_id, member)
}
