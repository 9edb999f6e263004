//! OAuth clients and their secrets, the latter as keyed digests.

use jiff::Timestamp;
use model::client::{Client, ClientSecret};
use model::tenant::Tenant;
use model::{ClientId, TenantId};

use crate::{Error, Row, Tx, params, tenant};

/// Secrets of a client that may live at once: the one in use, and the one that replaces it.
pub const MAX_LIVE_SECRETS: i64 = 2;

/// Adds a client.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, client: &Client) -> Result<(), Error> {
    let trust = client.trust.as_ref().map(serde_json::to_string).transpose();
    let trust = trust.map_err(|_| Error::corrupt("client.trust"))?;
    tx.execute(
        "INSERT INTO client (tenant_id, client_id, connection, label, scope, networks, trust, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            client.tenant,
            client.id,
            client.connection.as_str(),
            &client.label,
            &client.scope.to_string(),
            &client.networks.to_string(),
            trust.as_deref(),
            client.created
        ],
    )?;
    Ok(())
}

/// Adds a secret, unless so many of its client live already. Answers whether it was added.
///
/// # Errors
/// A statement's.
pub fn add_secret(tx: &mut Tx<'_>, tenant: TenantId, secret: &ClientSecret) -> Result<bool, Error> {
    // Of two who add at once, the second counts the first one's.
    let known = tx.query_opt(
        "SELECT label FROM client WHERE tenant_id = $1 AND client_id = $2 FOR UPDATE",
        params![tenant, secret.client],
        |row| row.get::<String>(0),
    )?;
    let live = tx.query_one(
        "SELECT COUNT(*) FROM client_secret WHERE tenant_id = $1 AND client_id = $2
         AND (expires IS NULL OR expires > $3)",
        params![tenant, secret.client, secret.created],
        |row| row.get::<i64>(0),
    )?;
    if known.is_none() || live >= MAX_LIVE_SECRETS {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO client_secret (tenant_id, client_id, secret_id, digest, created, expires)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![tenant, secret.client, &secret.id, secret.digest.as_slice(), secret.created, secret.expires],
    )?;
    Ok(true)
}

/// The client of this id in the tenant of this name, and its tenant.
///
/// # Errors
/// A statement's.
pub fn find(tx: &mut Tx<'_>, tenant: &str, id: ClientId) -> Result<Option<(Client, Tenant)>, Error> {
    tx.query_opt(
        "SELECT c.tenant_id, c.client_id, c.connection, c.label, c.scope, c.networks, c.trust, c.created,
         t.tenant_id, t.name, t.application, t.created, t.settings, t.schema_version
         FROM tenant AS t JOIN client AS c ON c.tenant_id = t.tenant_id WHERE t.name = $1 AND c.client_id = $2",
        params![tenant, id],
        |row| Ok((read(row)?, tenant::read(row, 8)?)),
    )
}

/// A tenant's clients, the oldest first.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Client>, Error> {
    tx.query(
        "SELECT tenant_id, client_id, connection, label, scope, networks, trust, created FROM client
         WHERE tenant_id = $1 ORDER BY client_id",
        params![tenant],
        read,
    )
}

/// The secrets of a client, live or not, the oldest first.
///
/// # Errors
/// A statement's.
pub fn secrets(tx: &mut Tx<'_>, tenant: TenantId, client: ClientId) -> Result<Vec<ClientSecret>, Error> {
    tx.query(
        "SELECT secret_id, client_id, digest, created, expires FROM client_secret
         WHERE tenant_id = $1 AND client_id = $2 ORDER BY created, secret_id",
        params![tenant, client],
        |row| {
            let digest = row.get::<Vec<u8>>(2)?;
            Ok(ClientSecret {
                id: row.get(0)?,
                client: row.get(1)?,
                digest: digest.try_into().map_err(|_| Error::corrupt("client_secret.digest"))?,
                created: row.get(3)?,
                expires: row.get(4)?,
            })
        },
    )
}

