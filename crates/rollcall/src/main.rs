//! Rollcall on the command line: the binary that wires the crates together.
//!
//! [`cli`] is what can be written, `verbs` what it does, one file a group. Everything that touches files, the
//! environment, sockets, the wall clock or entropy is in this crate and in no other.
//!
//! Not here: anything about SCIM, mappings, cycles or SQL. A verb opens the [`installation`], calls the crate whose
//! matter it is, and gives the answer.
//!
//! Invariants
//! - Each answer has two forms, text for people and one JSON document for scripts, and goes to standard output;
//!   errors, progress and logs go to standard error.
//! - An error says what to do next where that is known. The exit code is 0, 1 for an error, 2 for a wrong command line;
//!   `drift` ends with 2 when it finds one.
//! - No secret is printed but a new token, once.

mod admin;
mod audit_key;
mod cli;
mod clock;
mod connect;
mod connections;
mod definition;
mod entropy;
mod failure;
mod health;
mod hooks;
mod host;
mod http;
mod installation;
mod job_metrics;
mod key_set;
mod keys;
mod log_export;
mod mail;
mod metrics;
mod otlp;
mod output;
mod progress;
mod sample;
mod schema_file;
mod seal;
mod sealer;
mod server;
mod signals;
mod stream_metrics;
mod telemetry;
mod verbs;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::runtime::Runtime;

use crate::cli::Cli;

/// Answering a request means thousands of small allocations on one thread that another frees; the system's allocator
/// spends a tenth of a request's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.options.json;
    match run(cli) {
        Ok(code) => code,
        Err(error) if failure::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            failure::report(&error, json);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let runtime = Runtime::new().context("the process can't start its threads")?;
    runtime.block_on(async {
        signals::survive_file_size_limit()?;
        verbs::run(cli).await
    })
}
