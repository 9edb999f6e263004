//! `rollcall check` against `rollcall serve`: the service provider passes what it asks of others.

use std::fs;

use serde_json::Value;

use crate::rollcall::{Outcome, Rollcall, Serve};

/// A served tenant that is checked.
struct Checked {
    rollcall: Rollcall,
    _serve: Serve,
    url: String,
    token: String,
}

impl Checked {
    /// The token belongs to a connection of this kind.
    fn new(kind: &str) -> Self {
        let rollcall = Rollcall::sqlite();
        let serve = rollcall.serve();
        let made = rollcall.run(&["tenant", "create", "x", "--application", "plain"]).json();
        rollcall.run(&["connection", "create", "checked", "--tenant", "x", "--kind", kind]).json();
        let token = rollcall.run(&["token", "create", "--tenant", "x", "--connection", "checked"]).json();
        let url = made["url"].as_str().unwrap().to_owned();
        let token = token["secret"].as_str().unwrap().to_owned();
        Self { rollcall, _serve: serve, url, token }
    }

    fn check(&self, arguments: &[&str]) -> Outcome {
        self.rollcall.tell(&[&["check", &self.url, "--token", &self.token], arguments].concat())
    }

    /// How many users and groups the tenant has.
    fn resources(&self) -> u64 {
        let tenant = crate::http::Tenant::new(&self.url, &self.token);
        let total = |path: &str| tenant.get(path).body["totalResults"].as_u64().unwrap();
        total("/Users") + total("/Groups")
    }
}

/// The entries that did not pass: nothing is skipped either, as everything there is to announce is announced.
fn not_passed(outcome: &Outcome) -> Vec<String> {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|e| panic!("{e}: {outcome:?}"));
    let entries = report["entries"].as_array().unwrap();
    assert!(entries.len() > 30, "{}", entries.len());
    let bad = entries.iter().filter(|entry| entry["outcome"] != "pass");
    bad.map(|entry| format!("{}: {} - {}{}", entry["name"], entry["expected"], entry["got"], entry["why"]))
        .collect()
}

fn passes_as(client: &str) {
    let checked = Checked::new(client);
    let outcome = checked.check(&["--as", client, "--format", "json"]);
    assert_eq!(not_passed(&outcome), Vec::<String>::new());
    assert!(outcome.status.success(), "{}", outcome.stderr);
    assert_eq!(checked.resources(), 0, "what the check made is removed");
}

#[test]
fn it_passes_as_a_client_that_keeps_to_the_rfcs() {
    passes_as("rfc");
}

#[test]
fn it_passes_as_entra() {
    passes_as("entra");
}

#[test]
fn it_passes_as_okta() {
    passes_as("okta");
}

#[test]
fn every_form_of_the_report_is_written_and_none_shows_the_token() {
    let checked = Checked::new("auto");
    for (format, begin) in
        [("terminal", "http://"), ("json", "{"), ("junit", "<?xml"), ("html", "<!doctype html>")]
    {
        let arguments = ["--only", "auth", "--only", "create.user", "--format", format, "--out", "report"];
        let outcome = checked.check(&arguments);
        assert_eq!(outcome.status.code(), Some(0), "{outcome:?}");
        assert!(outcome.stdout.contains("6 passed"), "{outcome:?}");
        assert!(outcome.stderr.contains("rollcall-check-"), "it says first what it does: {outcome:?}");
        let report = fs::read_to_string(checked.rollcall.path("report")).unwrap();
        assert!(report.starts_with(begin), "{report}");
        assert!(!report.contains(&checked.token) && !outcome.stdout.contains(&checked.token));
    }
}

#[test]
fn what_cannot_be_checked_is_refused_with_a_hint() {
    let rollcall = Rollcall::sqlite();
    let check = |arguments: &[&str]| rollcall.run(&[&["check"], arguments].concat());
    check(&["http://127.0.0.1:1", "--token", "t"]).refused(&["127.0.0.1:1", "no connection"], "certificate");
    check(&["http://a.example", "--token", "t"]).refused(&["http", "token"], "--insecure-http");
    check(&["http://127.0.0.1:1", "--only", "nothing"]).refused(&["nothing"], "--list");
    check(&["http://127.0.0.1:1", "--only", "bulk", "--as", "okta"]).refused(&["okta"], "--list");
}

#[test]
fn the_checks_are_listed_without_an_endpoint() {
    let rollcall = Rollcall::sqlite();
    let listed = rollcall.tell(&["check", "--list", "--as", "rfc"]);
    assert!(listed.stdout.contains("create.duplicate") && !listed.stdout.contains("entra-"), "{listed:?}");
    assert!(!rollcall.path("rollcall.db").exists(), "no database is made");
}
