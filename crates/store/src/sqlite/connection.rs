//! A connection to the file: its settings, its statements, its errors.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;
use rusqlite::config::DbConfig;

use crate::error::Error;
use crate::param::Param;
use crate::row::{Row, Source};
use crate::translate;

/// How long a write waits for another process's write.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// Between two tries for the lock. SQLite's own handler backs off to 100 ms, which is many fsyncs long.
const LOCK_POLL: Duration = Duration::from_millis(1);

/// More distinct statements than Rollcall has.
const STATEMENTS: usize = 512;

/// `FULL` syncs the log at each commit, so that what was answered survives a power cut.
/// Foreign keys are not used: rows are deleted by statements of their own. A checkpoint after each 16 MiB of log writes
/// a page that many commits changed once, instead of four times. The first 2 GiB of the file, which is the most that SQLite
/// allows, are mapped into memory, so that a read copies no pages.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
    PRAGMA mmap_size = 2147418112;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA wal_autocheckpoint = 4000;
";

/// One connection, used by one thread.
pub(crate) struct Connection {
    raw: rusqlite::Connection,
    /// SQLite's text of each statement, by the address and length of the text it was translated from: that text is
    /// `'static`, so that it is always the same text.
    translated: RefCell<HashMap<(usize, usize), Arc<str>>>,
}

impl Connection {
    /// Opens the file, which [`super::turn::Turn`] has made.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut raw = rusqlite::Connection::open(path).map_err(error)?;
        let mut since = Instant::now();
        raw.busy_handler(Some(move |tries| {
            if tries == 0 {
                since = Instant::now();
            }
            std::thread::sleep(LOCK_POLL);
            since.elapsed() < LOCK_TIMEOUT
        }))
        .map_err(error)?;
        raw.execute_batch(SETTINGS).map_err(error)?;
        // Otherwise a statement whose plan might be better for another value is prepared again whenever one is bound,
        // which for a search costs more than the search.
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(error)?;
        raw.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { raw, translated: RefCell::default() })
    }

    /// Opens the file for a reader thread. A statement that writes is refused.
    pub(crate) fn open_for_reading(path: &Path) -> Result<Self, Error> {
        let connection = Self::open(path)?;
        connection.raw.execute_batch("PRAGMA query_only = ON").map_err(error)?;
        Ok(connection)
    }

    /// For migrations, which bring their own statements.
    pub(crate) fn raw(&mut self) -> &mut rusqlite::Connection {
        &mut self.raw
    }

    /// True when no transaction is open, also because an error such as a full disk rolled it back.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.raw.is_autocommit()
    }

    /// Runs a statement that controls the transaction.
    pub(crate) fn control(&self, sql: &'static str) -> Result<(), Error> {
        self.raw.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(error)
    }

    pub(crate) fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        let mut statement = self.raw.prepare_cached(&self.translate(sql)).map_err(error)?;
        let changed = statement.execute(rusqlite::params_from_iter(params)).map_err(error)?;
        Ok(changed as u64)
    }

    pub(crate) fn query<T>(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.raw.prepare_cached(&self.translate(sql)).map_err(error)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(error)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(error)? {
            found.push(read(&Row(Source::Sqlite(row)))?);
        }
        Ok(found)
    }

    fn translate(&self, sql: &'static str) -> Arc<str> {
        let key = (sql.as_ptr().addr(), sql.len());
        Arc::clone(
            self.translated.borrow_mut().entry(key).or_insert_with(|| translate::to_sqlite(sql).into()),
        )
    }
}

/// What an error of SQLite means to a caller.
pub(crate) fn error(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::corrupt("the database file"),
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
        ) => Error::unavailable(error),
        Some(_) | None => Error::Statement(Arc::new(error)),
    }
}
