//! A directory that is computed, and an application that has as many users.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path as FilePath;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use connector::{
    Assignment, Completed, Coverage, Entry, Error, Object, ObjectType, Operation, Page, Reading, Request,
    Source, Target, TargetObject, Watermark,
};
use scim::path::Path;
use serde_json::{Map, Value, json};

const PAGE: u64 = 500;
/// Every so manieth user changes between two cycles.
pub const CHANGED: u64 = 1_000;

/// A source that tells changes. Watermark `0` is the first day, `1` the second.
#[derive(Clone)]
pub struct Directory {
    pub users: u64,
    pub day: u64,
    /// Objects that were read.
    pub read: Arc<AtomicU64>,
}

impl Directory {
    pub fn new(users: u64, day: u64) -> Self {
        Self { users, day, read: Arc::default() }
    }

    fn attributes(&self, number: u64) -> Map<String, Value> {
        let name = name(number);
        let title = if self.day > 0 && number.is_multiple_of(CHANGED) { "Manager" } else { "Analyst" };
        let attributes = json!({
            "id": anchor(number), "userPrincipalName": name, "displayName": format!("User {number}"),
            "mail": name, "jobTitle": title, "department": "Sales", "city": "Omaha",
            "accountEnabled": true, "deletedDateTime": null,
        });
        attributes.as_object().cloned().unwrap_or_default()
    }

    fn user(&self, number: u64) -> Object {
        Object {
            anchor: anchor(number),
            object_type: ObjectType::User,
            display: name(number),
            attributes: self.attributes(number),
            enabled: true,
            soft_deleted: false,
            assignment: Assignment::Direct,
            members: None,
        }
    }

    /// Writes the directory as the file source reads it.
    pub fn write(&self, folder: &FilePath) {
        let mut out = BufWriter::new(File::create(folder.join("users.jsonl")).unwrap());
        for number in 0..self.users {
            writeln!(out, "{}", Value::Object(self.attributes(number))).unwrap();
        }
        out.flush().unwrap();
    }
}

fn anchor(number: u64) -> String {
    format!("{number:08x}-0000-4000-8000-{number:012x}")
}

fn name(number: u64) -> String {
    format!("user{number}@contoso.com")
}

#[async_trait]
impl Source for Directory {
    async fn test(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        let coverage = if since.is_some() { Coverage::Changes } else { Coverage::Full };
        Ok(Box::new(Pages { directory: self.clone(), next: 0, coverage }))
    }

    async fn get(&self, _: ObjectType, _: &[String]) -> Result<Vec<Entry>, Error> {
        Ok(Vec::new())
    }

    async fn find(&self, _: &str) -> Result<Vec<Object>, Error> {
        Ok(Vec::new())
    }
}

struct Pages {
    directory: Directory,
    next: u64,
    coverage: Coverage,
}

#[async_trait]
impl Reading for Pages {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let step = if self.coverage == Coverage::Changes { CHANGED } else { 1 };
        let end = (self.next + PAGE * step).min(self.directory.users);
        let numbers = (self.next..end).step_by(usize::try_from(step).unwrap_or(1));
        let page: Vec<Entry> = numbers.map(|number| Entry::Present(self.directory.user(number))).collect();
        self.next = end;
        self.directory.read.fetch_add(page.len() as u64, Ordering::Relaxed);
        Ok((!page.is_empty()).then_some(page))
    }

    fn finish(self: Box<Self>) -> Result<Completed, Error> {
        Ok(Completed { watermark: Watermark(self.directory.day.to_string()), coverage: self.coverage })
    }

    fn expected(&self) -> Option<u64> {
        None
    }
}

/// An application that keeps of each user only what a directory of this kind changes.
#[derive(Clone, Default)]
pub struct Application {
    users: Arc<Mutex<HashMap<u64, bool>>>,
    /// Writes that were received, and requests in all.
    pub written: Arc<AtomicU64>,
    pub asked: Arc<AtomicU64>,
}

impl Application {
    fn object(&self, number: u64) -> Option<TargetObject> {
        let promoted = *self.users.lock().unwrap().get(&number)?;
        let title = if promoted { "Manager" } else { "Analyst" };
        let document = json!({
            "id": number.to_string(), "userName": name(number), "active": true,
            "displayName": format!("User {number}"), "title": title,
        });
        Some(TargetObject { id: number.to_string(), document: document.as_object().cloned()? })
    }

    fn put(&self, number: u64, promoted: bool) -> Result<TargetObject, Error> {
        self.written.fetch_add(1, Ordering::Relaxed);
        self.users.lock().unwrap().insert(number, promoted);
        self.object(number).ok_or(Error::NotFound)
    }
}

fn number_of(text: &str) -> u64 {
    text.trim_start_matches("user")
        .split('@')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

#[async_trait]
impl Target for Application {
    async fn test(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    async fn find(&self, _: ObjectType, _: &Path, value: &str) -> Result<Vec<TargetObject>, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.object(number_of(value)).into_iter().collect())
    }

    async fn get(&self, _: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.object(number_of(id)))
    }

    async fn list(&self, _: ObjectType, _: u64) -> Result<Page, Error> {
        Ok(Page::default())
    }

    fn preview(&self, _: &Operation) -> Vec<Request> {
        Vec::new()
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match operation {
            Operation::Create { values, .. } => {
                let name = values.iter().find(|(path, _)| path.to_string() == "userName");
                self.put(number_of(name.and_then(|(_, name)| name.as_str()).unwrap_or_default()), false)
            }
            Operation::Update { id, .. } => self.put(number_of(id), true),
            Operation::Delete { .. } => Err(Error::NotFound),
        }
    }
}
