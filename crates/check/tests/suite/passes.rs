//! A service provider that is right passes; what was made is gone; what was not, is not touched.

use check::{Client, Outcome, Selection, THEMES, full_name};
use serde_json::json;

use crate::server::{Asked, Server, route};

/// What did not pass, by name.
fn not_passed(report: &check::Report) -> Vec<String> {
    let bad = report.entries.iter().filter(|entry| !matches!(entry.outcome, Outcome::Pass));
    bad.map(|entry| format!("{}: {:?}", entry.name, entry.outcome)).collect()
}

#[tokio::test]
async fn a_service_provider_that_is_right_passes_every_check() {
    let server = Server::start(None).await;
    let report = server.check(Selection::default()).await;
    assert_eq!(not_passed(&report), Vec::<String>::new());
    assert!(report.is_clean());
    assert_eq!(server.store().count(), 0, "what the checks made is removed");
}

#[tokio::test]
async fn what_others_have_is_not_touched() {
    let server = Server::start(None).await;
    let body = json!({ "userName": "somebody@example.com" });
    let asked = Asked {
        method: "POST".to_owned(),
        path: "/Users".to_owned(),
        parameters: Vec::new(),
        headers: Default::default(),
        body,
        is_json: true,
    };
    let made = route(&mut server.store(), &asked).unwrap();
    server.check(Selection::default()).await;
    assert_eq!(server.store().count(), 1);
    let path = format!("/Users/{}", made.body["id"].as_str().unwrap());
    let read = Asked { method: "GET".to_owned(), path, body: json!(null), ..asked };
    assert_eq!(route(&mut server.store(), &read).unwrap().body, made.body);
}

#[tokio::test]
async fn a_run_that_is_stopped_removes_what_it_made_and_does_not_pass() {
    let server = Server::start(None).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut stop = Some(stop);
    let watch = |_: &check::Entry| {
        if let Some(stop) = stop.take() {
            stop.send(()).unwrap();
        }
    };
    let selection = Selection { client: Some(Client::Rfc), only: vec!["groups".to_owned()] };
    let stopping = async { stopped.await.unwrap() };
    let report = check::run(server.order(selection), stopping, watch).await.unwrap();
    assert!(report.is_cut_short && !report.is_clean() && report.entries.len() < 13);
    assert_eq!(server.store().count(), 0);
}

#[test]
fn every_name_is_its_own() {
    let mut names: Vec<String> =
        THEMES.iter().flat_map(|theme| theme.checks.iter().map(|check| full_name(theme, check))).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    let is_name = |name: &String| name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '.');
    assert!(names.iter().all(is_name), "{names:?}");
}

#[test]
fn every_rule_is_a_sentence() {
    for check in THEMES.iter().flat_map(|theme| theme.checks) {
        for text in [check.rule, check.fix] {
            assert!(text.ends_with(['.', '}']) && text.len() > 10, "{}: {text}", check.name);
        }
        assert!(!check.source.is_empty());
    }
}
