//! A thread of the engine: it takes a closure, runs it in a transaction, and again if that may help.

use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::news::Bell;
use crate::queue::Queue;
use crate::tx::{Connection as Engine, Tx};
use crate::work::{Access, Keep, Work};

use super::connection::Connection;
use super::link::Link;
use super::statistics::Statistics;

/// Tries of one closure.
const TRIES: u32 = 8;

/// Before the second try, doubled before each further one. All eight tries take 1.3 seconds at most.
const BACK_OFF: Duration = Duration::from_millis(10);

/// What a thread of the engine has.
pub(super) struct Worker {
    link: Link,
    statistics: Statistics,
    bell: Bell,
    /// Tries of the next closure: one while the server is down, because the queue must not wait for all the back-offs
    /// in turn.
    tries: u32,
}

impl Worker {
    pub(super) fn new(link: Link, statistics: Statistics, bell: Bell) -> Self {
        Self { link, statistics, bell, tries: TRIES }
    }

    /// Serves the queue until the store closes.
    pub(super) fn run(mut self, queue: &Queue) {
        while let Some(work) = queue.next() {
            if !work.is_abandoned() {
                self.serve(work);
            }
        }
    }

    /// Runs one closure, again if that may help, and answers.
    fn serve(&mut self, mut work: Box<dyn Work>) {
        let access = work.access();
        let mut result = Err(Error::Contention);
        for retry in 0..self.tries {
            if retry > 0 {
                thread::sleep(BACK_OFF * 2_u32.pow(retry - 1));
            }
            let bell = &self.bell;
            result = self.link.connection().and_then(|connection| attempt(connection, &mut *work, bell));
            if matches!(result, Err(Error::Unavailable(_) | Error::Undecided(_))) {
                self.link.drop_connection();
            }
            if !result.as_ref().is_err_and(Error::is_transient) {
                break;
            }
        }
        self.tries = if matches!(result, Err(Error::Unavailable(_))) { 1 } else { TRIES };
        match result {
            Ok(()) => work.finish(),
            Err(error) => return work.fail(error),
        }
        if access == Access::Write {
            self.count();
        }
    }

    /// Counts a write. Nobody waits for the statistics, so that nobody is told when they can't be had.
    fn count(&mut self) {
        let counted = self.link.connection().and_then(|connection| self.statistics.count(connection));
        if let Err(error) = counted {
            tracing::warn!(%error, "no statistics of the database's tables were made");
            self.link.drop_connection();
        }
    }
}

/// One transaction.
fn attempt(connection: &mut Connection, work: &mut dyn Work, bell: &Bell) -> Result<(), Error> {
    if work.access() == Access::Write {
        connection.begin()?;
    }
    let mut tx = Tx::new(Engine::Postgres(connection));
    let result = work.run(&mut tx);
    let news = tx.into_news();
    match result {
        Ok(Keep::Effects) if work.access() == Access::Write => {
            connection.commit()?;
            news.into_iter().for_each(|tenant| bell.ring(tenant));
            Ok(())
        }
        Ok(_) => connection.roll_back(),
        Err(error) => {
            connection.roll_back()?;
            Err(error)
        }
    }
}
