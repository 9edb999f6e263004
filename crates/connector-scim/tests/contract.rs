//! The contract of a source, over a directory that tells pages by index and over one that does so by cursor.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod application;
mod directory;

use application::scim;
use async_trait::async_trait;
use connector::contract::{self, Subject};
use connector::{Needs, Source};
use directory::{Directory, LONG_AGO, group, user};
use serde_json::json;

struct OverScim(Directory);

#[async_trait]
impl Subject for OverScim {
    async fn source(&self) -> Box<dyn Source> {
        let needs = Needs { assignments: true, groups: true, ..Needs::default() };
        Box::new(self.0.source(needs, &["Everybody"]))
    }

    async fn change_one(&self) -> String {
        self.0.change(|held| {
            held.users.insert("a".into(), user("a", "anna@contoso.com", "2026-11-22T12:00:00Z"));
        });
        "a".into()
    }

    async fn remove_one(&self) -> String {
        self.0.change(|held| drop(held.users.remove("b")));
        "b".into()
    }

    async fn break_it(&self) -> String {
        self.0.change(|held| drop(held.lies.insert("GET /", scim(404, json!({"status": "404"})))));
        "/Users".into()
    }
}

async fn company() -> Directory {
    let users = vec![
        user("a", "ana@contoso.com", LONG_AGO),
        user("b", "ben@contoso.com", "2026-11-22T11:59:59Z"),
        user("c", "cyd@contoso.com", LONG_AGO),
    ];
    Directory::new(users, vec![group("g", "Everybody", &["a", "b", "c"]), group("h", "Empty", &[])]).await
}

#[tokio::test]
async fn pages_by_index_keep_the_contract() {
    contract::check(&OverScim(company().await)).await.unwrap();
}

#[tokio::test]
async fn pages_by_cursor_keep_the_contract() {
    let directory = company().await;
    directory.change(|held| held.config = scim(200, json!({"pagination": {"cursor": true}})));
    contract::check(&OverScim(directory)).await.unwrap();
}
