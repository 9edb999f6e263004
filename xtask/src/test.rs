//! `cargo xtask test`: what CI runs, in this order, up to the first failure.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::postgres::Server;
use crate::steps::Steps;
use crate::{command, fuzz, packages, workspace};

/// Words of the demo's summary, in any letter case; each must be in what it prints.
const SUMMARY: [&str; 7] = ["created", "updated", "disabled", "deleted", "skipped", "escrowed", "users/s"];

/// Runs every step.
///
/// # Errors
/// The first step that fails.
pub fn run() -> Result<()> {
    let mut steps = Steps::default();
    steps.step("format", || command::run(&mut workspace::cargo(&["fmt", "--all", "--", "--check"])?))?;
    steps.step("lints", lints)?;
    steps.step("an LDAP server", packages::need_slapd)?;
    steps.step("curl", packages::need_curl)?;
    let postgres = steps.step("a throw-away PostgreSQL", Server::start)?;
    steps.step("tests, on SQLite and PostgreSQL", || tests(&postgres))?;
    steps.step("release build", workspace::build_release)?;
    steps.step("demo", || demo(&[]))?;
    steps.step("demo on a SQLite file", || {
        let folder = tempfile::tempdir()?;
        demo(&["--database", &format!("sqlite:{}", folder.path().join("rollcall.db").display())])
    })?;
    steps.step("demo on PostgreSQL", || demo(&["--database", postgres.url()]))?;
    drop(postgres);
    steps.step("fuzzing", fuzz::run)?;
    steps.summary();
    Ok(())
}

fn lints() -> Result<()> {
    command::run(&mut workspace::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?)
}

fn tests(postgres: &Server) -> Result<()> {
    let mut cargo = workspace::cargo(&["test", "--workspace"])?;
    command::run(cargo.env("ROLLCALL_TEST_POSTGRES", postgres.url()))
}

/// The demo must succeed and print its whole summary.
fn demo(arguments: &[&str]) -> Result<()> {
    let mut rollcall = Command::new(workspace::binary()?);
    rollcall.args(["demo", "--exit"]).args(arguments).current_dir(workspace::root()?);
    let printed = command::read(&mut rollcall)?;
    println!("{printed}");
    let lower = printed.to_lowercase();
    for word in SUMMARY {
        ensure!(lower.contains(word), "the demo's summary does not say {word:?}");
    }
    Ok(())
}
