//! A disk that is full. The limit on the size of files stands in for it: writes beyond it fail in the same way, and it
//! needs no privilege.

use std::process::Command;

use crate::company::{person, write};
use crate::rollcall::Rollcall;

/// Bytes of the units in which `ulimit -f` counts (POSIX, ulimit).
const UNIT: u64 = 512;

#[test]
fn a_cycle_that_runs_out_of_space_says_so_and_loses_nothing() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let people: Vec<_> = (0..600).map(|n| person(n, &format!("p{n}"))).collect();
    write(&rollcall.path("directory"), &people);
    rollcall.apply(&rollcall.job(&tenant)).json();

    let log = format!("{}-wal", rollcall.database().strip_prefix("sqlite:").unwrap());
    let used = std::fs::metadata(log).unwrap().len() / UNIT;
    let limited = format!("ulimit -f {}; exec \"$0\" cycle contoso --json", used + 64);
    let mut shell = Command::new("sh");
    rollcall.furnish(shell.args(["-c", &limited, env!("CARGO_BIN_EXE_rollcall")]));
    let output = shell.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "it ends by itself, with an error: {output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("database") && error.contains("hint"), "{error}");

    rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!(tenant.count(), 600, "nobody is missing, and nobody is there twice");
    let after = rollcall.run(&["cycle", "contoso", "--initial"]).json();
    assert_eq!((after["skipped"].as_i64(), after["escrowed"].as_i64()), (Some(600), Some(0)), "{after}");
}