/// Whether there is this client and, if one is named, this secret of it, in a write: whoever deletes one of them waits
/// until the transaction has ended, and deletes what it added.
///
/// # Errors
/// A statement's.
pub fn hold(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    client: ClientId,
    secret: Option<&str>,
) -> Result<bool, Error> {
    let known = tx.query_opt(
        "SELECT client_id FROM client WHERE tenant_id = $1 AND client_id = $2 FOR SHARE",
        params![tenant, client],
        |row| row.get::<ClientId>(0),
    )?;
    let Some(secret) = secret else { return Ok(known.is_some()) };
    let held = tx.query_opt(
        "SELECT secret_id FROM client_secret WHERE tenant_id = $1 AND client_id = $2 AND secret_id = $3 FOR SHARE",
        params![tenant, client, secret],
        |row| row.get::<String>(0),
    )?;
    Ok(known.is_some() && held.is_some())
}

/// Remembers until an instant that the client proved itself by the assertion with this digest. Answers whether it had not
/// done so before.
///
/// # Errors
/// A statement's.
pub fn use_assertion(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    client: ClientId,
    digest: &[u8; 32],
    expires: Timestamp,
) -> Result<bool, Error> {
    let added = tx.execute(
        "INSERT INTO assertion (tenant_id, client_id, digest, expires) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, client_id, digest) DO NOTHING",
        params![tenant, client, digest.as_slice(), expires],
    )?;
    Ok(added > 0)
}

/// Forgets the tenant's assertions that have expired at this instant. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn purge_assertions(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM assertion WHERE tenant_id = $1 AND expires <= $2", params![tenant, at])
}

/// Lets a secret expire at this instant, or earlier if it does so already. Answers whether there is such a secret.
///
/// # Errors
/// A statement's.
pub fn expire_secret(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    client: ClientId,
    secret: &str,
    at: Timestamp,
) -> Result<bool, Error> {
    let known = tx.execute(
        "UPDATE client_secret SET expires = CASE WHEN expires < $4 THEN expires ELSE $4 END
         WHERE tenant_id = $1 AND client_id = $2 AND secret_id = $3",
        params![tenant, client, secret, at],
    )?;
    Ok(known > 0)
}

/// Removes a secret, and with it every token that the client was issued. Answers whether there was such a secret.
///
/// # Errors
/// A statement's.
pub fn delete_secret(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    client: ClientId,
    secret: &str,
) -> Result<bool, Error> {
    let deleted = tx.execute(
        "DELETE FROM client_secret WHERE tenant_id = $1 AND client_id = $2 AND secret_id = $3",
        params![tenant, client, secret],
    )?;
    if deleted > 0 {
        delete_tokens(tx, tenant, client)?;
    }
    Ok(deleted > 0)
}

/// Removes a client, its secrets, and every token that it was issued. Answers whether there was such a client.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, tenant: TenantId, client: ClientId) -> Result<bool, Error> {
    let deleted =
        tx.execute("DELETE FROM client WHERE tenant_id = $1 AND client_id = $2", params![tenant, client])?;
    for sql in [
        "DELETE FROM client_secret WHERE tenant_id = $1 AND client_id = $2",
        "DELETE FROM assertion WHERE tenant_id = $1 AND client_id = $2",
    ] {
        tx.execute(sql, params![tenant, client])?;
    }
    delete_tokens(tx, tenant, client)?;
    Ok(deleted > 0)
}

fn delete_tokens(tx: &mut Tx<'_>, tenant: TenantId, client: ClientId) -> Result<(), Error> {
    tx.changes_access();
    tx.execute("DELETE FROM token WHERE tenant_id = $1 AND client_id = $2", params![tenant, client])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Client, Error> {
    let trust = row.get::<Option<String>>(6)?;
    let trust = trust.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Client {
        tenant: row.get(0)?,
        id: row.get(1)?,
        connection: row.parse(2, "client.connection", |text| text.parse().ok())?,
        label: row.get(3)?,
        scope: row.parse(4, "client.scope", |text| text.parse().ok())?,
        networks: row.parse(5, "client.networks", |text| text.parse().ok())?,
        trust: trust.map_err(|_| Error::corrupt("client.trust"))?,
        created: row.get(7)?,
    })
}
