//! Making rows anew, for many resources at once, when other attributes are indexed than before.

use model::{ResourceId, TenantId};
use serde_json::Value;

use super::AttributeRow;
use crate::{Error, Tx, list, params};

/// A unique value that two resources have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The attribute's key.
    pub attribute: String,
    /// Who could not have it.
    pub resource: ResourceId,
    /// Who has it.
    pub owner: ResourceId,
}

/// Removes the rows of one attribute, or of all, from all resources of a type; aliases, which no document holds, stay.
///
/// # Errors
/// A statement's.
pub fn forget(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    attribute: Option<&str>,
) -> Result<(), Error> {
    match attribute {
        Some(attribute) => tx.execute(
            "DELETE FROM attr WHERE tenant_id = $1 AND resource_type = $2 AND attribute = $3 AND is_alias = 0",
            params![tenant, resource_type, attribute],
        ),
        None => tx.execute(
            "DELETE FROM attr WHERE tenant_id = $1 AND resource_type = $2 AND is_alias = 0",
            params![tenant, resource_type],
        ),
    }
    .map(drop)
}

/// Adds rows that are not there yet. Answers the unique values that could not be added because another resource has
/// them.
///
/// # Errors
/// A statement's.
pub fn add_all(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    rows: &[(ResourceId, AttributeRow)],
) -> Result<Vec<Taken>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let list = list::rows(rows.iter().map(|(id, row)| {
        [
            Value::from(id.to_string()),
            Value::from(row.attribute.as_str()),
            Value::from(row.value.as_str()),
            Value::from(i64::from(row.unique)),
        ]
    }));
    let added = tx.execute(
        "INSERT INTO attr (tenant_id, resource_type, attribute, value, resource_id, is_unique)
         SELECT $1, $2, value->>1, value->>2, value->>0, CAST(value->>3 AS BIGINT)
         FROM json_array_elements($3::text::json) WHERE 1 = 1 ON CONFLICT DO NOTHING",
        params![tenant, resource_type, &list],
    )?;
    if added == rows.len() as u64 {
        return Ok(Vec::new());
    }
    tx.query(
        "SELECT a.attribute, new.value->>0, a.resource_id
         FROM json_array_elements($3::text::json) AS new JOIN attr AS a
         ON a.tenant_id = $1 AND a.resource_type = $2
         AND a.attribute = new.value->>1 AND a.value = new.value->>2 AND a.is_unique = 1
         WHERE a.resource_id <> new.value->>0 ORDER BY 1, 2",
        params![tenant, resource_type, &list],
        |row| Ok(Taken { attribute: row.get(0)?, resource: row.get(1)?, owner: row.get(2)? }),
    )
}
