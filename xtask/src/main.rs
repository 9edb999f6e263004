//! The repository's chores: `cargo xtask` lists them.
//!
//! What it is: the commands a person or a CI machine gives to test and to measure Rollcall. What it is not: a part of
//! the product; nothing here is shipped.
//!
//! Invariants: a server or process that a chore starts is ended by that chore, by its id, also when a step fails;
//! nothing outside `target` and the system's temporary folder is written.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks to the person who runs it")]

mod bench;
mod command;
mod conformance;
mod fuzz;
mod node;
mod packages;
mod peers;
mod postgres;
mod python;
mod rollcall;
mod sign_in;
mod steps;
mod test;
mod workspace;

use std::process::ExitCode;

const CHORES: &str = "\
usage: cargo xtask CHORE

  test         what CI runs: format, lints, tests on SQLite and PostgreSQL, the release build, its demo, signing in,
               fuzzing
  bench        figures: the cycles of a directory of 10,000 users over real HTTP, on SQLite and PostgreSQL; with
               `engine`, also the engine alone: pacing, and a directory of 1,000,000 users (or as many as are said)
  conformance  public suites from PyPI against the built binary, on SQLite and PostgreSQL
  peers        the engine drives two service providers from PyPI and npm through four days, in each
               dialect or in the one that is said
  sign-in      somebody signs in with an OpenID Provider and a SAML identity provider from npm
  fuzz         libFuzzer on everything that parses a client's input, a minute for each target
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["test"] => test::run(),
        ["bench"] => bench::run(),
        ["bench", "engine"] => bench::engine(None),
        ["bench", "engine", users] => bench::engine(Some(users)),
        ["conformance"] => conformance::run(),
        ["peers"] => peers::run(None),
        ["peers", dialect] => peers::run(Some(dialect)),
        ["sign-in"] => sign_in::run(),
        ["fuzz"] => fuzz::run(fuzz::MINUTE),
        [] | ["help" | "--help" | "-h"] => {
            print!("{CHORES}");
            Ok(())
        }
        unknown => {
            eprint!("no such chore: {}\n\n{CHORES}", unknown.join(" "));
            return ExitCode::from(2);
        }
    };
    // Not by returning it from here: that would print a stack, which is no help to who broke a test.
    result.map_or_else(failed, |()| ExitCode::SUCCESS)
}

fn failed(error: anyhow::Error) -> ExitCode {
    eprintln!("\nerror: {error:#}");
    ExitCode::FAILURE
}
