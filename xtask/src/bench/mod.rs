//! `cargo xtask bench`: figures, not a test. A directory of 10,000 users is provisioned over real HTTP into our own
//! service provider, in an initial cycle and in a second one that finds nothing changed. `cargo xtask bench engine` adds
//! figures of the engine alone.

mod directory;
mod job;
mod measure;

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::postgres::Server;
use crate::rollcall::Rollcall;
use crate::{command, workspace};
use job::Job;
use measure::Measured;

/// Users in the directory.
const USERS: u64 = 10_000;

/// What one database showed.
struct Figures {
    database: &'static str,
    initial: Measured,
    second: Measured,
    service_provider_bytes: Option<u64>,
    /// What processors worked for the service provider in the initial cycle.
    service_provider_processor: Option<Duration>,
}

/// Measures on SQLite, and on PostgreSQL where it is installed, and prints a table.
///
/// # Errors
/// When something does not run; slow figures are no error.
pub fn run() -> Result<()> {
    workspace::build_release()?;
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite:{}", folder.path().join("rollcall.db").display());
    let mut all = vec![measure("SQLite", &file)?];
    match Server::start_if_installed()? {
        Some(server) => all.push(measure("PostgreSQL", server.url())?),
        None => println!("no PostgreSQL here: only SQLite is measured"),
    }
    print(&all);
    Ok(())
}

/// Measures the engine alone, with a large directory of so many users, and then as [`run`].
///
/// # Errors
/// When something does not run.
pub fn engine(users: Option<&str>) -> Result<()> {
    let mut arguments = vec!["bench", "--package", "provisioning", "--bench", "engine", "--"];
    arguments.extend(users);
    command::run(&mut workspace::cargo(&arguments)?)?;
    run()
}

fn measure(name: &'static str, database: &str) -> Result<Figures> {
    println!("{name}: {USERS} users");
    let folder = tempfile::tempdir()?;
    directory::write(&folder.path().join("directory"), USERS)?;
    let rollcall = Rollcall::start(folder.path(), database)?;
    let job = Job::apply(&rollcall, folder.path())?;
    let before = measure::processor(rollcall.process());
    let initial = job.cycle()?;
    let after = measure::processor(rollcall.process());
    let second = job.cycle()?;
    Ok(Figures {
        database: name,
        initial,
        second,
        service_provider_bytes: measure::peak_bytes(rollcall.process()),
        service_provider_processor: after.zip(before).map(|(after, before)| after.saturating_sub(before)),
    })
}

fn print(all: &[Figures]) {
    println!("\n{:<44}{}", "", columns(all, |f| Ok(f.database.to_owned())));
    let rows: [(&str, Figure); 10] = [
        ("initial cycle, users created", |f| Ok(count(&f.initial, "created")?.to_string())),
        ("initial cycle, s", |f| Ok(seconds(f.initial.elapsed))),
        ("initial cycle, users/s", |f| rate(&f.initial)),
        ("initial cycle, engine's processors, s", |f| Ok(processor(f.initial.processor))),
        ("initial cycle, service provider's, s", |f| Ok(processor(f.service_provider_processor))),
        ("initial cycle, engine's peak memory, MB", |f| Ok(megabytes(f.initial.peak_bytes))),
        ("second cycle, writes sent", |f| Ok(writes(&f.second)?.to_string())),
        ("second cycle, s", |f| Ok(seconds(f.second.elapsed))),
        ("second cycle, engine's peak memory, MB", |f| Ok(megabytes(f.second.peak_bytes))),
        ("service provider's peak memory, MB", |f| Ok(megabytes(f.service_provider_bytes))),
    ];
    for (title, figure) in rows {
        println!("{title:<44}{}", columns(all, figure));
    }
    println!(
        "\nTimes are those of the whole process, start included; every write is durable before it is answered."
    );
}

type Figure = fn(&Figures) -> Result<String>;

fn columns(all: &[Figures], figure: Figure) -> String {
    all.iter().map(|f| format!("{:>14}", figure(f).unwrap_or_else(|e| format!("{e}")))).collect()
}

fn count(cycle: &Measured, decision: &str) -> Result<u64> {
    cycle.answer.get(decision).and_then(Value::as_u64).with_context(|| format!("no {decision:?}"))
}

fn writes(cycle: &Measured) -> Result<u64> {
    ["created", "updated", "disabled", "deleted"].iter().map(|decision| count(cycle, decision)).sum()
}

fn rate(cycle: &Measured) -> Result<String> {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let created = count(cycle, "created")? as f64;
    Ok(format!("{:.0}", created / cycle.elapsed.as_secs_f64()))
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

fn processor(time: Option<Duration>) -> String {
    time.map_or_else(|| "?".to_owned(), seconds)
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{}", bytes.div_ceil(1_000_000)))
}
