//! The provisioning service of a portal: the engine in the dialect of the service, in an installation of its own, with a
//! simulated directory to read.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The job of the enterprise application, or app integration.
const JOB: &str = "workplace";

pub struct Cloud {
    folder: TempDir,
}

impl Cloud {
    pub fn new() -> Self {
        Self { folder: TempDir::with_prefix("rollcall-cloud-").unwrap() }
    }

    /// Saves the settings: the tables of a job file.
    pub fn save(&self, tables: &str) {
        let file = self.folder.path().join("job.toml");
        fs::write(&file, format!("name = \"{JOB}\"\n{tables}")).unwrap();
        self.answer(&["job", "apply", file.to_str().unwrap()]);
    }

    /// Asks the application whether the credentials are good.
    pub fn test_connection(&self) {
        self.answer(&["test-connection", JOB]);
    }

    /// Runs a cycle.
    pub fn cycle(&self) -> Value {
        let done = self.answer(&["cycle", JOB]);
        assert_eq!(done["escrowed"], 0, "{done}");
        done
    }

    /// Forgets everything, and runs the first cycle again.
    pub fn restart(&self) -> Value {
        self.answer(&["job", "restart", JOB, "--reset", "full"]);
        self.cycle()
    }

    /// Provisions one user on demand.
    pub fn provision(&self, user: &str) -> Value {
        self.answer(&["provision", JOB, user])
    }

    /// The mappings and filters, as Microsoft Graph would export them.
    pub fn schema(&self) -> Value {
        self.answer(&["job", "export-entra", JOB])["schema"].clone()
    }

    fn answer(&self, arguments: &[&str]) -> Value {
        let database = format!("sqlite:{}", self.folder.path().join("cloud.db").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(arguments).arg("--json").env_clear().env("ROLLCALL_DATABASE", database);
        let output = command.current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
