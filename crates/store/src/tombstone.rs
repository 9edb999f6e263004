//! Deleted resources as they were, until they come back or are purged. [`crate::resource::delete`] makes them.

use jiff::Timestamp;
use model::resource::Origin;
use model::{ResourceId, TenantId};
use serde_json::{Map, Value};

use crate::{Error, Row, Tx, list, params};

/// A deleted resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone {
    /// The id it had. Nobody else ever gets it (RFC 7643 §3.1).
    pub id: ResourceId,
    /// Its last document.
    pub document: Map<String, Value>,
    /// Its last version.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub origin: Origin,
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
        "SELECT resource_id, document, version, created, origin, deleted FROM tombstone
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id],
        read,
    )
}

/// How many deleted resources of a type could still come back.
///
/// # Errors
/// A statement's.
pub fn count(tx: &mut Tx<'_>, tenant: TenantId, resource_type: &str) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM tombstone WHERE tenant_id = $1 AND resource_type = $2",
        params![tenant, resource_type],
        |row| row.get(0),
    )
}

/// Keeps what a resource that is about to be deleted was, and by what it is recognised.
pub(crate) fn leave(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO tombstone (tenant_id, resource_type, resource_id, document, version, created, origin, deleted)
         SELECT tenant_id, resource_type, resource_id, document, version, created, origin, $4 FROM resource
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3 ON CONFLICT DO NOTHING",
        params![tenant, resource_type, id, at],
    )?;
    tx.execute(
        "INSERT INTO tombstone_key (tenant_id, resource_type, attribute, value, resource_id, deleted, is_alias)
         SELECT tenant_id, resource_type, attribute, value, resource_id, $4, is_alias FROM attr
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3
         AND attribute IN ('username', 'externalid') ON CONFLICT DO NOTHING",
        params![tenant, resource_type, id, at],
    )?;
    Ok(())
}

/// Takes the tombstone of a resource that comes back away, and gives the resource its aliases back. `None`: somebody
/// else has just done so, or it was purged.
///
/// # Errors
/// A statement's.
pub fn lift(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<Option<Tombstone>, Error> {
    let Some(lifted) = tx.query_opt(
        "DELETE FROM tombstone WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3
         RETURNING resource_id, document, version, created, origin, deleted",
        params![tenant, resource_type, id],
        read,
    )?
    else {
        return Ok(None);
    };
    tx.execute(
        "INSERT INTO attr (tenant_id, resource_type, attribute, value, resource_id, is_unique, is_alias)
         SELECT tenant_id, resource_type, attribute, value, resource_id, 1, 1 FROM tombstone_key
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3 AND is_alias = 1 ON CONFLICT DO NOTHING",
        params![tenant, resource_type, id],
    )?;
    forget_keys(tx, tenant, &[id])?;
    Ok(Some(lifted))
}

/// Forgets for good what was deleted before an instant, the oldest first and `limit` at most. Answers what can't come back
/// from now on.
///
/// # Errors
/// A statement's.
pub fn purge(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<ResourceId>, Error> {
    // What is lifted at the same time is selected and not deleted: only what the DELETE answers is gone.
    let purged = tx.query(
        "DELETE FROM tombstone WHERE tenant_id = $1 AND resource_id = ANY (ARRAY(SELECT o.resource_id
         FROM tombstone AS o WHERE o.tenant_id = $1 AND o.deleted < $2 ORDER BY o.deleted LIMIT $3))
         RETURNING resource_id",
        params![tenant, before, limit],
        |row| row.get(0),
    )?;
    forget_keys(tx, tenant, &purged)?;
    Ok(purged)
}

/// Nobody is recognised any more by what these were called.
fn forget_keys(tx: &mut Tx<'_>, tenant: TenantId, ids: &[ResourceId]) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM tombstone_key WHERE tenant_id = $1
         AND resource_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($2::text::json)))",
        params![tenant, &list::of(ids)],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Tombstone, Error> {
    Ok(Tombstone {
        id: row.get(0)?,
        document: row.get(1)?,
        version: row.get(2)?,
        created: row.get(3)?,
        origin: row.parse(4, "tombstone.origin", |text| text.parse().ok())?,
        deleted: row.get(5)?,
    })
}
