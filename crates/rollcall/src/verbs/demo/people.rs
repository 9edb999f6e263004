//! Three people of the sample company, as the application has them after the second day.

use anyhow::Result;
use connector::ObjectType;
use model::log_entry::{Action, LogEntry, Status};
use serde::Serialize;
use serde_json::Value;

use crate::installation::Installation;
use crate::sample;

/// Entries of the log that are looked through: more than the second day makes.
const LOG_ENTRIES: i64 = 1_000;

/// What may be told about a person, what happened to them in the directory, and what the engine did about it.
const STORIES: [(&str, &str, Action); 3] = [
    ("moved", "moved", Action::Update),
    ("left: deleted in the directory", "softDeleted", Action::Disable),
    ("joined", "hired", Action::Create),
];

/// A user, read over SCIM.
#[derive(Serialize)]
pub struct Person {
    story: &'static str,
    user: Value,
}

impl Person {
    /// The cells of a row with [`COLUMNS`].
    pub fn cells(&self) -> [String; 5] {
        let active = self.user.get("active").and_then(Value::as_bool).unwrap_or(true);
        let active = if active { "active" } else { "inactive" };
        let (city, title) = (self.text("/addresses/0/locality"), self.text("/title"));
        [self.story.to_owned(), self.name().to_owned(), active.to_owned(), city.to_owned(), title.to_owned()]
    }

    /// The user's `userName`.
    pub fn name(&self) -> &str {
        self.text("/userName")
    }

    fn text(&self, pointer: &str) -> &str {
        self.user.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The columns of a table of people.
pub const COLUMNS: [&str; 5] = ["", "USER", "", "CITY", "TITLE"];

/// One person of each story.
///
/// # Errors
/// When the application can't be asked.
pub async fn find(on: &Installation, job: &str) -> Result<Vec<Person>> {
    let (instance, ends) = on.connected(job).await?;
    let log = on.store.read(move |tx| store::log::latest(tx, instance.id, None, LOG_ENTRIES)).await?;
    let mut people = Vec::new();
    for (story, event, action) in STORIES {
        let Some(id) = first(&log, &sample::on_second_day(event), action) else { continue };
        if let Some(found) = ends.target.get(ObjectType::User, id).await? {
            people.push(Person { story, user: Value::Object(found.document) });
        }
    }
    Ok(people)
}

/// The resource of the first of these people to whom this was done.
fn first<'l>(log: &'l [LogEntry], ids: &[String], action: Action) -> Option<&'l str> {
    let done = |entry: &&LogEntry| {
        entry.action == action && entry.status == Status::Success && ids.contains(&entry.source_id)
    };
    log.iter().find(done)?.target_id.as_deref()
}
