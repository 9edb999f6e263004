//! Each check is shown to be able to fail: a way to be wrong, and the checks that must report it.

use std::collections::BTreeSet;

use check::{Outcome, Selection, THEMES, full_name};
use serde_json::{Value, json};

use crate::server::{Asked, Reply, Server, route};
use crate::{wrong_clients, wrong_pages, wrong_protocol};

/// What the service provider would do if it were right.
pub type Right<'a> = &'a dyn Fn(Asked) -> Reply;

/// A way to be wrong.
pub struct Wrong {
    /// What it does.
    pub behaviour: &'static str,
    pub act: fn(Asked, Right<'_>) -> Reply,
    /// The checks that must report it.
    pub caught_by: &'static [&'static str],
}

impl Wrong {
    pub fn act(&self, asked: Asked, right: impl Fn(Asked) -> Reply) -> Reply {
        (self.act)(asked, &right)
    }
}

fn all() -> impl Iterator<Item = &'static Wrong> {
    wrong_protocol::WRONG.iter().chain(wrong_pages::WRONG).chain(wrong_clients::WRONG)
}

/// A refusal.
pub fn refuse(status: u16, scim_type: Option<&str>) -> Reply {
    let mut body = json!({
        "schemas": [scim::message::ERROR_URN], "status": status.to_string(), "detail": "that is refused",
    });
    if let Some(scim_type) = scim_type {
        body["scimType"] = json!(scim_type);
    }
    Reply::new(status, body)
}

/// The operations of a PATCH.
pub fn operations(asked: &mut Asked) -> Vec<&mut Value> {
    match asked.body.get_mut("Operations") {
        Some(Value::Array(all)) if asked.method == "PATCH" => all.iter_mut().collect(),
        _ => Vec::new(),
    }
}

/// The resources of a list.
pub fn resources(reply: &mut Reply) -> Option<&mut Vec<Value>> {
    reply.body.get_mut("Resources").and_then(Value::as_array_mut)
}

/// Somebody who was there before.
fn stranger(server: &Server) {
    for (path, body) in [
        ("/Users", json!({ "userName": "stranger@example.com", "active": false })),
        ("/Groups", json!({ "displayName": "Strangers" })),
    ] {
        let asked = Asked {
            method: "POST".to_owned(),
            path: path.to_owned(),
            parameters: Vec::new(),
            headers: Default::default(),
            body,
            is_json: true,
        };
        assert_eq!(route(&mut server.store(), &asked).unwrap().status, 201);
    }
}

#[tokio::test]
async fn every_wrong_is_reported() {
    let mut missed = Vec::new();
    for wrong in all() {
        let server = Server::start(Some(wrong)).await;
        stranger(&server);
        let only = wrong.caught_by.iter().map(|name| (*name).to_owned()).collect();
        let report = server.check(Selection { client: None, only }).await;
        for entry in &report.entries {
            if !matches!(entry.outcome, Outcome::Fail(_) | Outcome::Warn(_)) {
                missed.push(format!("{}: {} {:?}", wrong.behaviour, entry.name, entry.outcome));
            }
        }
        assert_eq!(report.entries.len(), wrong.caught_by.len(), "{}", wrong.behaviour);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_check_can_fail() {
    let caught: BTreeSet<String> =
        all().flat_map(|wrong| wrong.caught_by).map(|name| (*name).to_owned()).collect();
    let checks: BTreeSet<String> =
        THEMES.iter().flat_map(|theme| theme.checks.iter().map(|check| full_name(theme, check))).collect();
    let unproven: Vec<&String> = checks.difference(&caught).collect();
    assert!(unproven.is_empty(), "no wrong behaviour shows that these can fail: {unproven:#?}");
}
