//! Subscriptions: who listens is told of each change, as Graph does.
//!
//! A URL is asked whether it listens before it is subscribed, by a `validationToken`. Nothing is told of assignments.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Graph;
use super::answer::Answer;
use super::directory::{Directory, Kind, Life, Thing};

/// How far ahead a subscription of users or groups may end.
const LONGEST: SignedDuration = SignedDuration::from_mins(41_760);

/// What Graph asks; a `+` in it must come back as one.
const TOKEN: &str = "Validation: Testing client application reachability for subscription Request-Id: 1+2";
const TOKEN_IN_QUERY: &str =
    "Validation%3A+Testing+client+application+reachability+for+subscription+Request-Id%3A+1%2B2";

/// The subscriptions of the application.
#[derive(Default)]
pub(super) struct Subscriptions {
    last: u64,
    by_id: BTreeMap<String, Subscription>,
}

struct Subscription {
    resource: &'static str,
    url: String,
    client_state: String,
    ends: Timestamp,
    told: UnboundedSender<Value>,
}

impl Graph {
    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.state().subscriptions.by_id.len()
    }

    /// Ends every subscription, as Graph may.
    pub fn end_subscriptions(&self) {
        self.state().subscriptions.by_id.clear();
    }

    /// Answers a request for `/subscriptions{path}`.
    pub(super) async fn subscription(&self, method: &str, path: &str, body: &Value) -> Answer {
        let id = path.trim_start_matches('/').to_owned();
        match (method, id.is_empty()) {
            ("POST", true) => self.subscribe(body).await,
            ("GET", true) => self.state().subscriptions.list(),
            ("PATCH", false) => self.state().subscriptions.renew(&id, body),
            ("DELETE", false) => match self.state().subscriptions.by_id.remove(&id) {
                Some(_) => Answer { status: 204, ..Answer::ok(Value::Null) },
                None => Answer::not_found(&id),
            },
            _ => Answer::error(405, "BadRequest", "The method is not allowed."),
        }
    }

    async fn subscribe(&self, body: &Value) -> Answer {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let resource = match text("resource").trim_start_matches('/') {
            "users" => "users",
            "groups" => "groups",
            _ => return invalid("The resource is not supported."),
        };
        let Some(ends) = end(body) else { return invalid("The expirationDateTime is out of bounds.") };
        if text("changeType") != "updated,deleted" || text("clientState").len() > 128 {
            return invalid("A property is invalid.");
        }
        let url = text("notificationUrl").to_owned();
        let answer = post(&format!("{url}?validationToken={TOKEN_IN_QUERY}"), "text/plain", "").await;
        let is_valid = answer.contains(" 200 ") && answer.ends_with(&format!("\r\n\r\n{TOKEN}"));
        if !is_valid || !answer.to_ascii_lowercase().contains("content-type: text/plain") {
            return invalid("Subscription validation request failed.");
        }
        let (told, heard) = unbounded_channel();
        tokio::spawn(tell(url.clone(), heard));
        let client_state = text("clientState").to_owned();
        let subscription = Subscription { resource, url, client_state, ends, told };
        let answer = self.state().subscriptions.add(subscription);
        Answer { status: 201, ..Answer::ok(answer) }
    }
}

fn invalid(message: &str) -> Answer {
    Answer::error(400, "ValidationError", message)
}

fn end(body: &Value) -> Option<Timestamp> {
    let now = Timestamp::now();
    let ends: Timestamp = body["expirationDateTime"].as_str()?.parse().ok()?;
    (ends > now && ends.duration_since(now) <= LONGEST).then_some(ends)
}

impl Subscriptions {
    fn add(&mut self, subscription: Subscription) -> Value {
        self.last += 1;
        let id = format!("subscription-{}", self.last);
        let document = subscription.document(&id);
        self.by_id.insert(id, subscription);
        document
    }

    fn list(&self) -> Answer {
        let all: Vec<Value> = self.by_id.iter().map(|(id, one)| one.document(id)).collect();
        Answer::ok(json!({ "value": all }))
    }

    fn renew(&mut self, id: &str, body: &Value) -> Answer {
        let Some(subscription) = self.by_id.get_mut(id) else { return Answer::not_found(id) };
        let Some(ends) = end(body) else { return invalid("The expirationDateTime is out of bounds.") };
        subscription.ends = ends;
        Answer::ok(subscription.document(id))
    }

    /// Tells of everybody who changed after a version.
    pub(super) fn tell_since(&self, version: u64, directory: &Directory) {
        if self.by_id.is_empty() {
            return;
        }
        for (kind, collection) in [(Kind::User, "users"), (Kind::Group, "groups")] {
            let changed = directory.all(kind).filter(|(_, thing)| latest(thing) > version);
            for (object, thing) in changed {
                for (id, subscription) in self.by_id.iter().filter(|(_, one)| one.resource == collection) {
                    // Who listens no more is told in vain.
                    drop(subscription.told.send(subscription.notification(id, kind, object, thing)));
                }
            }
        }
    }
}

/// The last change of an object.
fn latest(thing: &Thing) -> u64 {
    let properties = thing.properties.values().map(|property| property.version);
    let links = thing.links.iter().map(|link| link.version);
    properties.chain(links).chain([thing.life.version, thing.born]).max().unwrap_or_default()
}

impl Subscription {
    /// As Graph shows it: without the secret.
    fn document(&self, id: &str) -> Value {
        json!({
            "id": id, "resource": self.resource, "changeType": "updated,deleted", "clientState": null,
            "notificationUrl": self.url, "expirationDateTime": self.ends.to_string(),
        })
    }

    fn notification(&self, id: &str, kind: Kind, object: &str, thing: &Thing) -> Value {
        let (collection, odata_type) = match kind {
            Kind::User => ("Users", "#Microsoft.Graph.User"),
            Kind::Group => ("Groups", "#Microsoft.Graph.Group"),
        };
        let resource = format!("{collection}/{object}");
        let change = if thing.life.value == Life::Purged { "deleted" } else { "updated" };
        json!({ "value": [{
            "changeType": change, "clientState": self.client_state, "resource": resource,
            "resourceData": { "@odata.type": odata_type, "@odata.id": resource, "id": object },
            "subscriptionExpirationDateTime": self.ends.to_string(), "subscriptionId": id,
        }] })
    }
}

/// Sends what is told, in order.
async fn tell(url: String, mut heard: UnboundedReceiver<Value>) {
    while let Some(notification) = heard.recv().await {
        post(&url, "application/json", &notification.to_string()).await;
    }
}

/// The whole answer to a POST, or nothing where nobody answers.
async fn post(url: &str, content_type: &str, body: &str) -> String {
    let Some((host, path)) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')) else {
        return String::new();
    };
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let mut answer = String::new();
    if let Ok(mut stream) = TcpStream::connect(host).await
        && stream.write_all(request.as_bytes()).await.is_ok()
    {
        stream.read_to_string(&mut answer).await.unwrap_or_default();
    }
    answer
}
