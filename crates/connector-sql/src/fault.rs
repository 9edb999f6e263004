//! Failures of PostgreSQL by what the engine must do about them.

use connector::{Error, Interruption};
use tokio_postgres::error::SqlState;

const REACH: &str = "check url in the job's [source]: host, port and database, and that a certificate authority known \
                     here (ca_file) signed the server's certificate for that host name";
const PASSWORD: &str = "correct the role and password in source.url of the job, and test the connection";
const QUERY: &str = "correct the query in the job's [source], or the rights of its role; nothing was provisioned and \
                     nothing deleted";

/// A connection that could not be made.
pub(crate) fn unreachable(place: &str, error: tokio_postgres::Error) -> Error {
    let refused = [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION];
    match error.as_db_error() {
        Some(said) if refused.contains(said.code()) => {
            Error::credential(format!("{place} refuses the role and password in url"), PASSWORD)
        }
        Some(said) => Error::source(place, format!("refuses the connection: {}", said.message()), REACH),
        None => Error::source(place, "can't be reached", REACH).caused_by(error),
    }
}

/// A server that does not answer while a connection is made.
pub(crate) fn silent(place: &str) -> Error {
    Error::source(place, "does not answer", REACH)
}

/// An answer that does not come.
pub(crate) fn late(query: &str) -> Error {
    Error::transient(Interruption::Timeout, format!("the {query} query takes too long"))
}

/// A statement that failed.
pub(crate) fn failed(query: &str, error: tokio_postgres::Error) -> Error {
    let Some(said) = error.as_db_error() else {
        let broken = format!("the connection broke in the {query} query");
        return Error::transient(Interruption::Connection, broken).caused_by(error);
    };
    if *said.code() == SqlState::QUERY_CANCELED {
        return late(query);
    }
    wrong(query, format!("fails: {} ({})", said.message(), said.code().code()))
}

/// A query whose rows are not as they should be.
pub(crate) fn wrong(query: &str, detail: impl Into<String>) -> Error {
    Error::source(format!("the {query} query"), detail, QUERY)
}
