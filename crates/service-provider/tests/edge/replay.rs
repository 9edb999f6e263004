//! Requests as a certain client sends them: its headers, its flag in the Tenant URL.

use std::ops::Deref;

use axum::http::StatusCode;
use model::tenant::Application;
use serde_json::Value;
use testkit::{Database, TestStore};

use crate::support::{App, Manner};

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub enum Sender {
    /// The Entra provisioning service, which names no user agent.
    Entra,
    /// The same with the flag `aadOptscim062020` in its Tenant URL.
    EntraWithFlag,
    /// Microsoft's public validator, which runs in a browser.
    Validator,
    /// The collection of Microsoft's reference code.
    Postman,
    /// Okta.
    Okta,
    /// Okta's published suites.
    Runscope,
}

impl Sender {
    fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Entra | Self::EntraWithFlag => {
                &[("Content-Type", "application/scim+json; charset=utf-8"), ("ADSCIMVersion", "5.0")]
            }
            Self::Validator => {
                &[("Content-Type", "application/scim+json"), ("User-Agent", "Mozilla/5.0 (Windows NT 10.0)")]
            }
            Self::Postman => {
                &[("Content-Type", "application/scim+json"), ("User-Agent", "PostmanRuntime/7.39.0")]
            }
            Self::Okta => &[
                ("Accept", "application/scim+json"),
                ("Accept-Charset", "utf-8"),
                ("Content-Type", "application/scim+json; charset=utf-8"),
                ("User-Agent", "Okta SCIM Client 1.0.0"),
                ("Accept-Encoding", "gzip,deflate"),
            ],
            Self::Runscope => {
                &[("Content-Type", "application/json"), ("User-Agent", "OKTA SCIM Integration")]
            }
        }
    }

    fn flag(self) -> Option<&'static str> {
        matches!(self, Self::EntraWithFlag).then_some("aadOptscim062020")
    }
}

/// A service provider, and who sends to it.
pub struct Replay {
    app: App,
    sender: Sender,
}

/// It sends as any client of an [`App`] does, in its own manner.
impl Deref for Replay {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl Replay {
    pub async fn of(sender: Sender) -> Self {
        Self::with(sender, Application::Plain).await
    }

    pub async fn with(sender: Sender, application: Application) -> Self {
        let store = TestStore::open(Database::sqlite(), &[workplace::TABLES, print::TABLES]);
        let mut app = App::with(store, application).await;
        app.manner = Manner { headers: sender.headers(), flag: sender.flag() };
        Self { app, sender }
    }

    /// Creates it and answers its path.
    pub async fn made(&self, collection: &str, body: Value) -> String {
        format!("{collection}/{}", self.post(collection, body).await.created())
    }

    /// How many the filter finds. It is encoded as this client encodes.
    pub async fn found(&self, collection: &str, filter: &str) -> Vec<Value> {
        let space = if matches!(self.sender, Sender::Okta | Sender::Validator) { "%20" } else { "+" };
        let filter = filter.replace('%', "%25").replace('+', "%2B").replace('"', "%22").replace(' ', space);
        let answer = self.get(&format!("{collection}?filter={filter}")).await.expect(StatusCode::OK);
        let total = answer.body["totalResults"].as_u64().unwrap();
        answer.listed(total)
    }
}

/// Asserts values at their JSON pointers; `null` is nothing.
#[track_caller]
pub fn holds(resource: &Value, expected: &[(&str, Value)]) {
    for (pointer, value) in expected {
        assert_eq!(resource.pointer(pointer).unwrap_or(&Value::Null), value, "{pointer} of {resource}");
    }
}
