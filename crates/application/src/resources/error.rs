//! Why a resource could not be written or read.

use crate::TypeProfile;

/// What the client did, or what failed us.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The client asked for something it can't have.
    #[error(transparent)]
    Refused(#[from] scim::Error),
    /// The store failed. Nothing was kept, unless it says otherwise.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// A value that another resource has is the client's mistake (RFC 7644 §3.3.1); the client knows the attribute by
    /// the name in its schema.
    pub(super) fn of_rows(error: store::Error, kind: &TypeProfile) -> Self {
        match error {
            store::Error::Uniqueness { attribute } => {
                Self::Refused(scim::Error::uniqueness(&kind.attribute_name(&attribute)))
            }
            failure => Self::Store(failure),
        }
    }
}
