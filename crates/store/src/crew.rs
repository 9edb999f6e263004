//! The threads of a store, which own its connections.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use crate::error::Error;
use crate::news::{Bell, Listener};
use crate::queue::{Entrance, Lane};
use crate::sqlite;
use crate::work::{Access, Work};

/// The threads, and the entrances to their queues.
pub(crate) struct Crew {
    entrances: RwLock<Option<Entrances>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Connections for closures that are run where they are submitted.
    here: Mutex<Vec<sqlite::Connection>>,
    access_changes: Option<sqlite::AccessChanges>,
    bell: Bell,
}

/// How many closures wait for a connection. Where one queue serves both, both numbers are its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Closures that read.
    pub reads: usize,
    /// Closures that write.
    pub writes: usize,
}

struct Entrances {
    write: Entrance,
    read: Entrance,
}

impl Crew {
    /// A crew without threads. Both entrances may lead to one queue. `here` are connections for
    /// [`Crew::serve_or_submit`].
    pub(crate) fn new(
        write: Entrance,
        read: Entrance,
        here: Vec<sqlite::Connection>,
        access_changes: Option<sqlite::AccessChanges>,
        bell: Bell,
    ) -> Self {
        let entrances = RwLock::new(Some(Entrances { write, read }));
        Self { entrances, threads: Mutex::default(), here: Mutex::new(here), access_changes, bell }
    }

    /// How often it has changed who may do what, if that can be told and the crew is not closed.
    pub(crate) fn access_changes(&self) -> Option<u64> {
        let changes = self.access_changes.as_ref()?;
        let is_open = self.entrances.read().unwrap_or_else(PoisonError::into_inner).is_some();
        is_open.then(|| changes.get().ok()).flatten()
    }

    /// Hears of changes that the crew commits.
    pub(crate) fn listen(&self) -> Listener {
        self.bell.listen()
    }

    /// Starts a thread that serves a queue until it is empty and closed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the system has no thread to give.
    pub(crate) fn hire(&self, name: &str, serve: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(serve).map_err(Error::unavailable)?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Puts a closure into its lane of its queue.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many wait there; [`Error::Closed`].
    pub(crate) fn submit(&self, lane: Lane, work: Box<dyn Work>) -> Result<(), Error> {
        let entrances = self.entrances.read().unwrap_or_else(PoisonError::into_inner);
        let entrances = entrances.as_ref().ok_or(Error::Closed)?;
        let entrance = match work.access() {
            Access::Read => &entrances.read,
            Access::Write => &entrances.write,
        };
        entrance.push(lane, work)
    }

    /// Runs a closure that reads at once on this thread, if a connection for that is idle, else puts it into its queue.
    ///
    /// # Errors
    /// As [`Crew::submit`].
    pub(crate) fn serve_or_submit(&self, lane: Lane, work: Box<dyn Work>) -> Result<(), Error> {
        let Some(connection) = self.idle().pop() else { return self.submit(lane, work) };
        sqlite::serve(&connection, work);
        self.give_back(connection);
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<sqlite::Connection>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a connection for the next closure, unless the store was closed meanwhile.
    fn give_back(&self, connection: sqlite::Connection) {
        let entrances = self.entrances.read().unwrap_or_else(PoisonError::into_inner);
        if entrances.is_some() {
            self.idle().push(connection);
        }
    }

    /// How many closures wait; none in a crew that is closed.
    pub(crate) fn waiting(&self) -> Waiting {
        let entrances = self.entrances.read().unwrap_or_else(PoisonError::into_inner);
        let lengths =
            entrances.as_ref().map(|e| Waiting { reads: e.read.length(), writes: e.write.length() });
        lengths.unwrap_or_default()
    }

    /// Takes no more work, and waits until what waits is done and the threads have ended.
    pub(crate) fn close(&self) {
        let entrances = self.entrances.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Entrances { write, read }) = entrances {
            write.close();
            read.close();
        }
        self.idle().clear();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // The last owner of a store may be one of its own closures, which can't wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.close();
    }
}
