//! `rollcall job apply|list|show|start|stop|restart|delete`; what goes to Entra and comes from there is in
//! `entra_schema`

mod restart;
mod show;
mod status;

use std::io::{self, Write};

use anyhow::Result;
use jiff::Timestamp;
use model::JobId;
use model::cycle::{Counts, Cycle, CycleKind, CycleState};
use model::job::{JobFile, TargetSettings};
use provisioning::standing;
use serde::Serialize;
use serde_json::json;
use store::job::{JobState, StoredJob};

use crate::cli;
use crate::clock::shown;
use crate::definition::Definition;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};
use crate::verbs::entra_schema;

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Job, output: Output) -> Result<()> {
    match verb {
        cli::Job::Apply { file } => output
            .answer(&apply(on, Definition::read(&file, on.folder.as_deref(), &on.keys.sealer())?).await?),
        cli::Job::List => output.answer(&list(on).await?),
        cli::Job::Show(name) => output.answer(&show::show(on, &name.job).await?),
        cli::Job::ImportEntra(arguments) => entra_schema::import(&arguments, &output),
        cli::Job::ExportEntra(name) => entra_schema::export(on, &name.job, &output).await,
        cli::Job::Start(name) => output.answer(&restart::start(on, &name.job).await?),
        cli::Job::Stop(name) => output.answer(&restart::stop(on, &name.job).await?),
        cli::Job::Restart { job, reset } => output.answer(&restart::run(on, &job, &reset).await?),
        cli::Job::Delete { job, yes } => output.answer(&delete(on, &job, yes).await?),
    }
}

/// A job that was added or changed.
#[derive(Serialize)]
pub struct Applied {
    job: String,
    state: &'static str,
    new: bool,
    initial: bool,
}

impl Answer for Applied {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { job, state, new, initial } = self;
        writeln!(out, "Job {job} is {}; it is {state}.", if *new { "added" } else { "changed" })?;
        let kind =
            if *initial { "an initial one: every user is looked at" } else { "incremental, as before" };
        writeln!(out, "The next cycle is {kind}.")?;
        if *new {
            writeln!(out, "Next: rollcall test-connection {job}, rollcall plan {job}, rollcall cycle {job}")?;
        }
        Ok(())
    }
}

/// Adds the job, or gives it another definition.
///
/// # Errors
/// The store's.
pub async fn apply(on: &Installation, definition: Definition) -> Result<Applied> {
    let (id, now) = (JobId(on.ids.next()), on.now());
    let entry = on.audit("job.apply", &definition.name, json!({ "digest": definition.digest }));
    let applied = on.store.write(move |tx| {
        let Definition { name, text, digest, target } = &definition;
        record(tx, None, &entry)?;
        let Some(known) = store::job::by_name(tx, name)? else {
            store::job::create(tx, &new_job(id, &definition, now))?;
            let state = JobState::Off.as_str();
            return Ok::<_, store::Error>(Applied { job: name.clone(), state, new: true, initial: true });
        };
        store::job::redefine(tx, known.id, text, digest, now)?;
        // As in Entra: whoever changes the job may have corrected what was wrong with it.
        if !known.state.is_given_up() {
            standing::lift(tx, known.id)?;
        }
        if !same_target(&known, target) {
            // An id means somebody else there: whoever is linked is looked for anew.
            store::link::clear(tx, known.id)?;
            store::reference::clear(tx, known.id)?;
            store::creation::clear(tx, known.id)?;
            store::escrow::clear(tx, known.id)?;
            store::staged::clear(tx, known.id)?;
            store::drift::clear(tx, known.id)?;
            store::job::set_watermark(tx, known.id, None)?;
        }
        let initial = known.watermark.is_none() || known.digest != *digest;
        Ok(Applied { job: name.clone(), state: known.state.as_str(), new: false, initial })
    });
    Ok(applied.await?)
}

/// Whether a job as it is stored has this Tenant URL. One that can't be read any more counts as another.
fn same_target(known: &StoredJob, url: &str) -> bool {
    JobFile::parse(&known.definition).is_ok_and(|file| {
        let TargetSettings::Scim { url: before, .. } = &file.target;
        before == url
    })
}

