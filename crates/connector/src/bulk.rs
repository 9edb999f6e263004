//! Several writes in one request.

use crate::{Error, Operation, TargetObject};
use async_trait::async_trait;

/// What became of one operation of a bulk request. `None`: it was not done, and has to be sent by itself, where it may be
/// done another way.
pub type BulkOutcome = Option<Result<TargetObject, Error>>;

/// A target that takes several writes in one request (RFC 7644 §3.7).
#[async_trait]
pub trait Bulk: Send + Sync {
    /// The most operations that one request takes; two at least.
    fn most(&self) -> usize;

    /// How many of these operations, from the first on, go into one request. 0: the first one has to be sent by itself.
    fn fit(&self, operations: &[&Operation]) -> usize;

    /// Writes operations that do not depend on each other, as many as [`Bulk::fit`], with one request, and tells of each,
    /// in the order given, what [`crate::Target::export`] would have told.
    ///
    /// An operation that the answer does not tell of, or whose answer is lost, may have happened: [`Error::Transient`].
    async fn write(&self, operations: &[&Operation]) -> Vec<BulkOutcome>;
}
