//! Connections: the clients of a tenant.

use std::collections::BTreeMap;

use model::connection::{Connection, ConnectionName};
use model::{ClientId, TenantId};
use scim::quirks::Quirk;

use crate::{Error, Row, Tx, client, params};

/// Adds a connection.
///
/// # Errors
/// [`Error::Uniqueness`] of `name`.
pub fn create(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), Error> {
    let added = tx.execute(
        "INSERT INTO connection (tenant_id, name, kind, choices, created) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, name) DO NOTHING",
        params![
            connection.tenant,
            connection.name.as_str(),
            connection.kind.as_str(),
            &choices(connection)?,
            connection.created
        ],
    )?;
    if added == 0 {
        return Err(Error::Uniqueness { attribute: "name".to_owned() });
    }
    Ok(())
}

/// Changes a connection's kind and choices. Answers whether there is such a connection.
///
/// # Errors
/// A statement's.
pub fn update(tx: &mut Tx<'_>, connection: &Connection) -> Result<bool, Error> {
    tx.changes_access();
    let known = tx.execute(
        "UPDATE connection SET kind = $3, choices = $4 WHERE tenant_id = $1 AND name = $2",
        params![connection.tenant, connection.name.as_str(), connection.kind.as_str(), &choices(connection)?],
    )?;
    Ok(known > 0)
}

/// A tenant's connection of this name.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, name: &str) -> Result<Option<Connection>, Error> {
    tx.query_opt(
        "SELECT tenant_id, name, kind, choices, created FROM connection WHERE tenant_id = $1 AND name = $2",
        params![tenant, name],
        |row| read(row, 0),
    )
}

/// A tenant's connections, by name.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Connection>, Error> {
    tx.query(
        "SELECT tenant_id, name, kind, choices, created FROM connection WHERE tenant_id = $1 ORDER BY name",
        params![tenant],
        |row| read(row, 0),
    )
}

/// Removes a connection with its clients, its tokens and what was counted of it. Answers whether there was such a
/// connection.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, tenant: TenantId, name: &ConnectionName) -> Result<bool, Error> {
    tx.changes_access();
    let clients = tx.query(
        "SELECT client_id FROM client WHERE tenant_id = $1 AND connection = $2 ORDER BY client_id",
        params![tenant, name.as_str()],
        |row| row.get::<ClientId>(0),
    )?;
    for id in clients {
        client::delete(tx, tenant, id)?;
    }
    for sql in [
        "DELETE FROM token WHERE tenant_id = $1 AND connection = $2",
        "DELETE FROM quirk WHERE tenant_id = $1 AND connection = $2",
    ] {
        tx.execute(sql, params![tenant, name.as_str()])?;
    }
    let removed = tx.execute(
        "DELETE FROM connection WHERE tenant_id = $1 AND name = $2",
        params![tenant, name.as_str()],
    )?;
    Ok(removed > 0)
}

fn choices(connection: &Connection) -> Result<String, Error> {
    // A map of names and booleans always has a JSON text.
    serde_json::to_string(&connection.choices).map_err(|_| Error::corrupt("connection.choices"))
}

/// Reads `tenant_id, name, kind, choices, created` from a column on.
pub(crate) fn read(row: &Row<'_>, from: usize) -> Result<Connection, Error> {
    let choices: serde_json::Map<String, serde_json::Value> = row.get(from + 3)?;
    Ok(Connection {
        tenant: row.get(from)?,
        name: row.parse(from + 1, "connection.name", |text| text.parse().ok())?,
        kind: row.parse(from + 2, "connection.kind", |text| text.parse().ok())?,
        choices: known_choices(&choices),
        created: row.get(from + 4)?,
    })
}

/// The choices about quirks of this release: one that another release knows does not matter here.
fn known_choices(choices: &serde_json::Map<String, serde_json::Value>) -> BTreeMap<Quirk, bool> {
    choices.iter().filter_map(|(name, on)| Some((name.parse().ok()?, on.as_bool()?))).collect()
}
