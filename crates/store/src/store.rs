//! The store: opening it, and running transactions in it.

use std::sync::Arc;

use model::TenantId;

use crate::crew::{Crew, Waiting};
use crate::error::Error;
use crate::migrate::{self, Tree};
use crate::news::Listener;
use crate::queue::Lane;
use crate::tx::Tx;
use crate::url::{DatabaseUrl, Place};
use crate::work::{self, Access};
use crate::{postgres, sqlite};

/// An open database. A clone is another handle of the same one.
///
/// The threads end when the last handle is dropped, or with [`Store::close`]; work that waits is done first.
#[derive(Clone)]
pub struct Store {
    crew: Arc<Crew>,
    lane: Lane,
}

impl Store {
    /// Opens the database and brings its tables to this version's form. Any number of processes may do so at once.
    ///
    /// Blocks until done; call it before serving, or from a thread that may block.
    ///
    /// # Errors
    /// [`Error::NoFolder`], [`Error::Unavailable`], [`Error::Corrupt`] or [`Error::Migration`].
    pub fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        Self::open_with(url, &[])
    }

    /// As [`Store::open`], with the tables of applications.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(url: &DatabaseUrl, applications: &[Tree]) -> Result<Self, Error> {
        let trees: Vec<Tree> = [migrate::STORE].into_iter().chain(applications.iter().copied()).collect();
        let crew = match &url.0 {
            Place::Sqlite(path) => sqlite::start(path, &trees)?,
            Place::Postgres(config) => postgres::start(config, &trees)?,
        };
        Ok(Self { crew: Arc::new(crew), lane: None })
    }

    /// A handle for what is done on behalf of a tenant. Tenants take turns at the store's threads, so that one that has
    /// much to do does not hold up the others.
    #[must_use]
    pub fn of_tenant(&self, tenant: TenantId) -> Self {
        Self { crew: Arc::clone(&self.crew), lane: Some(tenant) }
    }

    /// Runs a closure that may change things, whole and alone, on a thread that owns a connection.
    ///
    /// Answers `Ok` when what it did is durable. If the closure answers an error or panics, nothing of it is kept.
    /// The closure is `Fn`, because on PostgreSQL it is run again when a concurrent transaction stood in its way or
    /// the connection broke before the commit was sent: it must have no effect but through `tx`. If the caller stops
    /// waiting before the closure has begun, it never runs.
    ///
    /// # Errors
    /// The closure's own; [`Error::Busy`], [`Error::Unavailable`], [`Error::Undecided`], [`Error::Full`],
    /// [`Error::Contention`], [`Error::Panicked`] or [`Error::Closed`] as an `E`.
    pub async fn write<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(Access::Write, run).await
    }

    /// Runs a closure that only reads. On SQLite it sees one state of the database throughout; on PostgreSQL each
    /// statement sees the state of its own beginning, unless the closure calls [`Tx::snapshot`] first.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn read<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(Access::Read, run).await
    }

    /// [`Store::read`] for a read of a few rows by their keys. On SQLite it is done at once, on the caller's thread: to
    /// hand such a read to another thread costs several times the read. Whatever may take longer than some
    /// microseconds is for [`Store::read`], because it would hold up everybody else of the caller's thread.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn look_up<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (work, answer) = work::pack(Access::Read, run);
        self.crew.serve_or_submit(self.lane, work)?;
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// [`Store::write`] for a thread that is not one of an async runtime.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run_blocking(Access::Write, run)
    }

    /// [`Store::read`] for a thread that is not one of an async runtime.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run_blocking(Access::Read, run)
    }

    /// A number that has grown when, since the last time it was asked for, any process has committed a change of tokens,
    /// tenants or connections ([`Tx::changes_access`]): what was read of them before is to be read again. `None`: nobody
    /// can tell, as on PostgreSQL or once the store is closed, so that it is to be read each time.
    ///
    /// A process that dies between its commit and counting it leaves the number as it was.
    #[must_use]
    pub fn access_changes(&self) -> Option<u64> {
        self.crew.access_changes()
    }

    /// Hears of news in change feeds from now on, as far as this process commits it. Others' has to be looked for
    /// ([`crate::feed::heads`]), so whoever listens looks now and then as well.
    #[must_use]
    pub fn listen(&self) -> Listener {
        self.crew.listen()
    }

    /// How many transactions of all handles wait for a connection now.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.crew.waiting()
    }

    /// Takes no more work on any handle, does what waits, and ends the threads. Blocks until then.
    pub fn close(&self) {
        self.crew.close();
    }

    async fn run<T, E, F>(&self, access: Access, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (work, answer) = work::pack(access, run);
        self.crew.submit(self.lane, work)?;
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    fn run_blocking<T, E, F>(&self, access: Access, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (work, answer) = work::pack(access, run);
        self.crew.submit(self.lane, work)?;
        answer.blocking_recv().unwrap_or_else(|_| Err(Error::Closed.into()))
    }
}
