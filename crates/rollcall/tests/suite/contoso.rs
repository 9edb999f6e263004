//! The four days of the sample company from every kind of directory: each must end with exactly the users in its expected
//! file, and with the members of the assigned group.

use std::fs;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use testkit::contoso::{self, Comparison, DAYS, JOB};

use crate::directories::{Directory, Entra, Files, Ldap, Org};
use crate::http::Tenant;
use crate::rollcall::Rollcall;

/// Four days, with `cycle` for the cycles.
fn four_days(
    mut rollcall: Rollcall,
    mut directory: impl Directory,
    mut cycle: impl FnMut(&Rollcall, &Tenant),
) {
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let file = rollcall.path("job.toml");
    fs::write(&file, contoso::job(&directory.source_table(), &tenant.url)).unwrap();
    rollcall.apply(&file).json();
    let mut comparison = Comparison::default();
    for day in DAYS {
        directory.load(day);
        cycle(&rollcall, &tenant);
        assert_eq!(comparison.differences(day, &tenant.users(), Some(&tenant.groups())), [""; 0], "{day}");
        let again = rollcall.run(&["cycle", JOB]).json();
        let wrote = ["created", "updated", "disabled", "deleted", "references", "escrowed", "held"];
        assert_eq!(
            wrote.map(|name| again[name].clone()),
            [0; 7].map(Value::from),
            "{day}, the same again: {again}"
        );
    }
    assert_eq!(serve.terminate().code(), Some(0));
}

fn plainly(rollcall: &Rollcall, _: &Tenant) {
    let done = rollcall.run(&["cycle", JOB]).json();
    assert_eq!((&done["escrowed"], &done["held"]), (&json!(0), &json!(0)), "{done}");
}

/// Four days; on each, a cycle is killed as soon as it has written something, twice, and the next one goes on.
fn four_days_with_kills(rollcall: Rollcall, directory: impl Directory) {
    let mut kills = 0;
    four_days(rollcall, directory, |rollcall, tenant| {
        for _ in 0..2 {
            let before = changes(tenant);
            let mut verb = rollcall.command(&["cycle", JOB, "--json"]);
            let mut child = verb.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            while changes(tenant) == before && !ended(&mut child) {}
            // It may have ended between the two looks.
            child.kill().ok();
            kills += u32::from(child.wait().unwrap().code().is_none());
        }
        rollcall.run(&["cycle", JOB]).json();
    });
    assert!(kills >= 2, "the cycles of the first day are long enough to be killed");
}

fn ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}

/// Changes with each user that is made, set inactive or deleted.
fn changes(tenant: &Tenant) -> (Value, Value) {
    let count = |query: &str| tenant.get(&format!("/Users?count=0{query}")).body["totalResults"].clone();
    (count(""), count("&filter=active%20eq%20true"))
}

#[test]
fn from_files_on_sqlite() {
    let rollcall = Rollcall::sqlite();
    let files = Files::new(&rollcall.path("directory"));
    four_days(rollcall, files, plainly);
}

#[test]
fn from_files_on_postgres() {
    let rollcall = Rollcall::postgres();
    let files = Files::new(&rollcall.path("directory"));
    four_days(rollcall, files, plainly);
}

#[test]
fn from_files_with_cycles_that_are_killed() {
    let rollcall = Rollcall::sqlite();
    let files = Files::new(&rollcall.path("directory"));
    four_days_with_kills(rollcall, files);
}

#[test]
fn from_entra() {
    four_days(Rollcall::sqlite(), Entra::new(), plainly);
}

#[test]
fn from_entra_with_cycles_that_are_killed() {
    four_days_with_kills(Rollcall::sqlite(), Entra::new());
}

#[test]
fn from_okta() {
    four_days(Rollcall::sqlite(), Org::new(), plainly);
}

#[test]
fn from_ldap() {
    four_days(Rollcall::sqlite(), Ldap::new(), plainly);
}
