//! Who is, or was, called like somebody who is about to be created.

use jiff::Timestamp;
use model::{ResourceId, TenantId};

use crate::attr::AttributeRow;
use crate::{Error, Param, Tx, params};

/// The key of `userName` (`scim::attribute_key`): unique, and the one attribute with aliases.
pub const USER_NAME: &str = "username";
/// The key of `externalId`.
pub const EXTERNAL_ID: &str = "externalid";

/// No more are looked at: who shares an external id with so many others is not told apart by it anyway.
const MOST: i64 = 20;

/// A resource that has, or had when it was deleted, one of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namesake {
    /// The resource.
    pub id: ResourceId,
    /// Whether the value is its `userName`, or an alias of it; else it is its `externalId`.
    pub by_name: bool,
    /// When it was deleted; `None` if it is there.
    pub deleted: Option<Timestamp>,
}

/// All who share `userName` or `externalId` with the rows of a document, those who are there first, then the latest
/// deleted. Who was deleted before `since` is forgotten.
///
/// # Errors
/// A statement's.
pub fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    rows: &[AttributeRow],
    since: Timestamp,
) -> Result<Vec<Namesake>, Error> {
    let value = |key: &str| {
        let found = rows.iter().find(|row| row.attribute() == key);
        found.map_or(Param::Null, |row| Param::Text(row.value()))
    };
    tx.query(
        "SELECT resource_id, CAST(1 AS BIGINT) AS by_name, CAST(NULL AS BIGINT) AS deleted FROM attr
         WHERE tenant_id = $1 AND resource_type = $2 AND attribute = 'username' AND value = $3
         UNION ALL
         SELECT resource_id, CAST(0 AS BIGINT) AS by_name, CAST(NULL AS BIGINT) AS deleted FROM attr
         WHERE tenant_id = $1 AND resource_type = $2 AND attribute = 'externalid' AND value = $4
         UNION ALL
         SELECT resource_id, CAST(1 AS BIGINT) AS by_name, deleted FROM tombstone_key
         WHERE tenant_id = $1 AND resource_type = $2 AND attribute = 'username' AND value = $3 AND deleted >= $5
         UNION ALL
         SELECT resource_id, CAST(0 AS BIGINT) AS by_name, deleted FROM tombstone_key
         WHERE tenant_id = $1 AND resource_type = $2 AND attribute = 'externalid' AND value = $4 AND deleted >= $5
         ORDER BY deleted DESC NULLS FIRST LIMIT $6",
        params![tenant, resource_type, value(USER_NAME), value(EXTERNAL_ID), since, MOST],
        |row| Ok(Namesake { id: row.get(0)?, by_name: row.get(1)?, deleted: row.get(2)? }),
    )
}
