//! Time, processor and memory of a program that runs to its end.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// Between two looks at a program.
const SAMPLE: Duration = Duration::from_millis(5);

/// What a program answered, and what that took.
pub struct Measured {
    /// Its answer.
    pub answer: Value,
    /// From its start to its end.
    pub elapsed: Duration,
    /// The most memory that it held at a time; unknown where there is no `/proc`.
    pub peak_bytes: Option<u64>,
    /// The time that processors worked for it; unknown where there is no `/proc`.
    pub processor: Option<Duration>,
}

/// What was last seen of a running program.
#[derive(Clone, Copy, Default)]
struct Seen {
    peak_bytes: Option<u64>,
    processor: Option<Duration>,
}

/// Runs a program that answers with JSON.
///
/// # Errors
/// When it can't be started, does not succeed, or answers with something else.
pub fn run(command: &mut Command) -> Result<Measured> {
    let began = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let process = child.id();
    let ended = AtomicBool::new(false);
    let (output, elapsed, seen) = thread::scope(|scope| {
        let sampler = scope.spawn(|| sample(process, &ended));
        let output = child.wait_with_output();
        let elapsed = began.elapsed();
        ended.store(true, Ordering::Relaxed);
        (output, elapsed, sampler.join().unwrap_or_default())
    });
    let output = output?;
    command::succeeded(command, &output)?;
    let answer = serde_json::from_slice(&output.stdout).context("the answer is not JSON")?;
    Ok(Measured { answer, elapsed, peak_bytes: seen.peak_bytes, processor: seen.processor })
}

fn sample(process: u32, ended: &AtomicBool) -> Seen {
    let mut seen = Seen::default();
    while !ended.load(Ordering::Relaxed) {
        seen.peak_bytes = peak_bytes(process).max(seen.peak_bytes);
        seen.processor = processor(process).max(seen.processor);
        thread::sleep(SAMPLE);
    }
    seen
}

/// The time that processors have worked for a running process: `utime` and `stime` of proc(5), which Linux counts in
/// hundredths of a second.
pub fn processor(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name is in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks =
        fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// The most memory that a running process held at a time: `VmHWM` of proc(5).
pub fn peak_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_was_held_counts_when_it_is_given_back() {
        let held_bytes = 50_000_000;
        drop(std::hint::black_box(vec![1_u8; held_bytes]));
        assert!(peak_bytes(std::process::id()).unwrap() > held_bytes as u64);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn work_counts() {
        let before = processor(std::process::id()).unwrap();
        while processor(std::process::id()).unwrap() == before {
            std::hint::black_box(vec![1_u8; 1_000_000]);
        }
    }

    #[test]
    fn a_program_is_measured_to_its_end() {
        let measured = run(Command::new("echo").arg(r#"{"created":3}"#)).unwrap();
        assert_eq!(measured.answer["created"], 3);
        assert!(!measured.elapsed.is_zero());
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let error = run(Command::new("sh").args(["-c", "echo no such job >&2; exit 1"])).err().unwrap();
        assert!(error.to_string().contains("no such job"), "{error}");
    }
}
