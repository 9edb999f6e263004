//! Users and groups: a document each, without what is kept in rows of its own (memberships, `id`, `meta`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::resource::{Origin, StoredResource};
use model::{ResourceId, TenantId};
use serde_json::{Map, Value};

use crate::position::{self, Positions};
use crate::row::Column;
use crate::{Error, Row, Tx, list, params, tombstone};

/// Adds a resource that somebody made.
///
/// # Errors
/// A statement's; ids are never used twice.
pub fn insert(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    resource: &StoredResource,
    origin: &Origin,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO resource (tenant_id, resource_type, resource_id, document, version, created, modified, origin)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            tenant,
            resource_type,
            resource.id,
            &text(&resource.document)?,
            resource.version,
            resource.created,
            resource.modified,
            &origin.to_string()
        ],
    )?;
    position::came(tx, tenant, resource_type, resource.id)
}

/// Who made a resource; `None` if there is none.
///
/// # Errors
/// A statement's.
pub fn origin(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<Option<Origin>, Error> {
    tx.query_opt(
        "SELECT origin FROM resource WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id],
        |row| row.parse(0, "resource.origin", |text| text.parse().ok()),
    )
}

/// One resource.
///
/// # Errors
/// A statement's.
pub fn get(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<Option<StoredResource>, Error> {
    tx.query_opt(
        "SELECT resource_id, document, version, created, modified FROM resource
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id],
        read,
    )
}

/// One resource to be shown, with the text of its document: nobody looks into it, so it is not parsed.
///
/// # Errors
/// A statement's.
pub fn get_text(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<Option<StoredResource<String>>, Error> {
    tx.query_opt(
        "SELECT resource_id, document, version, created, modified FROM resource
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id],
        read,
    )
}

/// One resource that this transaction is going to change: until its end nobody else can change or delete it. This is
/// how a change without `If-Match` loses no concurrent one. Others may make it a member of groups meanwhile.
///
/// Locks are taken in this order, so that nobody waits in a circle: the group that changes, or the groups that a
/// deleted resource leaves ([`lock_for_update`]); then [`crate::nesting::lock`]; then members ([`lock_many`]), or the
/// deleted resource ([`get_for_delete`]); several of one kind by their ids.
///
/// # Errors
/// A statement's.
pub fn get_for_update(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<Option<StoredResource>, Error> {
    tx.query_opt(
        "SELECT resource_id, document, version, created, modified FROM resource
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3 FOR NO KEY UPDATE",
        params![tenant, resource_type, id],
        read,
    )
}

/// One resource that this transaction is going to delete: until its end nobody else can change it, delete it or make
/// it a member.
///
/// # Errors
/// A statement's.
pub fn get_for_delete(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<Option<StoredResource>, Error> {
    tx.query_opt(
        "SELECT resource_id, document, version, created, modified FROM resource
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3 FOR UPDATE",
        params![tenant, resource_type, id],
        read,
    )
}

/// Resources that this transaction is going to change, as [`get_for_update`] does for one.
///
/// # Errors
/// A statement's.
pub fn lock_for_update(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    ids: &[ResourceId],
) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    tx.query(
        "SELECT resource_id FROM resource
         WHERE tenant_id = $1 AND resource_type = $2
         AND resource_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))
         ORDER BY resource_id FOR NO KEY UPDATE",
        params![tenant, resource_type, &list::of(ids)],
        |_| Ok(()),
    )?;
    Ok(())
}

/// Lets a resource be somebody else's from now on.
///
/// # Errors
/// A statement's.
pub fn set_origin(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
    origin: &Origin,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE resource SET origin = $4 WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id, &origin.to_string()],
    )?;
    Ok(())
}

/// Those of these resources that exist, in the order of their ids.
///
/// # Errors
/// A statement's.
pub fn get_many<Document: Column>(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    ids: &[ResourceId],
) -> Result<Vec<StoredResource<Document>>, Error> {
    tx.query(
        "SELECT resource_id, document, version, created, modified FROM resource
         WHERE tenant_id = $1 AND resource_type = $2
         AND resource_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json))) ORDER BY resource_id",
        params![tenant, resource_type, &list::of(ids)],
        read,
    )
}

