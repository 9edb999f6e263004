//! Structured logs on standard error. `ROLLCALL_LOG` says how much: a level (`info`), or levels by module
//! (`info,provisioning=debug`).

use std::{env, io};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The environment variable with the filter.
const VARIABLE: &str = "ROLLCALL_LOG";
/// What is quiet unless the variable says otherwise: it tells of migrations at each start, also of none.
const QUIET: &str = "refinery_core=warn";

/// Starts logging, as JSON lines if a script reads along. `level` applies where the environment says nothing.
pub fn start(level: LevelFilter, json: bool) {
    let filter = env::var(VARIABLE).unwrap_or_else(|_| format!("{level},{QUIET}"));
    let filter = EnvFilter::builder().with_default_directive(level.into()).parse_lossy(filter);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second subscriber is refused; the first one stays, which is as good.
    drop(if json { logs.json().flatten_event(true).try_init() } else { logs.with_ansi(false).try_init() });
}