/// A job that is applied for the first time is off, as in Entra.
fn new_job(id: JobId, definition: &Definition, now: Timestamp) -> StoredJob {
    StoredJob {
        id,
        name: definition.name.clone(),
        definition: definition.text.clone(),
        digest: definition.digest.clone(),
        state: JobState::Off,
        watermark: None,
        created: now,
        modified: now,
    }
}

#[derive(Serialize)]
struct Jobs {
    jobs: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    job: String,
    state: &'static str,
    /// Why it is in quarantine, if it is.
    quarantine: Option<&'static str>,
    last_cycle: Option<CycleRow>,
}

#[derive(Serialize)]
struct CycleRow {
    cycle: String,
    kind: CycleKind,
    state: CycleState,
    began: Timestamp,
    ended: Option<Timestamp>,
    #[serde(flatten)]
    counts: Counts,
    error: Option<String>,
}

impl From<Cycle> for CycleRow {
    fn from(cycle: Cycle) -> Self {
        let Cycle { id, kind, state, began, ended, counts, error, job: _ } = cycle;
        Self { cycle: id.to_string(), kind, state, began, ended, counts, error }
    }
}

impl CycleRow {
    fn cells(&self) -> [String; 5] {
        let Counts { created, updated, disabled, deleted, escrowed, .. } = self.counts;
        let did = format!("+{created} ~{updated} -{} !{escrowed}", disabled + deleted);
        let error = self.error.clone().unwrap_or_default();
        [shown(self.began), self.kind.as_str().to_owned(), self.state.as_str().to_owned(), did, error]
    }
}

/// `+` created, `~` updated, `-` disabled or deleted, `!` in escrow.
const CYCLE_COLUMNS: [&str; 5] = ["BEGAN", "CYCLE", "STATE", "+NEW ~CHANGED -LEFT !ESCROW", "MESSAGE"];

impl Answer for Jobs {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.jobs.iter().map(|job| {
            let last = job.last_cycle.as_ref();
            let told = last
                .map_or_else(|| "never".to_owned(), |c| format!("{} {}", c.state.as_str(), shown(c.began)));
            let state = job.quarantine.map_or(job.state, |_| "quarantine");
            [job.job.clone(), state.to_owned(), told]
        });
        let table = table(["JOB", "STATE", "LAST CYCLE"], rows);
        write_table(out, &table, "There is no job yet: rollcall job apply FILE")
    }
}

async fn list(on: &Installation) -> Result<Jobs> {
    let jobs = on.store.read(|tx| {
        let rows = store::job::list(tx)?.into_iter().map(|job| {
            let last = store::cycle::latest(tx, job.id, 1)?.into_iter().next();
            let quarantine = store::quarantine::get(tx, job.id)?.map(|known| known.cause.reason.as_str());
            let last_cycle = last.map(CycleRow::from);
            Ok(Row { job: job.name, state: job.state.as_str(), quarantine, last_cycle })
        });
        rows.collect::<Result<Vec<_>, store::Error>>()
    });
    Ok(Jobs { jobs: jobs.await? })
}

#[derive(Serialize)]
struct Deleted {
    job: String,
    deleted: bool,
}

impl Answer for Deleted {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Job {} is deleted. The users in its target were left as they are.", self.job)
    }
}

async fn delete(on: &Installation, name: &str, yes: bool) -> Result<Deleted> {
    let id = on.job(name).await?.id;
    if !yes {
        let linked = on.store.read(move |tx| show::links(tx, id)).await?;
        let all = linked.managed + linked.disabled + linked.released;
        let users = number(all.unsigned_abs(), "user", "users");
        return Err(refusal(
            format!("deleting job {name} forgets which {users} of the target it manages, and its log"),
            "repeat it with --yes if that is meant",
        ));
    }
    let entry = on.audit("job.delete", name, json!({}));
    let deleted = on.store.write(move |tx| {
        record(tx, None, &entry)?;
        store::job::delete(tx, id)
    });
    Ok(Deleted { job: name.to_owned(), deleted: deleted.await? })
}
