//! The queues in front of the threads that own connections, and the threads themselves.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::error::Error;
use crate::sqlite;
use crate::work::{Access, Work};

/// Closures that may wait. At 10,000 a second this is half a second's work: what comes on top is better told to try
/// again than to wait longer than its client will.
const WAITING: usize = 4096;

/// The threads' end of a queue; several threads may share one.
#[derive(Clone)]
pub(crate) struct Queue(Receiver<Box<dyn Work>>);

impl Queue {
    /// Waits for the next closure. `None`: the store is closed and nothing is left to do.
    pub(crate) fn next(&self) -> Option<Box<dyn Work>> {
        self.0.recv().ok()
    }

    /// The next closure, if one is waiting already.
    pub(crate) fn try_next(&self) -> Option<Box<dyn Work>> {
        self.0.try_recv().ok()
    }
}

/// The callers' end of a queue.
#[derive(Clone)]
pub(crate) struct Entrance(Sender<Box<dyn Work>>);

/// A new queue.
pub(crate) fn queue() -> (Entrance, Queue) {
    let (sender, receiver) = crossbeam_channel::bounded(WAITING);
    (Entrance(sender), Queue(receiver))
}

/// The threads of one store, and the entrances to their queues.
pub(crate) struct Crew {
    entrances: RwLock<Option<Entrances>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Connections for closures that are run where they are submitted.
    here: Mutex<Vec<sqlite::Connection>>,
}

struct Entrances {
    write: Entrance,
    read: Entrance,
}

impl Crew {
    /// A crew without threads. Both entrances may lead to one queue. `here` are connections for
    /// [`Crew::serve_or_submit`].
    pub(crate) fn new(write: Entrance, read: Entrance, here: Vec<sqlite::Connection>) -> Self {
        let entrances = RwLock::new(Some(Entrances { write, read }));
        Self { entrances, threads: Mutex::default(), here: Mutex::new(here) }
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

    /// Puts a closure into its queue.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many wait there; [`Error::Closed`].
    pub(crate) fn submit(&self, work: Box<dyn Work>) -> Result<(), Error> {
        let entrances = self.entrances.read().unwrap_or_else(PoisonError::into_inner);
        let entrances = entrances.as_ref().ok_or(Error::Closed)?;
        let entrance = match work.access() {
            Access::Read => &entrances.read,
            Access::Write => &entrances.write,
        };
        entrance.0.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Closed,
        })
    }

    /// Runs a closure that reads at once on this thread, if a connection for that is idle, else puts it into its queue.
    ///
    /// # Errors
    /// As [`Crew::submit`].
    pub(crate) fn serve_or_submit(&self, work: Box<dyn Work>) -> Result<(), Error> {
        let Some(connection) = self.idle().pop() else { return self.submit(work) };
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

    /// Takes no more work, and waits until what waits is done and the threads have ended.
    pub(crate) fn close(&self) {
        self.entrances.write().unwrap_or_else(PoisonError::into_inner).take();
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
