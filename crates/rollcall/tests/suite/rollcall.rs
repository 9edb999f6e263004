//! An installation of its own for one test: a folder, a database, and the binary.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testkit::Database;

use crate::http::Tenant;

/// An installation.
pub struct Rollcall {
    folder: TempDir,
    database: Database,
    environment: Vec<(String, String)>,
}

/// What a verb came to.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// The JSON it printed.
    pub fn json(&self) -> Value {
        assert!(self.status.success(), "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The JSON error it printed, of exit code 1.
    pub fn refusal(&self) -> Value {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        let last = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// That it was refused with an error and a hint that hold these words, the error's before the hint's.
    pub fn refused(&self, error: &[&str], hint: &str) {
        let refusal = self.refusal();
        let told = refusal["error"].as_str().unwrap_or_default();
        for word in error {
            assert!(told.contains(word), "{word:?} is not in {told:?}");
        }
        let hinted = refusal["hint"].as_str().unwrap_or_default();
        assert!(hinted.contains(hint), "{hint:?} is not in {hinted:?}");
    }
}

impl Rollcall {
    pub fn sqlite() -> Self {
        Self::on(Database::sqlite())
    }

    pub fn postgres() -> Self {
        Self::on(Database::postgres())
    }

    fn on(database: Database) -> Self {
        let folder = TempDir::with_prefix("rollcall-test-").unwrap();
        Self { folder, database, environment: Vec::new() }
    }

    /// Its folder, where its files belong.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a variable for all verbs to come.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn database(&self) -> &str {
        self.database.text()
    }

    /// The binary with arguments, in a world of its own.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        self.furnish(command.args(arguments));
        command
    }

    /// Gives a command the installation's folder and environment, and nothing else.
    pub fn furnish(&self, command: &mut Command) {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("ROLLCALL_DATABASE", self.database()).env("ROLLCALL_KEY_FILE", self.path("key"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
    }

    /// Runs a verb with `--json`.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).arg("--json"))
    }

    /// Runs a verb for people.
    pub fn tell(&self, arguments: &[&str]) -> Outcome {
        outcome(&mut self.command(arguments))
    }

    /// Starts `serve` on a free port and waits until it says that it listens.
    pub fn serve(&self) -> Serve {
        self.serve_at("127.0.0.1:0")
    }

    pub fn serve_at(&self, address: &str) -> Serve {
        self.start(&["serve", "--json", "--listen", address, "--admin", "127.0.0.1:0"])
    }

    /// As [`Rollcall::serve`], with more arguments.
    pub fn serve_with(&self, more: &[&str]) -> Serve {
        self.start(
            &[&["serve", "--json", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], more].concat(),
        )
    }

    fn start(&self, arguments: &[&str]) -> Serve {
        let mut command = self.command(arguments);
        let log = fs::File::create(self.path("serve.log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            panic!("serve said {line:?}: {}", fs::read_to_string(self.path("serve.log")).unwrap())
        };
        let url = |name: &str| ready[name].as_str().unwrap().to_owned();
        let metrics = ready["metrics"].as_str().and_then(|url| url.split('/').nth(2)).map(str::to_owned);
        Serve { child, url: url("url"), admin_url: url("admin_url"), metrics, log: self.path("serve.log") }
    }

    /// Makes a tenant of the workplace application, and a token in the variable that [`Rollcall::job`] names.
    pub fn tenant(&mut self, name: &str) -> Tenant {
        let made = self.run(&["tenant", "create", name, "--application", "workplace"]).json();
        let token = self.run(&["token", "create", "--tenant", name]).json();
        let secret = token["secret"].as_str().unwrap();
        self.set("CONTOSO_TOKEN", secret);
        Tenant::new(made["url"].as_str().unwrap(), secret)
    }

    /// Writes a job file `job.toml` that provisions the folder `directory` into the tenant.
    pub fn job(&self, tenant: &Tenant) -> PathBuf {
        let source = "[source]\nkind = \"file\"\npath = \"directory\"";
        self.job_from(source, r#"{ target = "displayName", source = "[displayName]" }"#, tenant)
    }

    /// The same with another `[source]` table, and these mappings.
    pub fn job_from(&self, source: &str, mappings: &str, tenant: &Tenant) -> PathBuf {
        let text = format!(
            r#"
name = "contoso"
{source}
[target]
kind = "scim"
url = "{}"
token = {{ env = "CONTOSO_TOKEN" }}
dialect = "entra"
[scope]
assigned_only = true
[users]
preset = "workplace"
mappings = [{mappings}]
"#,
            tenant.url
        );
        let path = self.path("job.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// Applies a job file.
    pub fn apply(&self, file: &Path) -> Outcome {
        self.run(&["job", "apply", file.to_str().unwrap()])
    }
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        status: output.status,
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running `rollcall serve`, ended with the test.
pub struct Serve {
    child: Child,
    /// What it says that clients call it.
    pub url: String,
    pub admin_url: String,
    /// The address of its metrics, if it has one.
    pub metrics: Option<String>,
    log: PathBuf,
}

impl Serve {
    /// The address it listens on.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Asks it to end, and waits for that.
    pub fn terminate(mut self) -> ExitStatus {
        signal("TERM", &self.child);
        self.child.wait().unwrap()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Sends a signal to a process of this test.
pub fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
