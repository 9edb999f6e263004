//! Which schemas a tenant's resources have: the definition that its administrator applied, and its version.
//!
//! A resource is written by the rules of one version: whoever writes one first holds the version ([`hold`]), and
//! whoever applies a definition locks it ([`lock`]) until its rows are in line with the new rules.

use jiff::Timestamp;
use model::TenantId;
use serde_json::Value;

use crate::{Error, Tx, params};

/// A definition that was applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Its version; a later one is greater.
    pub version: i64,
    /// It (`scim::Definition`), as JSON.
    pub definition: Value,
    /// When it was applied.
    pub at: Timestamp,
}

/// The definition in force. `None`: none was ever applied.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<Applied>, Error> {
    tx.query_opt(
        "SELECT t.schema_version, s.definition, s.applied
         FROM schema_definition AS s JOIN tenant AS t ON t.tenant_id = s.tenant_id WHERE s.tenant_id = $1",
        params![tenant],
        |row| Ok(Applied { version: row.get(0)?, definition: row.get(1)?, at: row.get(2)? }),
    )
}

/// The version in force, which stays until this transaction ends. Others may hold it at the same time; it costs what
/// a foreign key costs. `None`: there is no such tenant any more.
///
/// # Errors
/// A statement's.
pub fn hold(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<i64>, Error> {
    tx.query_opt(
        "SELECT schema_version FROM tenant WHERE tenant_id = $1 FOR KEY SHARE",
        params![tenant],
        |row| row.get(0),
    )
}

/// The version in force, which nobody else can hold or change until this transaction ends; waits for those who hold
/// it. `None`: there is no such tenant any more.
///
/// # Errors
/// A statement's.
pub fn lock(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<i64>, Error> {
    tx.query_opt(
        "SELECT schema_version FROM tenant WHERE tenant_id = $1 FOR UPDATE",
        params![tenant],
        |row| row.get(0),
    )
}

/// Puts a definition in force. The caller has the lock, and chose a version greater than the one it answered.
///
/// # Errors
/// A statement's.
pub fn set(tx: &mut Tx<'_>, tenant: TenantId, applied: &Applied) -> Result<(), Error> {
    tx.changes_access();
    tx.execute(
        "INSERT INTO schema_definition (tenant_id, definition, applied) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id) DO UPDATE SET definition = excluded.definition, applied = excluded.applied",
        params![tenant, &applied.definition.to_string(), applied.at],
    )?;
    tx.execute(
        "UPDATE tenant SET schema_version = $2 WHERE tenant_id = $1",
        params![tenant, applied.version],
    )?;
    Ok(())
}
