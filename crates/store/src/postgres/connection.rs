//! A connection to the server: its statements, its transactions, its errors.

use std::collections::HashMap;
use std::sync::Arc;

use postgres::Statement;
use postgres::error::SqlState;
use postgres::types::ToSql;

use crate::error::Error;
use crate::param::Param;
use crate::row::{Row, Source};

/// One connection, used by one thread.
pub(crate) struct Connection {
    client: postgres::Client,
    /// Prepared statements, by the address and length of their text, which is `'static`.
    prepared: HashMap<(usize, usize), Statement>,
    in_transaction: bool,
}

impl Connection {
    /// Outside of [`Connection::begin`] and its end the server refuses to change anything.
    pub(super) fn new(client: postgres::Client) -> Result<Self, Error> {
        let mut connection = Self { client, prepared: HashMap::new(), in_transaction: false };
        connection.control("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", false)?;
        Ok(connection)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Begins a transaction that may change things, in which a statement sees what was committed before the statement
    /// began.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        self.control("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", true)
    }

    /// Begins a transaction in which all statements see one state of the database.
    pub(crate) fn snapshot(&mut self) -> Result<(), Error> {
        if self.in_transaction {
            return Ok(());
        }
        self.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", true)
    }

    /// Commits.
    ///
    /// # Errors
    /// [`Error::Undecided`] if the connection broke on the way, because the server may have heard or not.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        match self.control("COMMIT", false) {
            Err(Error::Unavailable(cause)) => Err(Error::Undecided(cause)),
            result => result,
        }
    }

    /// Ends the transaction, if there is one, without keeping anything.
    pub(super) fn roll_back(&mut self) -> Result<(), Error> {
        if self.in_transaction { self.control("ROLLBACK", false) } else { Ok(()) }
    }

    /// Has statistics made of the tables.
    pub(super) fn analyze(&mut self) -> Result<(), Error> {
        self.control("ANALYZE", false)
    }

    fn control(&mut self, sql: &'static str, in_transaction: bool) -> Result<(), Error> {
        self.client.batch_execute(sql).map_err(error)?;
        self.in_transaction = in_transaction;
        Ok(())
    }

    pub(crate) fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        let statement = self.prepare(sql)?;
        self.client.execute(&statement, &arguments(params)).map_err(error)
    }

    pub(crate) fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let statement = self.prepare(sql)?;
        let rows = self.client.query(&statement, &arguments(params)).map_err(error)?;
        rows.iter().map(|row| read(&Row(Source::Postgres(row)))).collect()
    }

    fn prepare(&mut self, sql: &'static str) -> Result<Statement, Error> {
        let key = (sql.as_ptr().addr(), sql.len());
        if let Some(statement) = self.prepared.get(&key) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(error)?;
        self.prepared.insert(key, statement.clone());
        Ok(statement)
    }
}

fn arguments<'a>(params: &'a [Param<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

/// What an error of the client or the server means to a caller. The server's own text may quote values of a row, so
/// that only its main message is kept.
pub(super) fn error(error: postgres::Error) -> Error {
    let Some(answer) = error.as_db_error() else {
        // Without an answer of the server: the connection, or a value that does not fit its column.
        let broken =
            error.is_closed() || std::error::Error::source(&error).is_some_and(|s| s.is::<std::io::Error>());
        let cause: Arc<dyn std::error::Error + Send + Sync> = Arc::new(error);
        return if broken { Error::Unavailable(cause) } else { Error::Statement(cause) };
    };
    let code = answer.code();
    let refusal = Arc::new(Refusal { code: code.clone(), message: answer.message().to_owned() });
    // Class 08 is the connection's, 53 resources, 57P an administrator's shutdown.
    match code {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Error::Contention,
        &SqlState::DISK_FULL => Error::Full,
        &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => Error::Busy,
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => Error::corrupt("the server's files"),
        code if ["08", "28", "3D", "53", "57P"].iter().any(|class| code.code().starts_with(class)) => {
            Error::Unavailable(refusal)
        }
        _ => Error::Statement(refusal),
    }
}

/// What the server said, without the detail that quotes values.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {})", code.code())]
struct Refusal {
    code: SqlState,
    message: String,
}
