//! Changes of the files are told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod directory;

use std::fs;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use connector::{Needs, Source};
use connector_file::FileSource;
use directory::Directory;

/// Whether a call for the next change answers at once. The first call of a source begins to watch.
fn told(source: &FileSource) -> bool {
    let mut changed = pin!(source.changed());
    matches!(changed.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
}

const USERS: &str = "{\"id\":\"a\"}\n";

#[tokio::test]
async fn every_change_of_a_folder_is_told() {
    let directory = Directory::new(&[("users.jsonl", USERS)]);
    let source = directory.source();
    assert!(!told(&source));
    directory.write("users.new", "{\"id\":\"b\"}\n");
    fs::rename(directory.path("users.new"), directory.path("users.jsonl")).unwrap();
    source.changed().await.unwrap();
    assert!(!told(&source));
    directory.write("groups.csv", "id,securityEnabled\n");
    source.changed().await.unwrap();
    fs::remove_file(directory.path("groups.csv")).unwrap();
    source.changed().await.unwrap();
}

#[tokio::test]
async fn a_call_that_was_dropped_loses_nothing() {
    let directory = Directory::new(&[("users.jsonl", USERS)]);
    let source = directory.source();
    assert!(!told(&source));
    directory.write("users.jsonl", "{\"id\":\"b\"}\n");
    assert!(!told(&source), "the files are not quiet yet");
    source.changed().await.unwrap();
}

#[tokio::test]
async fn one_file_is_watched_by_its_name() {
    let directory = Directory::new(&[("people.csv", "id\na\n")]);
    let source = FileSource::new(directory.path("people.csv"), Needs::default());
    assert!(!told(&source));
    directory.write("people.new", "id\nb\n");
    fs::rename(directory.path("people.new"), directory.path("people.csv")).unwrap();
    source.changed().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_goes_is_an_error_and_can_be_watched_anew() {
    let directory = Directory::new(&[]);
    let folder = directory.path("export");
    fs::create_dir(&folder).unwrap();
    let source = FileSource::new(&folder, Needs::default());
    assert!(!told(&source));
    fs::remove_dir(&folder).unwrap();
    assert!(source.changed().await.unwrap_err().to_string().contains("export"));
    fs::create_dir(&folder).unwrap();
    assert!(!told(&source));
    fs::write(folder.join("users.jsonl"), USERS).unwrap();
    source.changed().await.unwrap();
}
