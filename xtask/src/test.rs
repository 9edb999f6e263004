//! `cargo xtask test`: what CI runs, in this order, up to the first failure.

use std::process::Command;
use std::thread;

use anyhow::{Result, anyhow, ensure};

use crate::postgres::Server;
use crate::steps::Steps;
use crate::{command, fuzz, packages, sign_in, workspace};

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
    steps.step("building the tests", || command::run(&mut tests(&["--no-run"])?))?;
    steps
        .step("tests, on SQLite and PostgreSQL, beside the release build", || tests_and_release(&postgres))?;
    steps.step("demo", || demo(&[]))?;
    steps.step("demo on a SQLite file", || {
        let folder = tempfile::tempdir()?;
        demo(&["--database", &format!("sqlite:{}", folder.path().join("rollcall.db").display())])
    })?;
    steps.step("demo on PostgreSQL", || demo(&["--database", postgres.url()]))?;
    drop(postgres);
    steps.step("signing in with providers from npm", sign_in::run)?;
    steps.step("fuzzing", || fuzz::run(fuzz::SHORT))?;
    steps.summary();
    Ok(())
}

fn lints() -> Result<()> {
    command::run(&mut workspace::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?)
}

fn tests(arguments: &[&str]) -> Result<Command> {
    let mut cargo = workspace::cargo(&["test", "--workspace"])?;
    cargo.args(arguments);
    Ok(cargo)
}

/// The release build is linked by one thread for minutes, and tests wait for disks: together they take as long as the
/// longer of both.
fn tests_and_release(postgres: &Server) -> Result<()> {
    thread::scope(|scope| {
        let release = scope.spawn(workspace::build_release);
        let mut cargo = tests(&[])?;
        let tested = command::run(cargo.env("ROLLCALL_TEST_POSTGRES", postgres.url()));
        let built = release.join().map_err(|_| anyhow!("the release build panicked"))?;
        tested.and(built)
    })
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
