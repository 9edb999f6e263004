//! The product under test or measurement: a running `rollcall serve`, and the verbs beside it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::postgres::free_port;
use crate::{command, workspace};

/// A running service provider.
pub struct Rollcall {
    folder: PathBuf,
    database: String,
    port: u16,
    server: Child,
}

/// What a client of a tenant is given.
pub struct Access {
    /// The Tenant URL.
    pub url: String,
    /// The secret token.
    pub token: String,
}

impl Rollcall {
    /// Starts `serve` on a free port. Everything is kept in `folder`.
    ///
    /// # Errors
    /// When `serve` does not listen in time.
    pub fn start(folder: &Path, database: &str) -> Result<Self> {
        Self::start_with(folder, database, &[])
    }

    /// The same with something in its environment.
    ///
    /// # Errors
    /// As [`Rollcall::start`].
    pub fn start_with(folder: &Path, database: &str, environment: &[(&str, &str)]) -> Result<Self> {
        let port = free_port()?;
        let log = File::create(folder.join("serve.log"))?;
        let server = program(folder, database)?
            .envs(environment.iter().copied())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting rollcall serve")?;
        let mut started = Self { folder: folder.to_owned(), database: database.to_owned(), port, server };
        command::wait_until_listening(&mut started.server, port)
            .with_context(|| format!("rollcall serve said:\n{}", started.log()))?;
        Ok(started)
    }

    /// Makes a tenant of an application, and a token for it.
    ///
    /// # Errors
    /// When a verb fails.
    pub fn tenant(&self, name: &str, application: &str) -> Result<Access> {
        self.verb(&["tenant", "create", name, "--application", application])?;
        let token = self.verb(&["token", "create", "--tenant", name])?;
        let token = token.get("secret").and_then(Value::as_str).context("no secret")?.to_owned();
        Ok(Access { url: format!("http://127.0.0.1:{}/t/{name}/scim/v2", self.port), token })
    }

    /// The id of the service provider's process.
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    /// Runs a verb and reads its answer.
    ///
    /// # Errors
    /// When the verb fails.
    pub fn verb(&self, arguments: &[&str]) -> Result<Value> {
        verb(&mut self.command()?, arguments)
    }

    /// The binary, to be run with this database in this folder.
    ///
    /// # Errors
    /// As [`workspace::root`].
    pub fn command(&self) -> Result<Command> {
        program(&self.folder, &self.database)
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

/// The binary, to be run with a database in a folder.
///
/// # Errors
/// As [`workspace::root`].
pub fn program(folder: &Path, database: &str) -> Result<Command> {
    let mut command = Command::new(workspace::binary()?);
    command.current_dir(folder).env("ROLLCALL_DATABASE", database);
    Ok(command)
}

/// Runs a verb of the binary and reads its answer.
///
/// # Errors
/// When the verb fails.
pub fn verb(program: &mut Command, arguments: &[&str]) -> Result<Value> {
    let printed = command::read(program.args(arguments).arg("--json"))?;
    if printed.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&printed).with_context(|| format!("{arguments:?} answered no JSON"))
}
