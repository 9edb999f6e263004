//! What a closure of `Store::write` or `Store::read` works with.

use model::TenantId;

use crate::error::Error;
use crate::param::Param;
use crate::row::Row;
use crate::{postgres, sqlite};

/// A transaction (in `write`), or a connection for reading (in `read`).
///
/// A statement that fails ends the transaction: whatever the closure answers then, nothing it did is kept. Both
/// engines hold to this, because PostgreSQL knows no other way.
pub struct Tx<'c> {
    connection: Connection<'c>,
    failure: Option<Error>,
    changes_access: bool,
    news_of: Vec<TenantId>,
}

pub(crate) enum Connection<'c> {
    Sqlite(&'c sqlite::Connection),
    Postgres(&'c mut postgres::Connection),
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: Connection<'c>) -> Self {
        Self { connection, failure: None, changes_access: false, news_of: Vec::new() }
    }

    /// The first failure of a statement, if there was one.
    pub(crate) fn failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// Notes that the transaction changes who may do what: a token, its tenant or its connection. Whoever remembers
    /// those is told with the commit ([`crate::Store::access_changes`]).
    pub fn changes_access(&mut self) {
        self.changes_access = true;
    }

    pub(crate) fn has_changed_access(&self) -> bool {
        self.changes_access
    }

    /// Notes that there is news in the change feed of a tenant. Whoever listens is told with the commit
    /// ([`crate::Store::listen`]).
    pub(crate) fn has_news_of(&mut self, tenant: TenantId) {
        if self.news_of.last() != Some(&tenant) {
            self.news_of.push(tenant);
        }
    }

    /// The tenants whose change feeds have news once the transaction is committed.
    pub(crate) fn into_news(self) -> Vec<TenantId> {
        self.news_of
    }

    /// Runs a statement that answers no rows, and tells how many rows it changed.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Full`], [`Error::Contention`] or [`Error::Unavailable`]. Whatever it is, the
    /// transaction is over; hand the error on.
    pub fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => connection.execute(sql, params),
            Connection::Postgres(connection) => connection.execute(sql, params),
        };
        result.inspect_err(|error| self.fail(error))
    }

    /// Runs a statement and reads each row of its answer.
    ///
    /// # Errors
    /// As [`Tx::execute`], and whatever `read` answers.
    pub fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => connection.query(sql, params, read),
            Connection::Postgres(connection) => connection.query(sql, params, read),
        };
        result.inspect_err(|error| self.fail(error))
    }

    /// Runs a statement and reads the first row of its answer, if there is one.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn query_opt<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }

    /// Runs a statement that always answers one row, such as a count, and reads it.
    ///
    /// # Errors
    /// As [`Tx::query`]; [`Error::Corrupt`] if there is no row.
    pub fn query_one<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.query_opt(sql, params, read)?.ok_or_else(|| Error::corrupt("a count"))
    }

    /// In a read: lets all statements from here on see one state of the database. In a write this must not be used.
    ///
    /// SQLite's reads always do. PostgreSQL's need a transaction for it, which costs two round trips; without it each
    /// statement sees what was committed before the statement began.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn snapshot(&mut self) -> Result<(), Error> {
        let result = match &mut self.connection {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres(connection) => connection.snapshot(),
        };
        result.inspect_err(|error| self.fail(error))
    }

    /// What a closure answers when a concurrent transaction stood in its way and another try may do better: on
    /// PostgreSQL the closure is run again, in a transaction that sees what the other one did.
    pub fn contended(&mut self) -> Error {
        self.fail(&Error::Contention);
        Error::Contention
    }

    fn fail(&mut self, error: &Error) {
        if self.failure.is_none() {
            self.failure = Some(error.clone());
        }
    }
}
