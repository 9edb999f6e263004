//! The values of a resource by which it is found without reading every document, and those that must be unique.

mod rebuild;

use std::collections::BTreeSet;

use model::{ResourceId, TenantId};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Error, Tx, list, params};

pub use rebuild::{Taken, add_all, forget};

/// No indexed value is longer, in bytes: PostgreSQL's index rows hold 2,700 with everything else that is in them.
const LONGEST: usize = 512;

/// What is left of a longer value; a digest of the whole, 64 bytes in hexadecimal, follows.
const CUT: usize = LONGEST - 64;

/// One value of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeRow {
    attribute: String,
    value: String,
    unique: bool,
}

impl AttributeRow {
    /// A value, folded if its attribute is not case-exact, under the attribute's key (`scim::attribute_key`).
    /// `unique`: no other resource of its type and tenant may have the same one.
    #[must_use]
    pub fn new(attribute: impl Into<String>, value: &str, unique: bool) -> Self {
        Self { attribute: attribute.into(), value: indexed(value), unique }
    }

    /// Lets other resources have the same value, if it is one of this attribute.
    pub fn share(&mut self, attribute: &str) {
        self.unique &= self.attribute != attribute;
    }

    /// The attribute's key.
    #[must_use]
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// Whether no other resource may have the same value.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.unique
    }

    /// The value in the form in which it is indexed ([`indexed`]).
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// The form in which a value is indexed: itself, or its begin and a digest if it is long. Two values have the same
/// form only if they are equal.
#[must_use]
pub fn indexed(value: &str) -> String {
    if value.len() <= LONGEST {
        return value.to_owned();
    }
    let digest = Sha256::digest(value.as_bytes());
    let mut text = prefix(value).to_owned();
    text.extend(digest.iter().map(|byte| format!("{byte:02x}")));
    text
}

/// What the indexed form of every value begins with that begins with `value`.
pub(crate) fn prefix(value: &str) -> &str {
    if value.len() <= CUT {
        return value;
    }
    let end = (0..=CUT).rev().find(|end| value.is_char_boundary(*end)).unwrap_or(0);
    value.get(..end).unwrap_or_default()
}

/// Brings a resource's rows from `old` to `new`, touching only those that differ. `old` is empty for a new resource.
///
/// # Errors
/// [`Error::Uniqueness`] naming the attribute whose value another resource has; [`Tx::contended`].
pub fn replace(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
    old: &[AttributeRow],
    new: &[AttributeRow],
) -> Result<(), Error> {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
    if old.difference(&new).next().is_some() {
        tx.execute(
            "DELETE FROM attr WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3
             AND (attribute, value) IN
             (SELECT value->>0, value->>1 FROM json_array_elements($4::text::json))",
            params![tenant, resource_type, id, &rows(old.difference(&new).copied())],
        )?;
    }
    let expected = new.difference(&old).count() as u64;
    if expected == 0 {
        return Ok(());
    }
    let added = tx.execute(
        "INSERT INTO attr (tenant_id, resource_type, attribute, value, resource_id, is_unique)
         SELECT $1, $2, value->>0, value->>1, $3, CAST(value->>2 AS BIGINT)
         FROM json_array_elements($4::text::json) WHERE 1 = 1 ON CONFLICT DO NOTHING",
        params![tenant, resource_type, id, &rows(new.difference(&old).copied())],
    )?;
    if added == expected {
        return Ok(());
    }
    for row in new.difference(&old).filter(|row| row.unique) {
        if owner(tx, tenant, resource_type, row)?.is_some_and(|owner| owner != id) {
            return Err(Error::Uniqueness { attribute: row.attribute.clone() });
        }
    }
    // The other resource let go of the value in between.
    Err(tx.contended())
}

/// Every value of an attribute but aliases, in the form of [`indexed`], with the resource that has it.
///
/// # Errors
/// A statement's.
pub fn values(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    attribute: &str,
) -> Result<Vec<(ResourceId, String)>, Error> {
    tx.query(
        "SELECT resource_id, value FROM attr WHERE tenant_id = $1 AND resource_type = $2 AND attribute = $3
         AND is_alias = 0",
        params![tenant, resource_type, attribute],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Who has a unique value, as its own or as an alias.
///
/// # Errors
/// A statement's.
pub fn owner(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    row: &AttributeRow,
) -> Result<Option<ResourceId>, Error> {
    tx.query_opt(
        "SELECT resource_id FROM attr
         WHERE tenant_id = $1 AND resource_type = $2 AND attribute = $3 AND value = $4 AND is_unique = 1",
        params![tenant, resource_type, &row.attribute, &row.value],
        |row| row.get(0),
    )
}

/// Who has a value as its own, aliases left out: some of them, by their ids.
///
/// # Errors
/// A statement's.
pub fn holders(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    row: &AttributeRow,
    limit: i64,
) -> Result<Vec<ResourceId>, Error> {
    tx.query(
        "SELECT resource_id FROM attr WHERE tenant_id = $1 AND resource_type = $2 AND attribute = $3 AND value = $4
         AND is_alias = 0 ORDER BY resource_id LIMIT $5",
        params![tenant, resource_type, &row.attribute, &row.value, limit],
        |row| row.get(0),
    )
}

/// The names that a resource is found by besides those in its document, in the form in which they are indexed.
///
/// # Errors
/// A statement's.
pub fn aliases(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
    attribute: &str,
) -> Result<Vec<AttributeRow>, Error> {
    tx.query(
        "SELECT attribute, value FROM attr WHERE tenant_id = $1 AND resource_id = $3
         AND resource_type = $2 AND attribute = $4 AND is_alias = 1 ORDER BY value",
        params![tenant, resource_type, id, attribute],
        |row| Ok(AttributeRow { attribute: row.get(0)?, value: row.get(1)?, unique: true }),
    )
}

/// Lets a resource be found by a unique value that is not in its document. Answers false, and changes nothing, if the
/// value is somebody's.
///
/// # Errors
/// A statement's.
pub fn add_alias(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
    alias: &AttributeRow,
) -> Result<bool, Error> {
    let added = tx.execute(
        "INSERT INTO attr (tenant_id, resource_type, attribute, value, resource_id, is_unique, is_alias)
         VALUES ($1, $2, $3, $4, $5, 1, 1) ON CONFLICT DO NOTHING",
        params![tenant, resource_type, &alias.attribute, &alias.value, id],
    )?;
    Ok(added > 0)
}

fn rows<'a>(rows: impl Iterator<Item = &'a AttributeRow>) -> String {
    list::rows(rows.map(|row| {
        [
            Value::from(row.attribute.as_str()),
            Value::from(row.value.as_str()),
            Value::from(i64::from(row.unique)),
        ]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_stay_different() {
        let long = "ä".repeat(400);
        let other = format!("{}ö", "ä".repeat(399));
        assert_eq!(indexed("bjensen"), "bjensen");
        assert_eq!(indexed(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        assert!(indexed(&long).len() <= LONGEST);
        assert_eq!(indexed(&long), indexed(&long));
        assert_ne!(indexed(&long), indexed(&other));
    }

    #[test]
    fn an_indexed_value_begins_with_the_prefix_of_its_begin() {
        for begin in ["", "ä", &"ä".repeat(223), &"ä".repeat(224), &"ä".repeat(300)] {
            for rest in ["", "x", &"ö".repeat(500)] {
                let value = format!("{begin}{rest}");
                assert!(indexed(&value).starts_with(prefix(begin)), "{} {}", begin.len(), rest.len());
            }
        }
    }
}
