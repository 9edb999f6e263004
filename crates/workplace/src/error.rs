//! Why something of a workplace could not be done.

use application::resources;
use uuid::Uuid;

use crate::limits::MAX_NAME;

/// What was asked for and can't be, or what failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Everything must be called something.
    #[error("a name can't be empty, nor longer than {MAX_NAME} characters")]
    Name,
    /// Another one is called so.
    #[error("a {what} is already called {name:?}; a name must tell one from all others")]
    Taken {
        /// What it is.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The tenant has no such thing.
    #[error("the tenant has no {what} {id}")]
    Unknown {
        /// What it would be.
        what: &'static str,
        /// Its id.
        id: Uuid,
    },
    /// What was asked for makes no sense, whatever there is.
    #[error("{0}")]
    Invalid(String),
    /// It contradicts what there is.
    #[error("{0}")]
    Conflict(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// [`Error::Unknown`].
    pub(crate) fn unknown(what: &'static str, id: impl Into<Uuid>) -> Self {
        Self::Unknown { what, id: id.into() }
    }
}

impl From<Error> for resources::Error {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Name | Error::Invalid(_) => 400,
            Error::Unknown { .. } => 404,
            Error::Taken { .. } | Error::Conflict(_) => 409,
            Error::Store(failure) => return Self::Store(failure.clone()),
        };
        Self::Refused(scim::Error::new(status, error.to_string()))
    }
}
