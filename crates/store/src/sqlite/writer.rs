//! The thread that writes, and its group commit.
//!
//! Everything that waits shares one transaction and one sync of the disk, each closure under a savepoint of its own,
//! so that one that fails takes nothing of its neighbours with it. Nobody is answered before the commit is durable.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use model::TenantId;

use crate::error::Error;
use crate::news::Bell;
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
pub(super) fn run(connection: Connection, mut turn: Turn, queue: &Queue, bell: &Bell) {
    while let Some(first) = queue.next() {
        group(&connection, &mut turn, first, queue, bell);
    }
}

/// One transaction, begun for `first`.
fn group(connection: &Connection, turn: &mut Turn, first: Box<dyn Work>, queue: &Queue, bell: &Bell) {
    if first.is_abandoned() {
        return;
    }
    if let Err(error) = turn.take(|| connection.control("BEGIN IMMEDIATE")) {
        return first.fail(error);
    }
    let begun = Instant::now();
    let mut done = Vec::new();
    let mut told = Told::default();
    let mut waiting = Some(first);
    while let Some(work) = waiting.take() {
        if let Err(error) = join(connection, work, &mut done, &mut told) {
            return lose(connection, done, &error);
        }
        if done.len() < BATCH && begun.elapsed() < BATCH_AGE {
            waiting = queue.try_next();
        }
    }
    if let Err(error) = connection.control("COMMIT") {
        return lose(connection, done, &error);
    }
    if told.changes_access
        && let Err(error) = turn.count_access_change()
    {
        tracing::error!(%error, "a change of tokens, tenants or connections is seen late");
    }
    told.news.into_iter().for_each(|tenant| bell.ring(tenant));
    done.into_iter().for_each(Work::finish);
}

/// What others are told once the transaction is committed.
#[derive(Default)]
struct Told {
    /// Whether it changes who may do what.
    changes_access: bool,
    /// Whose change feeds have news.
    news: BTreeSet<TenantId>,
}

/// Runs one closure under a savepoint, and notes what others are to be told of it.
///
/// # Errors
/// When the whole transaction is lost; the closure has had its answer then.
fn join(
    connection: &Connection,
    mut work: Box<dyn Work>,
    done: &mut Vec<Box<dyn Work>>,
    told: &mut Told,
) -> Result<(), Error> {
    if work.is_abandoned() {
        return Ok(());
    }
    let mut tx = Tx::new(Engine::Sqlite(connection));
    let result = connection.control("SAVEPOINT closure").and_then(|()| {
        let result = work.run(&mut tx);
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
        Ok(Ok(keep)) => {
            done.push(work);
            if keep == Keep::Effects {
                told.changes_access |= tx.has_changed_access();
                told.news.extend(tx.into_news());
            }
            Ok(())
        }
        Ok(Err(refused)) => {
            work.fail(refused);
            Ok(())
        }
        Err(lost) => {
            work.fail(lost.clone());
            Err(lost)
        }
    }
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
