//! A directory in a temporary folder.

#![allow(dead_code)] // Each test binary uses a part of it.

use connector::{Completed, Entry, Error, Needs, Object, Reading, Source, Watermark};
use connector_file::FileSource;
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

/// Files that go when the test ends.
pub struct Directory(TempDir);

impl Directory {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let directory = Self(tempfile::tempdir().unwrap());
        for (name, contents) in files {
            directory.write(name, contents);
        }
        directory
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    pub fn source(&self) -> FileSource {
        FileSource::new(self.0.path(), Needs::default())
    }

    pub fn source_for_assigned(&self) -> FileSource {
        FileSource::new(self.0.path(), Needs { assignments: true, ..Needs::default() })
    }
}

/// A line of users.jsonl.
pub fn user(id: &str, name: &str) -> Value {
    json!({"id": id, "userPrincipalName": name, "displayName": name, "mail": null, "accountEnabled": true,
           "businessPhones": [], "deletedDateTime": null, "manager": null})
}

/// Values as JSON lines.
pub fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

pub async fn drain(mut reading: Box<dyn Reading>) -> Result<(Vec<Entry>, Completed), Error> {
    let mut entries = Vec::new();
    while let Some(page) = reading.next_page().await? {
        entries.extend(page);
    }
    Ok((entries, reading.finish()?))
}

pub async fn read(source: &dyn Source, since: Option<&Watermark>) -> (Vec<Object>, Completed) {
    let (entries, completed) = drain(source.read(since).await.unwrap()).await.unwrap();
    let objects = entries.into_iter().map(|entry| match entry {
        Entry::Present(object) => object,
        Entry::Unchanged { anchor, .. } | Entry::Removed { anchor, .. } => panic!("{anchor} did not come"),
    });
    (objects.collect(), completed)
}
