//! The job under measurement: it provisions the folder's `directory` into a tenant of our own service provider.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::measure::{self, Measured};
use crate::rollcall::{Access, Rollcall};

const NAME: &str = "bench";

/// A job that was applied.
pub struct Job<'r> {
    rollcall: &'r Rollcall,
    token: String,
}

impl<'r> Job<'r> {
    /// Makes the tenant and the job; the job's file is kept in `folder`.
    ///
    /// # Errors
    /// When a verb fails.
    pub fn apply(rollcall: &'r Rollcall, folder: &Path) -> Result<Self> {
        let access = rollcall.tenant(NAME, "workplace")?;
        let file = folder.join("job.toml");
        fs::write(&file, definition(&access))?;
        rollcall.verb(&["job", "apply", &file.to_string_lossy()])?;
        Ok(Self { rollcall, token: access.token })
    }

    /// Runs one cycle in a process of its own, and measures it.
    ///
    /// # Errors
    /// When the cycle fails.
    pub fn cycle(&self) -> Result<Measured> {
        let mut command = self.rollcall.command()?;
        measure::run(command.env("BENCH_TOKEN", &self.token).args(["cycle", NAME, "--json"]))
    }
}

fn definition(access: &Access) -> String {
    format!(
        r#"name = "{NAME}"
[source]
kind = "file"
path = "directory"
[target]
kind = "scim"
url = "{}"
token = {{ env = "BENCH_TOKEN" }}
dialect = "entra"
[scope]
assigned_only = true
[users]
preset = "workplace"
"#,
        access.url
    )
}
