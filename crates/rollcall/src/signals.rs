//! Signals: what asks the process to end, and what must not end it.

use std::future::Future;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

/// Listens for SIGTERM and Ctrl-C from now on; the future is done with the first of them.
///
/// # Errors
/// When the system refuses a handler.
pub fn termination() -> Result<impl Future<Output = ()> + Send> {
    let listen = |kind| signal(kind).context("signals can't be listened for");
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// A write beyond the process's limit on file sizes becomes an error of that write, as on a full disk, and not the
/// death of the process. POSIX, setrlimit, RLIMIT_FSIZE.
///
/// # Errors
/// When the system refuses a handler.
pub fn survive_file_size_limit() -> Result<()> {
    signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop).context("SIGXFSZ can't be caught")
}
