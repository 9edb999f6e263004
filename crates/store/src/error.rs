//! What can go wrong between Rollcall and its database.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

/// A cause that several answers can share: one failed commit is the answer to every write that was part of it.
pub type Cause = Arc<dyn StdError + Send + Sync>;

/// Why a transaction, or the opening of a store, failed.
///
/// No message holds a value of a statement, a password or a token.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The text names no database.
    #[error("this is not a database URL: {reason}")]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The SQLite file can't be made, because its folder does not exist.
    #[error("the folder {} does not exist", folder.display())]
    NoFolder {
        /// The missing folder.
        folder: PathBuf,
    },
    /// The database can't be reached, or went away, before anything was committed.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// The connection broke while the commit was on its way: the change may be stored or not.
    #[error("the connection to the database broke during a commit; whether the change is stored is unknown")]
    Undecided(#[source] Cause),
    /// The disk is full, or the database's limit on its size is reached.
    #[error("the database has no space left")]
    Full,
    /// More work is waiting than the store takes on, or a lock could not be had in time.
    #[error("the database is busy")]
    Busy,
    /// Other transactions stood in the way in each of the tries.
    #[error("the transaction met concurrent ones in each of its tries")]
    Contention,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// The record changed since the caller read it.
    #[error("the record was changed by somebody else")]
    Conflict,
    /// Another record has this value already.
    #[error("another record has the same {attribute}")]
    Uniqueness {
        /// The attribute's key, for example `username` (`scim::attribute_key`).
        attribute: String,
    },
    /// A stored value can't be read back: it was changed by something other than Rollcall.
    #[error("the database holds something unreadable at {place}")]
    Corrupt {
        /// The table, column or file.
        place: String,
    },
    /// The tables could not be brought to this version's form.
    #[error("the database could not be migrated")]
    Migration(#[source] Cause),
    /// The database refused a statement: a mistake in Rollcall.
    #[error("the database refused a statement")]
    Statement(#[source] Cause),
    /// A search took longer than its caller waits for it.
    #[error("the search took too long")]
    Deadline,
    /// The closure of a transaction panicked; its effects were rolled back.
    #[error("a transaction ended in a panic")]
    Panicked,
}

impl Error {
    /// Keeps an error as a shared cause.
    pub(crate) fn unavailable(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(cause))
    }

    /// A value that can't be read back.
    #[must_use]
    pub fn corrupt(place: impl Into<String>) -> Self {
        Self::Corrupt { place: place.into() }
    }

    /// True if the same transaction may do better in another try, because nothing of it was kept.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contention)
    }

    /// What an administrator should look at next, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Url { .. } => {
                Some("write sqlite:PATH, for example sqlite:rollcall.db, or postgres://USER@HOST/DATABASE")
            }
            Self::NoFolder { .. } => Some("make the folder first; Rollcall makes only the file"),
            Self::Unavailable(_) => Some(
                "check that the database runs, that Rollcall may read and write it, and, with TLS, that its certificate \
                 is trusted here (SSL_CERT_FILE names further ones; sslmode=disable does without TLS)",
            ),
            Self::Undecided(_) => Some("read the record again before repeating the change"),
            Self::Full => Some("free some space on the volume of the database; no change was lost"),
            Self::Busy | Self::Contention => Some("try again in a moment"),
            Self::Corrupt { .. } => {
                Some("restore the last backup, or look at this place with a database client")
            }
            Self::Migration(_) => Some(
                "was this database written by a newer Rollcall? Start that version, or restore the backup",
            ),
            Self::Deadline => {
                Some("search by an attribute that has an index, such as userName or externalId")
            }
            Self::Closed | Self::Conflict | Self::Uniqueness { .. } | Self::Statement(_) | Self::Panicked => {
                None
            }
        }
    }
}
