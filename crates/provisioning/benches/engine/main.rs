//! Figures of the engine alone: `cargo bench -p provisioning --bench engine`, or `cargo xtask bench engine`, which adds
//! those over HTTP. Sources and targets are in this process, the store is a real one on SQLite. Figures, not a test.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a chore speaks to the person who runs it")]

mod allowed;
mod directory;
mod job;
mod large;
mod memory;

/// Users of the large directory, unless a number is given.
const USERS: u64 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Without `--bench`, which `cargo bench` gives, somebody runs all targets as tests.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let users = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        Box::pin(allowed::run()).await;
        Box::pin(large::run(users)).await;
    });
}
