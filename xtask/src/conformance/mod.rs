//! `cargo xtask conformance`: public suites from PyPI against the built binary, on SQLite and PostgreSQL, each on a
//! tenant of its own.
//!
//! A check that fails must be named in docs/conformance.md, with the sentence of the RFC that makes it the suite's
//! error; one that is named there and passes must be struck off. So the page is true whenever this chore succeeds.

mod suite;

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, bail};

use crate::postgres::Server;
use crate::python::Python;
use crate::rollcall::Rollcall;
use crate::workspace;
use suite::{SUITES, Status};

/// Where failures that are a suite's own are named.
const PAGE: &str = "docs/conformance.md";

/// Runs every suite on both stores.
///
/// # Errors
/// When a suite does not run, or the page does not say what the suites do.
pub fn run() -> Result<()> {
    workspace::build_release()?;
    let python = Python::install("conformance")?;
    let postgres = Server::start()?;
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite:{}", folder.path().join("rollcall.db").display());
    let mut failed = BTreeSet::new();
    for (store, database) in [("SQLite", file.as_str()), ("PostgreSQL", postgres.url())] {
        failed.extend(on(store, database, &python)?);
    }
    compare(&failed, &named()?)
}

/// Runs the suites on one store, prints what they say, and answers the checks that failed.
fn on(store: &str, database: &str, python: &Python) -> Result<BTreeSet<String>> {
    let folder = tempfile::tempdir()?;
    let rollcall = Rollcall::start(folder.path(), database)?;
    let mut failed = BTreeSet::new();
    for (number, suite) in SUITES.iter().enumerate() {
        let access = rollcall.tenant(&format!("suite-{}", number + 1), "plain")?;
        let results = suite.run(python, &access)?;
        let count = |status| results.iter().filter(|result| result.status == status).count();
        println!(
            "{store}: {}: {} passed, {} failed, {} skipped",
            suite.name,
            count(Status::Passed),
            count(Status::Failed),
            count(Status::Skipped)
        );
        for result in results.iter().filter(|result| result.status == Status::Failed) {
            println!("  failed: {}: {}", result.name, result.reason);
            failed.insert(format!("{}: {}", suite.name, result.name));
        }
        if count(Status::Passed) == 0 {
            bail!("{} passed nothing: it did not do its work", suite.name);
        }
    }
    Ok(failed)
}

/// The checks that the page names: its second-level headings.
fn named() -> Result<BTreeSet<String>> {
    let page = fs::read_to_string(workspace::root()?.join(PAGE))?;
    let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
    Ok(headings.map(|heading| heading.trim().replace('`', "")).collect())
}

fn compare(failed: &BTreeSet<String>, named: &BTreeSet<String>) -> Result<()> {
    let unnamed: Vec<_> = failed.difference(named).collect();
    let passing: Vec<_> = named.difference(failed).collect();
    if unnamed.is_empty() && passing.is_empty() {
        return Ok(());
    }
    bail!(
        "{PAGE} is not true: failing and not named there: {unnamed:?}; named there and passing: {passing:?}"
    )
}
