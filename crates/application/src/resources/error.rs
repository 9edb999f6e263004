//! Why a resource could not be written or read.

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
