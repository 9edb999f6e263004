//! Structured logs on standard error. `ROLLCALL_LOG` says how much: a level (`info`), or levels by module
//! (`info,provisioning=debug`).

use std::{env, io};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::otlp::Traces;

/// The environment variable with the filter.
const VARIABLE: &str = "ROLLCALL_LOG";
/// What is quiet unless the variable says otherwise: it tells of migrations at each start, also of none.
const QUIET: &str = "refinery_core=warn";

/// Starts logging, as JSON lines if a script reads along, and tracing if somebody wants that. `level` applies where the
/// environment says nothing.
pub fn start(level: LevelFilter, json: bool, traces: Option<&Traces>) {
    let filter = env::var(VARIABLE).unwrap_or_else(|_| format!("{level},{QUIET}"));
    let filter = EnvFilter::builder().with_default_directive(level.into()).parse_lossy(filter);
    let logs = fmt::layer().with_writer(io::stderr);
    let logs = if json { logs.json().flatten_event(true).boxed() } else { logs.with_ansi(false).boxed() };
    // A second subscriber is refused; the first one stays, which is as good.
    drop(match traces {
        Some(traces) => registry().with(logs.with_filter(filter)).with(traces.layer()).try_init(),
        // A filter of everything costs less than one of a layer.
        None => registry().with(logs).with(filter).try_init(),
    });
}
