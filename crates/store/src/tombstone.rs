//! Deleted resources as they were. [`crate::resource::delete`] makes them.

use jiff::Timestamp;
use model::{ResourceId, TenantId};
use serde_json::{Map, Value};

use crate::{Error, Tx, params};

/// A deleted resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone {
    /// The id it had; it is never used again (RFC 7643 §3.1).
    pub id: ResourceId,
    /// Its last document.
    pub document: Map<String, Value>,
    /// When it was deleted.
    pub deleted: Timestamp,
}

/// The tombstone of a resource.
///
/// # Errors
/// A statement's.
pub fn get(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<Option<Tombstone>, Error> {
    tx.query_opt(
        "SELECT resource_id, document, deleted FROM tombstone
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id],
        |row| Ok(Tombstone { id: row.get(0)?, document: row.get(1)?, deleted: row.get(2)? }),
    )
}

/// Forgets for good what was deleted before an instant. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, tenant: TenantId, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM tombstone WHERE tenant_id = $1 AND deleted < $2", params![tenant, before])
}
