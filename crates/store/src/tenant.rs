//! Tenants.

use model::TenantId;
use model::connection::Connection;
use model::settings::Settings;
use model::tenant::Tenant;

use crate::{Error, Row, Tx, connection, params};

/// Adds a tenant, with the connection that every tenant has.
///
/// # Errors
/// [`Error::Uniqueness`] of `name`.
pub fn create(tx: &mut Tx<'_>, tenant: &Tenant) -> Result<(), Error> {
    let added = tx.execute(
        "INSERT INTO tenant (tenant_id, name, application, created, settings) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO NOTHING",
        params![
            tenant.id,
            tenant.name.as_str(),
            tenant.application.as_str(),
            tenant.created,
            &tenant.settings.chosen()
        ],
    )?;
    if added == 0 {
        return Err(Error::Uniqueness { attribute: "name".to_owned() });
    }
    tx.execute("INSERT INTO feed (tenant_id, sequence) VALUES ($1, 0)", params![tenant.id])?;
    connection::create(tx, &Connection::first(tenant.id, tenant.created))
}

/// The tenant of this name.
///
/// # Errors
/// A statement's.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Tenant>, Error> {
    tx.query_opt(
        "SELECT tenant_id, name, application, created, settings, schema_version FROM tenant WHERE name = $1",
        params![name],
        |row| read(row, 0),
    )
}

/// The tenant of this id.
///
/// # Errors
/// A statement's.
pub fn by_id(tx: &mut Tx<'_>, id: TenantId) -> Result<Option<Tenant>, Error> {
    tx.query_opt(
        "SELECT tenant_id, name, application, created, settings, schema_version FROM tenant WHERE tenant_id = $1",
        params![id],
        |row| read(row, 0),
    )
}

/// Changes what the tenant's administrator chose. Answers whether there is such a tenant.
///
/// # Errors
/// A statement's.
pub fn set_settings(tx: &mut Tx<'_>, id: TenantId, settings: &Settings) -> Result<bool, Error> {
    tx.changes_access();
    let known =
        tx.execute("UPDATE tenant SET settings = $2 WHERE tenant_id = $1", params![id, &settings.chosen()])?;
    Ok(known > 0)
}

/// All tenants, by name.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Tenant>, Error> {
    tx.query(
        "SELECT tenant_id, name, application, created, settings, schema_version FROM tenant ORDER BY name",
        params![],
        |row| read(row, 0),
    )
}

/// Removes a tenant and every row that belongs to it. `applications` are the statements by which applications empty
/// their own tables, each with the tenant's id as `$1`.
///
/// Answers whether there was such a tenant.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, id: TenantId, applications: &[&'static str]) -> Result<bool, Error> {
    tx.changes_access();
    for sql in applications.iter().chain(OWN) {
        tx.execute(sql, params![id])?;
    }
    Ok(tx.execute("DELETE FROM tenant WHERE tenant_id = $1", params![id])? > 0)
}

/// Empties the store's own tables of a tenant's rows.
const OWN: &[&str] = &[
    "DELETE FROM schema_definition WHERE tenant_id = $1",
    "DELETE FROM token WHERE tenant_id = $1",
    "DELETE FROM connection WHERE tenant_id = $1",
    "DELETE FROM quirk WHERE tenant_id = $1",
    "DELETE FROM client_secret WHERE tenant_id = $1",
    "DELETE FROM assertion WHERE tenant_id = $1",
    "DELETE FROM client WHERE tenant_id = $1",
    "DELETE FROM attr WHERE tenant_id = $1",
    "DELETE FROM member WHERE tenant_id = $1",
    "DELETE FROM resource WHERE tenant_id = $1",
    "DELETE FROM mark WHERE tenant_id = $1",
    "DELETE FROM uncounted WHERE tenant_id = $1",
    "DELETE FROM tombstone WHERE tenant_id = $1",
    "DELETE FROM tombstone_key WHERE tenant_id = $1",
    "DELETE FROM removal WHERE tenant_id = $1",
    "DELETE FROM brake WHERE tenant_id = $1",
    "DELETE FROM refusal WHERE tenant_id = $1",
    "DELETE FROM change WHERE tenant_id = $1",
    "DELETE FROM feed WHERE tenant_id = $1",
    "DELETE FROM audit WHERE tenant_id = $1",
    "DELETE FROM admin_token WHERE tenant_id = $1",
    "DELETE FROM audit_head WHERE tenant_id = $1",
    "DELETE FROM request_log WHERE tenant_id = $1",
];

/// Reads `tenant_id, name, application, created, settings, schema_version` from a column on.
pub(crate) fn read(row: &Row<'_>, from: usize) -> Result<Tenant, Error> {
    Ok(Tenant {
        id: row.get(from)?,
        name: row.parse(from + 1, "tenant.name", |text| text.parse().ok())?,
        application: row.parse(from + 2, "tenant.application", |text| text.parse().ok())?,
        created: row.get(from + 3)?,
        settings: row.parse(from + 4, "tenant.settings", |text| serde_json::from_str(text).ok())?,
        schema_version: row.get(from + 5)?,
    })
}
