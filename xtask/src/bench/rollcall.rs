//! The product under measurement: a running `rollcall serve`, and the verbs beside it.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::measure::{self, Measured};
use crate::postgres::free_port;
use crate::{command, workspace};

const TENANT: &str = "bench";
const JOB: &str = "bench";
/// How long `serve` may take to listen.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running service provider with one tenant.
pub struct Rollcall {
    folder: PathBuf,
    database: String,
    token: String,
    port: u16,
    server: Child,
}

impl Rollcall {
    /// Starts `serve` on a free port and makes the tenant and its token. Everything is kept in `folder`.
    ///
    /// # Errors
    /// When a verb fails or `serve` does not listen in time.
    pub fn start(folder: &Path, database: &str) -> Result<Self> {
        let port = free_port()?;
        let log = File::create(folder.join("serve.log"))?;
        let server = rollcall(folder, database)?
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting rollcall serve")?;
        let mut started = Self {
            folder: folder.to_owned(),
            database: database.to_owned(),
            token: String::new(),
            port,
            server,
        };
        started.wait_until_listening()?;
        started.verb(&["tenant", "create", TENANT, "--application", "workplace"])?;
        let token = started.verb(&["token", "create", "--tenant", TENANT])?;
        token.get("secret").and_then(Value::as_str).context("no secret")?.clone_into(&mut started.token);
        Ok(started)
    }

    /// Applies the job that provisions the folder's `directory` into the tenant.
    ///
    /// # Errors
    /// When the verb fails.
    pub fn apply_job(&self) -> Result<()> {
        let file = self.folder.join("job.toml");
        fs::write(&file, self.job())?;
        self.verb(&["job", "apply", &file.to_string_lossy()])?;
        Ok(())
    }

    /// Runs one cycle in a process of its own, and measures it.
    ///
    /// # Errors
    /// When the cycle fails.
    pub fn cycle(&self) -> Result<Measured> {
        measure::run(self.command()?.args(["cycle", JOB, "--json"]))
    }

    /// The most memory that the service provider held at a time.
    pub fn peak_bytes(&self) -> Option<u64> {
        measure::peak_bytes(self.server.id())
    }

    fn job(&self) -> String {
        format!(
            r#"name = "{JOB}"
[source]
kind = "file"
path = "directory"
[target]
kind = "scim"
url = "http://127.0.0.1:{}/t/{TENANT}/scim/v2"
token = {{ env = "BENCH_TOKEN" }}
dialect = "entra"
[scope]
assigned_only = true
[users]
preset = "workplace"
"#,
            self.port
        )
    }

    fn verb(&self, arguments: &[&str]) -> Result<Value> {
        let printed = command::read(self.command()?.args(arguments).arg("--json"))?;
        if printed.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&printed).with_context(|| format!("{arguments:?} answered no JSON"))
    }

    fn command(&self) -> Result<Command> {
        let mut command = rollcall(&self.folder, &self.database)?;
        command.env("BENCH_TOKEN", &self.token);
        Ok(command)
    }

    fn wait_until_listening(&mut self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < START_LIMIT {
            if let Some(status) = self.server.try_wait()? {
                bail!("rollcall serve ended with {status}:\n{}", self.log());
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("rollcall serve does not listen after {START_LIMIT:?}:\n{}", self.log())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("serve.log")).unwrap_or_default()
    }
}

impl Drop for Rollcall {
    fn drop(&mut self) {
        if command::signal("TERM", self.server.id()).is_err() {
            // It may have ended by itself; then there is nothing to kill.
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

fn rollcall(folder: &Path, database: &str) -> Result<Command> {
    let mut command = Command::new(workspace::binary()?);
    command.current_dir(folder).env("ROLLCALL_DATABASE", database);
    Ok(command)
}
