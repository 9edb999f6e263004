//! `cargo xtask fuzz`: libFuzzer on everything that parses a client's input.
//!
//! The programs are in `fuzz/`, their corpus is in `fuzz/corpus`. An input that breaks one is left in `fuzz/artifacts`;
//! fix the code, and move the input to the corpus. Inputs that reach new code are kept under `target` between runs.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::{command, workspace};

/// What `fuzz/targets` has.
const TARGETS: [&str; 5] = ["filter", "path", "patch", "resource", "token"];

/// How long each target runs where somebody asks for it.
pub const MINUTE: u32 = 60;

/// How long it does in CI, in seconds: enough for the corpus and what is near it.
pub const SHORT: u32 = 20;

/// Longer inputs than this reach no code that these do not.
const MAX_LENGTH_BYTES: u32 = 4096;

/// A target that holds more memory than this has found something.
const MAX_MEMORY_MB: u32 = 1024;

/// libFuzzer's instrumentation. These flags are of the stable compiler, so that no other is needed.
const INSTRUMENTATION: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds the targets and runs each for so many seconds, as many at once as there are cores.
///
/// # Errors
/// When one finds something: its output is printed, the input is in `fuzz/artifacts`.
pub fn run(seconds: u32) -> Result<()> {
    let fuzz = Fuzz::new()?;
    fuzz.build()?;
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for targets in TARGETS.chunks(cores) {
        let running = targets.iter().map(|target| fuzz.start(target, seconds)).collect::<Result<Vec<_>>>()?;
        // All are waited for before the first finding is reported, so that none is left running.
        let findings: Vec<Result<()>> = running.into_iter().map(finish).collect();
        findings.into_iter().collect::<Result<()>>()?;
    }
    Ok(())
}

struct Fuzz {
    folder: PathBuf,
    target: PathBuf,
    triple: String,
}

impl Fuzz {
    fn new() -> Result<Self> {
        let root = workspace::root()?;
        let version = command::read(Command::new("rustc").arg("-vV"))?;
        let triple = version.lines().find_map(|line| line.strip_prefix("host: "));
        let triple = triple.context("rustc does not say what machine this is")?.to_owned();
        Ok(Self { folder: root.join("fuzz"), target: workspace::target()?.join("fuzz"), triple })
    }

    /// With the triple given, programs that run while building are not instrumented.
    fn build(&self) -> Result<()> {
        let mut cargo = workspace::cargo(&["build", "--release", "--target", &self.triple])?;
        cargo.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        command::run(cargo.env("RUSTFLAGS", INSTRUMENTATION))
    }

    fn start(&self, target: &'static str, seconds: u32) -> Result<(&'static str, Child)> {
        let found = self.target.join("corpus").join(target);
        let artifacts = self.folder.join("artifacts");
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&artifacts)?;
        let child = Command::new(self.target.join(&self.triple).join("release").join(target))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={MAX_LENGTH_BYTES}"))
            .arg(format!("-rss_limit_mb={MAX_MEMORY_MB}"))
            .arg(format!("-artifact_prefix={}/{target}-", artifacts.display()))
            .arg("-print_final_stats=1")
            .args([found, self.folder.join("corpus").join(target)])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting the fuzz target {target}"))?;
        Ok((target, child))
    }
}

fn finish((target, child): (&'static str, Child)) -> Result<()> {
    let output = child.wait_with_output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the fuzz target {target} found something:\n{log}");
    let executed = log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    println!("{target}: {} inputs, nothing found", executed.unwrap_or("?").trim());
    Ok(())
}
