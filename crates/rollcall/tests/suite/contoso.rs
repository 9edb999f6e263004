//! The four days of the sample company: each must end with exactly the users in its expected file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::http::Tenant;
use crate::rollcall::Rollcall;

const DAYS: [&str; 4] = ["day1", "day2", "day3", "day4"];
const COMPARED: [&str; 7] =
    ["userName", "displayName", "active", "city", "title", "department", "employeeNumber"];
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/contoso")
}

/// Users by lower-case name, each with what is compared.
type Users = BTreeMap<String, BTreeMap<&'static str, Value>>;

/// A line without a `userName` says that the application holds nobody of that source; of two lines with one name, the
/// active one is the person who was hired again.
fn expected(day: &str) -> Users {
    let text = fs::read_to_string(samples().join("expected").join(format!("{day}.jsonl"))).unwrap();
    let mut users = Users::new();
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(name) = row["userName"].as_str() else { continue };
        let key = name.to_lowercase();
        if !users.contains_key(&key) || row["active"] == json!(true) {
            users.insert(key, COMPARED.map(|name| (name, row[name].clone())).into());
        }
    }
    users
}

fn held(tenant: &Tenant) -> Users {
    let mut users = Users::new();
    for user in tenant.users() {
        let addresses = user["addresses"].as_array().cloned().unwrap_or_default();
        let work = addresses.iter().find(|address| address["type"] == "work").cloned().unwrap_or_default();
        let value = |name| match name {
            "city" => work["locality"].clone(),
            "department" | "employeeNumber" => user[ENTERPRISE][name].clone(),
            _ => user[name].clone(),
        };
        let row = COMPARED.map(|name| (name, value(name))).into();
        let twice = users.insert(user["userName"].as_str().unwrap().to_lowercase(), row);
        assert!(twice.is_none(), "two users are called {}", user["userName"]);
    }
    users
}

/// The first differences, in words.
fn differences(expected: &Users, held: &Users) -> Vec<String> {
    let missing =
        expected.keys().filter(|name| !held.contains_key(*name)).map(|name| format!("missing: {name}"));
    let surplus =
        held.keys().filter(|name| !expected.contains_key(*name)).map(|name| format!("surplus: {name}"));
    let changed = expected.iter().filter_map(|(name, row)| {
        let other = held.get(name)?;
        (other != row).then(|| format!("{name}: {other:?}, expected {row:?}"))
    });
    missing.chain(surplus).chain(changed).take(10).collect()
}

/// Replaces the directory by that of a day.
fn install(day: &str, directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    for file in ["users.jsonl", "groups.jsonl", "assignments.jsonl"] {
        fs::copy(samples().join(day).join(file), directory.join(file)).unwrap();
    }
}

/// Four days, with `cycle` for the cycles.
fn four_days(mut rollcall: Rollcall, cycle: impl Fn(&Rollcall, &Tenant)) {
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let directory = rollcall.path("directory");
    for day in DAYS {
        install(day, &directory);
        if day == "day1" {
            let file = rollcall.job(&tenant);
            rollcall.apply(&file).json();
        }
        cycle(&rollcall, &tenant);
        let differences = differences(&expected(day), &held(&tenant));
        assert!(differences.is_empty(), "{day}: {differences:#?}");
        let again = rollcall.run(&["cycle", "contoso"]).json();
        let wrote = ["created", "updated", "disabled", "deleted", "escrowed"].map(|name| again[name].clone());
        assert_eq!(wrote, [0; 5].map(Value::from), "{day}, the same again: {again}");
    }
    assert_eq!(serve.terminate().code(), Some(0));
}

fn plainly(rollcall: &Rollcall, _: &Tenant) {
    let done = rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!((&done["escrowed"], &done["held"]), (&json!(0), &json!(0)), "{done}");
}

#[test]
fn four_days_on_sqlite() {
    four_days(Rollcall::sqlite(), plainly);
}

#[test]
fn four_days_on_postgres() {
    four_days(Rollcall::postgres(), plainly);
}

/// Kills a cycle as soon as it has written something, twice, and lets the next one go on.
#[test]
fn four_days_with_cycles_that_are_killed() {
    four_days(Rollcall::sqlite(), |rollcall, tenant| {
        for _ in 0..2 {
            let before = changes(tenant);
            let mut verb = rollcall.command(&["cycle", "contoso", "--json"]);
            let mut child = verb.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            while changes(tenant) == before && !ended(&mut child) {}
            // It may have ended between the two looks.
            child.kill().ok();
            child.wait().unwrap();
        }
        rollcall.run(&["cycle", "contoso"]).json();
    });
}

fn ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}

/// Changes with each user that is made, set inactive or deleted.
fn changes(tenant: &Tenant) -> (Value, Value) {
    let count = |query: &str| tenant.get(&format!("/Users?count=0{query}")).body["totalResults"].clone();
    (count(""), count("&filter=active%20eq%20true"))
}
