//! The server tells of changes.

use connector::Source;
use std::pin::pin;
use tokio::select;

use crate::directory::{Directory, dn};

#[tokio::test]
async fn a_change_is_told_at_once_and_none_is_lost_between_two_calls() {
    let directory = Directory::of_two().await;
    let source = directory.source();
    // A call listens from its beginning on; what tells that it has begun is the first change that it hears.
    {
        let mut changed = pin!(source.changed());
        let mut n = 0;
        loop {
            n += 1;
            select! {
                told = &mut changed => break told.unwrap(),
                () = set_title(&directory, n) => {}
            }
        }
    }
    directory.slapd.set(&dn("ben"), "title", &["Director"]).await;
    source.changed().await.unwrap();
    directory.slapd.delete(&dn("ben")).await;
    source.changed().await.unwrap();
}

async fn set_title(directory: &Directory, n: u32) {
    directory.slapd.set(&dn("ana"), "title", &[&n.to_string()]).await;
}

#[tokio::test]
async fn a_server_that_goes_is_an_error() {
    let mut directory = Directory::of_two().await;
    let source = directory.source();
    directory.slapd.stop();
    assert!(source.changed().await.is_err());
}
