//! Deleting a resource (RFC 7644 §3.6).

use model::ResourceId;
use store::{Tx, member, resource};

use super::record::Event;
use super::{Error, Operation};

/// Deletes a resource. It leaves its document as a tombstone, and the groups it was in without it.
///
/// # Errors
/// 404 if there is none, also the second time; the store's.
pub fn delete(tx: &mut Tx<'_>, operation: &Operation, id: ResourceId) -> Result<(), Error> {
    let before = operation.lock(tx, id)?;
    for group in member::remove_everywhere(tx, operation.tenant, id)? {
        operation.bump_group(tx, group)?;
    }
    member::clear(tx, operation.tenant, id)?;
    resource::delete(tx, operation.tenant, operation.kind.id(), id, operation.at)?;
    operation.record(tx, Event::Deleted(&before), 0)
}
