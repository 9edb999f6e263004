//! Running other programs.

use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a server may take to listen.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Runs a program to its end; what it prints is seen at once. It gets no input.
///
/// # Errors
/// When it can't be started or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("starting {command:?}"))?;
    if status.success() { Ok(()) } else { bail!("{command:?} ended with {status}") }
}

/// Runs a program to its end and returns what it prints to its standard output.
///
/// # Errors
/// When it can't be started or does not succeed; what it printed is then in the error.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))?;
    succeeded(command, &output)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program that ran to its end succeeded.
///
/// # Errors
/// When it did not, with what it printed.
pub fn succeeded(command: &Command, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    bail!(
        "{command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Waits until a process listens on a port of the loopback interface.
///
/// # Errors
/// When it ends, or does not listen in time.
pub fn wait_until_listening(process: &mut Child, port: u16) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < START_LIMIT {
        if let Some(status) = process.try_wait()? {
            bail!("it ended with {status}");
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    bail!("it does not listen after {START_LIMIT:?}")
}

/// The number that `id` prints, of this user with `-u` or of another one.
///
/// # Errors
/// When there is no such user, or the machine has no `id`.
pub fn id(arguments: &[&str]) -> Result<u32> {
    let printed = read(Command::new("id").args(arguments))?;
    printed.trim().parse().with_context(|| format!("`id` answered {printed:?}"))
}

/// Sends a signal to one process. `kill` is the shell's own: a small machine has no program of that name.
///
/// # Errors
/// When there is no such process.
pub fn signal(signal: &str, process: u32) -> Result<()> {
    read(Command::new("sh").args(["-c", &format!("kill -{signal} {process}")])).map(drop)
}
