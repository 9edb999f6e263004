//! Deleting a resource (RFC 7644 §3.6).

use model::ResourceId;
use store::{Tx, member, resource};

use super::record::Event;
use super::{Error, Operation};
use crate::GROUP;

/// Deletes a resource. It leaves its document as a tombstone, and the groups it was in without it.
///
/// # Errors
/// 404 if there is none, also the second time; the store's.
pub fn delete(tx: &mut Tx<'_>, operation: &Operation, id: ResourceId) -> Result<(), Error> {
    let tenant = operation.tenant;
    // Groups are locked before their members, as by those who change a group.
    let groups = member::groups_of(tx, tenant, id)?;
    resource::lock_for_update(tx, tenant, GROUP, &groups)?;
    let before = operation.lock_for_delete(tx, id)?;
    let groups = member::remove_everywhere(tx, tenant, id)?;
    operation.bump_groups(tx, &groups)?;
    member::clear(tx, tenant, id)?;
    resource::delete(tx, tenant, operation.kind.id(), id, operation.at)?;
    operation.record(tx, Event::Deleted(&before), 0)
}
