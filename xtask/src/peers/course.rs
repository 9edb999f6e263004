//! The four days of the sample company in one dialect at one peer, and what came of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::peer::{Installed, Peer, Running, TOKEN};
use super::users::{self, Difference};
use crate::rollcall;

const DAYS: [&str; 4] = ["day1", "day2", "day3", "day4"];

/// The job of the sample.
const JOB: &str = "contoso-workplace";

/// What a cycle counts that has written something.
const WRITES: [&str; 5] = ["created", "updated", "disabled", "deleted", "references"];

/// More entries than four days make.
const LOG_LIMIT: &str = "5000";

/// What came of the four days.
pub struct Course {
    /// Users who were not as expected at the end of a day, day by day.
    pub differences: Vec<Difference>,
    /// What the provisioning log tells of objects that failed.
    pub failures: Vec<Failure>,
    /// Requests that the peer refused.
    pub refusals: Vec<String>,
    /// Cycles that wrote something right after another one, in words. Only what is in escrow may be sent again.
    pub restless: Vec<String>,
}

/// An object that failed, as the provisioning log tells it.
pub struct Failure {
    /// The object's id in the directory.
    pub source_id: String,
    /// The error's code and text.
    pub told: String,
}

/// Lives through the four days: a cycle a day, and one more that must do nothing.
///
/// # Errors
/// When the peer does not start, or the engine ends with an error.
pub fn run(peer: Peer, dialect: &str, installed: &Installed) -> Result<Course> {
    let folder = tempfile::tempdir()?;
    let running = peer.start(installed, folder.path())?;
    let engine = Engine { folder };
    let (mut differences, mut restless) = (Vec::new(), Vec::new());
    for day in DAYS {
        engine.install(day)?;
        if day == "day1" {
            engine.apply(&running, dialect)?;
        }
        engine.verb(&["cycle", JOB])?;
        let held = users::held(&running, &installed.python)?;
        let of_day = users::differences(&users::expected(day)?, &held).into_iter();
        differences.extend(of_day.map(|one| Difference { told: format!("{day}: {}", one.told), ..one }));
        let again = engine.verb(&["cycle", JOB])?;
        if WRITES.iter().any(|name| again.get(name).and_then(Value::as_u64) != Some(0)) {
            restless.push(format!("{day}: a second cycle was not idle: {again}"));
        }
    }
    Ok(Course { differences, failures: engine.failures()?, refusals: running.refusals()?, restless })
}

/// The engine with a database of its own.
struct Engine {
    folder: TempDir,
}

impl Engine {
    /// Makes the directory that of a day.
    fn install(&self, day: &str) -> Result<()> {
        fs::create_dir_all(self.directory())?;
        for file in ["users.jsonl", "groups.jsonl", "assignments.jsonl"] {
            fs::copy(users::sample(day)?.join(file), self.directory().join(file))?;
        }
        Ok(())
    }

    fn apply(&self, peer: &Running, dialect: &str) -> Result<()> {
        let sample = fs::read_to_string(users::sample("job.toml")?).context("reading the sample's job")?;
        let file = self.folder.path().join("job.toml");
        fs::write(&file, adapted(&sample, &peer.url, dialect)?)?;
        self.verb(&["job", "apply", &file.to_string_lossy()]).map(drop)
    }

    fn failures(&self) -> Result<Vec<Failure>> {
        let log = self.verb(&["log", JOB, "--status", "failure", "--limit", LOG_LIMIT])?;
        let entries = log.get("entries").and_then(Value::as_array).context("the log has no entries")?;
        let failure = |entry: &Value| {
            let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let error = "/provisioningStatusInfo/errorInformation";
            let told =
                format!("{}: {}", text(&format!("{error}/errorCode")), text(&format!("{error}/reason")));
            Failure { source_id: text("/sourceIdentity/id").to_owned(), told }
        };
        Ok(entries.iter().map(failure).collect())
    }

    fn verb(&self, arguments: &[&str]) -> Result<Value> {
        rollcall::verb(&mut self.program()?, arguments)
    }

    fn program(&self) -> Result<Command> {
        let folder = self.folder.path();
        let mut program = rollcall::program(folder, &database(folder))?;
        program.env("CONTOSO_TOKEN", TOKEN);
        Ok(program)
    }

    fn directory(&self) -> PathBuf {
        self.folder.path().join("directory")
    }
}

fn database(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("rollcall.db").display())
}

/// The sample's job with another target, and groups.
fn adapted(sample: &str, url: &str, dialect: &str) -> Result<String> {
    let mut job = sample.to_owned();
    for (ours, theirs) in [
        ("path = \"day1\"", "path = \"directory\"".to_owned()),
        ("url = \"http://127.0.0.1:8080/t/contoso/scim/v2\"", format!("url = \"{url}\"")),
        ("dialect = \"entra\"", format!("dialect = \"{dialect}\"")),
    ] {
        ensure!(job.contains(ours), "samples/contoso/job.toml does not say {ours}");
        job = job.replace(ours, &theirs);
    }
    Ok(format!("{job}\n[groups]\n"))
}
