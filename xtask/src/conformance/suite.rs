//! The suites: how each is run, and how what it prints is read.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::python::Python;
use crate::rollcall::Access;
use crate::{command, workspace};

/// A public suite.
pub struct Suite {
    /// Its name on PyPI.
    pub name: &'static str,
    run: fn(&Python, &Access) -> Result<Vec<CheckResult>>,
}

/// All of them.
pub const SUITES: [Suite; 2] =
    [Suite { name: "scim2-tester", run: scim2_tester }, Suite { name: "scim-sanity", run: scim_sanity }];

/// What a suite says about one of its checks.
pub struct CheckResult {
    /// The check.
    pub name: String,
    /// How it went.
    pub status: Status,
    /// Why it failed.
    pub reason: String,
}

/// How a check went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As it should, or with a remark that the suite does not count as a failure.
    Passed,
    /// Not as the suite wants it.
    Failed,
    /// Not run.
    Skipped,
}

impl Suite {
    /// Runs the suite against a tenant.
    ///
    /// # Errors
    /// When it does not run to its end, or prints something else than its results.
    pub fn run(&self, python: &Python, access: &Access) -> Result<Vec<CheckResult>> {
        (self.run)(python, access).with_context(|| format!("running {}", self.name))
    }
}

/// Through a driver of our own, because the suite is a library: it prints a JSON line for each check.
fn scim2_tester(python: &Python, access: &Access) -> Result<Vec<CheckResult>> {
    let mut command = python.program("python");
    command.arg(workspace::root()?.join("xtask/conformance/run_scim2_tester.py"));
    let printed = command::read(command.env("SCIM_URL", &access.url).env("SCIM_TOKEN", &access.token))?;
    printed.lines().map(|line| result(&serde_json::from_str(line)?, "name", "reason")).collect()
}

/// Its command answers one JSON report, and exits with 1 when a check failed.
fn scim_sanity(python: &Python, access: &Access) -> Result<Vec<CheckResult>> {
    let mut command = python.program("scim-sanity");
    command.args(["probe", &access.url, "--token", &access.token]);
    command.args(["--json-output", "--i-accept-side-effects", "--strict", "--timeout", "30"]);
    let output = command.output().context("starting scim-sanity")?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("it printed no report, but: {}", String::from_utf8_lossy(&output.stderr)))?;
    let results = report.get("results").and_then(Value::as_array).context("the report has no results")?;
    results.iter().map(|line| result(line, "name", "message")).collect()
}

fn result(line: &Value, name: &str, reason: &str) -> Result<CheckResult> {
    let text = |member: &str| line.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let status = match text("status").as_str() {
        "passed" | "pass" | "deviation" | "warning" => Status::Passed,
        "skipped" | "skip" => Status::Skipped,
        _ => Status::Failed,
    };
    anyhow::ensure!(!text(name).is_empty(), "a result without a name: {line}");
    Ok(CheckResult { name: text(name), status, reason: text(reason) })
}
