//! The thread that writes, and its group commit.
//!
//! Everything that waits shares one transaction and one sync of the disk, each closure under a savepoint of its own,
//! so that one that fails takes nothing of its neighbours with it. Nobody is answered before the commit is durable.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::queue::Queue;
use crate::tx::{Connection as Engine, Tx};
use crate::work::{Keep, Work};

use super::connection::Connection;
use super::turn::Turn;

/// The most closures that share a commit.
const BATCH: usize = 256;

/// No closure joins a transaction that is older: the first one waits for its answer.
const BATCH_AGE: Duration = Duration::from_millis(10);

/// Serves the queue until the store closes.
pub(super) fn run(connection: Connection, mut turn: Turn, queue: &Queue) {
    while let Some(first) = queue.next() {
        group(&connection, &mut turn, first, queue);
    }
}

/// One transaction, begun for `first`.
fn group(connection: &Connection, turn: &mut Turn, first: Box<dyn Work>, queue: &Queue) {
    if first.is_abandoned() {
        return;
    }
    if let Err(error) = turn.take(|| connection.control("BEGIN IMMEDIATE")) {
        return first.fail(error);
    }
    let begun = Instant::now();
    let mut done = Vec::new();
    let mut waiting = Some(first);
    while let Some(work) = waiting.take() {
        if let Err(error) = join(connection, work, &mut done) {
            return lose(connection, done, &error);
        }
        if done.len() < BATCH && begun.elapsed() < BATCH_AGE {
            waiting = queue.try_next();
        }
    }
    match connection.control("COMMIT") {
        Ok(()) => done.into_iter().for_each(Work::finish),
        Err(error) => lose(connection, done, &error),
    }
}

/// Runs one closure under a savepoint.
///
/// # Errors
/// When the whole transaction is lost; the closure has had its answer then.
fn join(
    connection: &Connection,
    mut work: Box<dyn Work>,
    done: &mut Vec<Box<dyn Work>>,
) -> Result<(), Error> {
    if work.is_abandoned() {
        return Ok(());
    }
    let result = connection.control("SAVEPOINT closure").and_then(|()| {
        let result = work.run(&mut Tx::new(Engine::Sqlite(connection)));
        // A full disk or a failing one makes SQLite roll back everything, neighbours included.
        if connection.is_autocommit() {
            return Err(result.err().unwrap_or(Error::Full));
        }
        if !matches!(result, Ok(Keep::Effects)) {
            connection.control("ROLLBACK TO closure")?;
        }
        connection.control("RELEASE closure")?;
        Ok(result)
    });
    match result {
        Ok(Ok(_)) => done.push(work),
        Ok(Err(refused)) => work.fail(refused),
        Err(lost) => {
            work.fail(lost.clone());
            return Err(lost);
        }
    }
    Ok(())
}

/// Answers everybody with the error that the transaction ended in.
fn lose(connection: &Connection, done: Vec<Box<dyn Work>>, error: &Error) {
    if !connection.is_autocommit()
        && let Err(error) = connection.control("ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
    for work in done {
        work.fail(error.clone());
    }
}
