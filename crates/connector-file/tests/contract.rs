//! The contract of a source, over JSON lines and over CSV.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod directory;

use async_trait::async_trait;
use connector::Source;
use connector::contract::{self, Subject};
use directory::{Directory, lines, user};

struct JsonLines(Directory);

#[async_trait]
impl Subject for JsonLines {
    async fn source(&self) -> Box<dyn Source> {
        Box::new(self.0.source())
    }

    async fn change_one(&self) -> String {
        self.0.write("users.jsonl", lines(&[user("a", "anna@contoso.com"), user("b", "ben@contoso.com")]));
        "a".into()
    }

    async fn remove_one(&self) -> String {
        self.0.write("users.jsonl", lines(&[user("a", "anna@contoso.com")]));
        "b".into()
    }

    async fn break_it(&self) -> String {
        self.0.write("users.jsonl", "{\"id\": \"a\"}\n{\"id\": ");
        "users.jsonl, line 2, column 7".into()
    }
}

#[tokio::test]
async fn json_lines_keep_the_contract() {
    let users = lines(&[user("a", "ana@contoso.com"), user("b", "ben@contoso.com")]);
    let groups =
        "{\"id\": \"g\", \"displayName\": \"All\", \"securityEnabled\": true, \"members\": [\"a\"]}\n";
    let subject = JsonLines(Directory::new(&[("users.jsonl", &users), ("groups.jsonl", groups)]));
    contract::check(&subject).await.unwrap();
}

struct Csv(Directory);

#[async_trait]
impl Subject for Csv {
    async fn source(&self) -> Box<dyn Source> {
        Box::new(self.0.source())
    }

    async fn change_one(&self) -> String {
        self.0.write("users.csv", "id,userPrincipalName\na,anna@contoso.com\nb,ben@contoso.com\n");
        "a".into()
    }

    async fn remove_one(&self) -> String {
        self.0.write("users.csv", "id,userPrincipalName\na,anna@contoso.com\n");
        "b".into()
    }

    async fn break_it(&self) -> String {
        self.0.write("users.csv", "id,userPrincipalName\na,anna@contoso.com,x\n");
        "users.csv, line 2".into()
    }
}

#[tokio::test]
async fn csv_keeps_the_contract() {
    let users = "id,userPrincipalName\na,ana@contoso.com\nb,ben@contoso.com\n";
    contract::check(&Csv(Directory::new(&[("users.csv", users)]))).await.unwrap();
}