/// Those of these resources that exist, in the order of their ids. Until this transaction ends nobody else can
/// delete them; others may hold them at the same time, as when one user joins many groups.
///
/// # Errors
/// A statement's.
pub fn lock_many(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    ids: &[ResourceId],
) -> Result<Vec<ResourceId>, Error> {
    tx.query(
        "SELECT resource_id FROM resource
         WHERE tenant_id = $1 AND resource_type = $2
         AND resource_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))
         ORDER BY resource_id FOR KEY SHARE",
        params![tenant, resource_type, &list::of(ids)],
        |row| row.get(0),
    )
}

/// Stores a resource's new document, version and time, if it still has the version `expected`.
///
/// # Errors
/// [`Error::Conflict`] if it was changed or deleted since.
pub fn update(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    resource: &StoredResource,
    expected: i64,
) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE resource SET document = $4, version = $5, modified = $6
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3 AND version = $7",
        params![
            tenant,
            resource_type,
            resource.id,
            &text(&resource.document)?,
            resource.version,
            resource.modified,
            expected
        ],
    )?;
    if changed == 0 { Err(Error::Conflict) } else { Ok(()) }
}

/// Gives resources their next versions because rows of their own changed, such as a group's members, and `at` as
/// their time unless one has a later one. Answers the versions of those that exist, in the order of their ids.
///
/// # Errors
/// A statement's.
pub fn bump(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    ids: &[ResourceId],
    at: Timestamp,
) -> Result<BTreeMap<ResourceId, i64>, Error> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let versions = tx.query(
        "UPDATE resource
         SET version = version + 1, modified = CASE WHEN modified > $4 THEN modified ELSE $4 END
         WHERE tenant_id = $1 AND resource_type = $2
         AND resource_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))
         RETURNING resource_id, version",
        params![tenant, resource_type, &list::of(ids), at],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(versions.into_iter().collect())
}

/// Deletes a resource with its attribute rows, and leaves its document as a tombstone. Its memberships are the
/// caller's to remove ([`crate::member`]), because the groups it was in change with it.
///
/// Answers whether it was there.
///
/// # Errors
/// A statement's.
pub fn delete(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
    at: Timestamp,
) -> Result<bool, Error> {
    tombstone::leave(tx, tenant, resource_type, id, at)?;
    tx.execute(
        "DELETE FROM attr WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id],
    )?;
    let deleted = tx.execute(
        "DELETE FROM resource WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3",
        params![tenant, resource_type, id],
    )?;
    if deleted > 0 {
        position::went(tx, tenant, resource_type, id)?;
    }
    Ok(deleted > 0)
}

/// The next resources after one, in the order of their ids: how to walk through all of them. `None` begins.
///
/// # Errors
/// A statement's.
pub fn after<Document: Column>(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: Option<ResourceId>,
    limit: i64,
) -> Result<Vec<StoredResource<Document>>, Error> {
    tx.query(
        "SELECT resource_id, document, version, created, modified FROM resource
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id > $3 ORDER BY resource_id LIMIT $4",
        params![tenant, resource_type, id.map_or(crate::Param::Text(""), Into::into), limit],
        read,
    )
}

/// The ids of all resources of a type.
///
/// # Errors
/// A statement's.
pub fn ids(tx: &mut Tx<'_>, tenant: TenantId, resource_type: &str) -> Result<Vec<ResourceId>, Error> {
    tx.query(
        "SELECT resource_id FROM resource WHERE tenant_id = $1 AND resource_type = $2",
        params![tenant, resource_type],
        |row| row.get(0),
    )
}

/// How many resources of a type there are.
///
/// # Errors
/// A statement's.
pub fn count(tx: &mut Tx<'_>, tenant: TenantId, resource_type: &str) -> Result<i64, Error> {
    Ok(Positions::of(tx, tenant, resource_type)?.total())
}

fn text(document: &Map<String, Value>) -> Result<String, Error> {
    serde_json::to_string(document).map_err(|_| Error::corrupt("a document"))
}

/// Reads `resource_id, document, version, created, modified`.
pub(crate) fn read<Document: Column>(row: &Row<'_>) -> Result<StoredResource<Document>, Error> {
    Ok(StoredResource {
        id: row.get(0)?,
        document: row.get(1)?,
        version: row.get(2)?,
        created: row.get(3)?,
        modified: row.get(4)?,
    })
}
