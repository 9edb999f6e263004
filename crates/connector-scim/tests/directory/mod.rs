//! A small service provider that a test changes: it lists by index or by cursor, finds by filter, and lies when told.

#![allow(dead_code)] // Each test binary uses a part of it.

use crate::application::{Answer, Application, Asked, scim};
use connector::{Completed, Coverage, Entry, Error, Needs, Object, ObjectType, Reading, Source, Watermark};
use connector_scim::{ScimSource, Secret, SourceConfig};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// What the directory holds, and how it behaves.
pub struct Held {
    pub users: BTreeMap<String, Value>,
    pub groups: BTreeMap<String, Value>,
    pub config: Answer,
    /// The most that one page holds.
    pub page: usize,
    /// The time of the directory's clock.
    pub now: &'static str,
    /// Answers to requests that are not answered as usual, by the beginning of their lines.
    pub lies: HashMap<&'static str, Answer>,
    /// Is done once, after the first page of users.
    pub after_first_page: Option<fn(&mut Held)>,
}

pub struct Directory {
    pub application: Application,
    pub held: Arc<Mutex<Held>>,
}

pub const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// A user, changed at an instant.
pub fn user(id: &str, name: &str, modified: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "userName": name,
           "active": true, "meta": {"resourceType": "User", "lastModified": modified}})
}

/// A group of these members.
pub fn group(id: &str, name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    json!({"id": id, "displayName": name, "members": members})
}

fn by_id(resources: Vec<Value>) -> BTreeMap<String, Value> {
    resources.into_iter().map(|resource| (resource["id"].as_str().unwrap().to_owned(), resource)).collect()
}

impl Directory {
    pub async fn new(users: Vec<Value>, groups: Vec<Value>) -> Self {
        let held = Arc::new(Mutex::new(Held {
            users: by_id(users),
            groups: by_id(groups),
            config: scim(404, json!({"status": "404"})),
            page: 2,
            now: "Sun, 22 Nov 2026 12:00:00 GMT",
            lies: HashMap::new(),
            after_first_page: None,
        }));
        let answering = Arc::clone(&held);
        let application = Application::deciding(move |asked| answering.lock().unwrap().answer(asked)).await;
        Self { application, held }
    }

    pub fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.lock().unwrap());
    }

    pub fn source(&self, needs: Needs, assigned: &[&str]) -> ScimSource {
        let mut config = SourceConfig::new(&self.application.url, Secret::new("directory-token"));
        config.needs = needs;
        config.assigned = assigned.iter().map(|name| (*name).to_owned()).collect();
        ScimSource::new(config).unwrap()
    }
}

impl Held {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let line = asked.short();
        if let Some((_, lie)) = self.lies.iter().find(|(beginning, _)| line.starts_with(*beginning)) {
            return lie.clone();
        }
        let mut answer = self.truth(&line);
        answer.headers.push(("date", self.now.to_owned()));
        if line.starts_with("GET /Users?")
            && let Some(change) = self.after_first_page.take()
        {
            change(self);
        }
        answer
    }

    fn truth(&self, line: &str) -> Answer {
        let target = line.strip_prefix("GET ").unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == "/ServiceProviderConfig" {
            return self.config.clone();
        }
        let parameters: HashMap<&str, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, decoded(value)))
            .collect();
        let mut parts = path.trim_start_matches('/').splitn(2, '/');
        let all = if parts.next() == Some("Users") { &self.users } else { &self.groups };
        match parts.next() {
            Some(id) => match all.get(&decoded(id)) {
                Some(found) => scim(200, found.clone()),
                None => scim(404, json!({"status": "404", "detail": "no such resource"})),
            },
            None => self.list(all, &parameters),
        }
    }

    fn list(&self, all: &BTreeMap<String, Value>, parameters: &HashMap<&str, String>) -> Answer {
        let wanted = |resource: &&Value| parameters.get("filter").is_none_or(|filter| fits(filter, resource));
        let found: Vec<&Value> = all.values().filter(wanted).collect();
        let number = |name: &str| parameters.get(name).and_then(|text| text.parse::<usize>().ok());
        let count = number("count").unwrap_or(self.page).min(self.page);
        let cursor = parameters.get("cursor");
        let begin = match cursor {
            Some(after) => {
                found.iter().filter(|resource| resource["id"].as_str().unwrap() <= after.as_str()).count()
            }
            None => number("startIndex").unwrap_or(1) - 1,
        };
        let page: Vec<&Value> = found.iter().skip(begin).take(count).copied().collect();
        let mut answer = Map::from_iter([("Resources".to_owned(), json!(page))]);
        match (cursor, page.last()) {
            (None, _) => drop(answer.insert("totalResults".to_owned(), json!(found.len()))),
            (Some(_), Some(last)) if begin + page.len() < found.len() => {
                answer.insert("nextCursor".to_owned(), last["id"].clone());
            }
            (Some(_), _) => {}
        }
        scim(200, Value::Object(answer))
    }
}

/// `userName eq "…"` and `emails.value eq "…"`, without regard to letter case.
fn fits(filter: &str, resource: &Value) -> bool {
    let (attribute, value) = filter.split_once(" eq ").unwrap();
    let value: String = serde_json::from_str(value).unwrap();
    let same = |held: &Value| held.as_str().is_some_and(|held| held.eq_ignore_ascii_case(&value));
    match attribute {
        "emails.value" => {
            resource["emails"].as_array().into_iter().flatten().any(|email| same(&email["value"]))
        }
        name => same(&resource[name]),
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// Reads to the end.
pub async fn read(source: &ScimSource, since: Option<&Watermark>) -> Result<(Vec<Entry>, Watermark), Error> {
    let mut reading: Box<dyn Reading> = source.read(since).await?;
    let mut entries = Vec::new();
    while let Some(page) = reading.next_page().await? {
        entries.extend(page);
    }
    let Completed { watermark, coverage } = reading.finish()?;
    assert_eq!(coverage, Coverage::Full);
    Ok((entries, watermark))
}

/// The objects of a type, by anchor.
pub fn objects(entries: &[Entry], object_type: ObjectType) -> BTreeMap<String, Object> {
    let present = entries.iter().filter_map(|entry| match entry {
        Entry::Present(object) if object.object_type == object_type => Some(object),
        _ => None,
    });
    present.map(|object| (object.anchor.clone(), object.clone())).collect()
}
