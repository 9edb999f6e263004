//! Secret tokens, as keyed digests.

use std::sync::Arc;

use jiff::Timestamp;
use model::connection::Connection;
use model::grant::Grant;
use model::tenant::Tenant;
use model::token::Token;
use model::{ClientId, TenantId};

use crate::{Error, Row, Tx, connection, params, tenant};

/// Adds a token.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, token: &Token) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO token (tenant_id, token_id, digest, label, created, expires, revoked, connection,
         scope, networks, client_id, subject) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            token.tenant,
            &token.id,
            token.digest.as_slice(),
            &token.label,
            token.created,
            token.expires,
            token.revoked,
            token.connection.as_str(),
            &token.grant.scope.to_string(),
            &token.grant.networks.to_string(),
            token.grant.client,
            token.grant.subject
        ],
    )?;
    Ok(())
}

/// Tokens of a connection that may live at once: the one in use, and the one that replaces it.
pub const MAX_LIVE: i64 = 2;

/// Adds a token, unless so many of its connection live already. Answers whether it was added.
///
/// # Errors
/// A statement's.
pub fn add(tx: &mut Tx<'_>, token: &Token) -> Result<bool, Error> {
    // Of two who add at once, the second counts the first one's.
    tx.query_opt(
        "SELECT name FROM connection WHERE tenant_id = $1 AND name = $2 FOR UPDATE",
        params![token.tenant, token.connection.as_str()],
        |row| row.get::<String>(0),
    )?;
    let live = tx.query_one(
        "SELECT COUNT(*) FROM token WHERE tenant_id = $1 AND connection = $2 AND client_id IS NULL
         AND revoked IS NULL AND (expires IS NULL OR expires > $3)",
        params![token.tenant, token.connection.as_str(), token.created],
        |row| row.get::<i64>(0),
    )?;
    if live >= MAX_LIVE {
        return Ok(false);
    }
    insert(tx, token).map(|()| true)
}

/// Tokens that a client has at most. One lives for an hour, and a client renews the one it has; who asks for more
/// loses the oldest.
const MAX_OF_CLIENT: i64 = 100;

/// Adds a token that was issued to a client, in place of those that have expired and of those beyond the limit.
///
/// # Errors
/// A statement's.
pub fn issue(tx: &mut Tx<'_>, token: &Token) -> Result<(), Error> {
    tx.changes_access();
    tx.execute(
        "DELETE FROM token WHERE tenant_id = $1 AND client_id = $2 AND expires <= $3",
        params![token.tenant, token.grant.client, token.created],
    )?;
    tx.execute(
        "DELETE FROM token WHERE tenant_id = $1 AND token_id IN (SELECT token_id FROM token
         WHERE tenant_id = $1 AND client_id = $2 ORDER BY created DESC, token_id LIMIT $3 OFFSET $4)",
        params![token.tenant, token.grant.client, MAX_OF_CLIENT, MAX_OF_CLIENT - 1],
    )?;
    insert(tx, token)
}

/// A token, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The token, live or not.
    pub token: Token,
    /// Its tenant.
    pub tenant: Tenant,
    /// The connection it belongs to.
    pub connection: Arc<Connection>,
}

/// The token with this public id: the caller has no tenant until its token is known, and every request asks.
///
/// # Errors
/// A statement's.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Known>, Error> {
    tx.query_opt(
        "SELECT k.tenant_id, k.token_id, k.digest, k.label, k.created, k.expires, k.revoked, k.connection,
         k.scope, k.networks, k.client_id, k.subject,
         t.tenant_id, t.name, t.application, t.created, t.settings, t.schema_version,
         c.tenant_id, c.name, c.kind, c.choices, c.created
         FROM token AS k JOIN tenant AS t ON t.tenant_id = k.tenant_id
         JOIN connection AS c ON c.tenant_id = k.tenant_id AND c.name = k.connection WHERE k.token_id = $1",
        params![id],
        |row| {
            let (tenant, connection) = (tenant::read(row, 12)?, connection::read(row, 18)?);
            Ok(Known { token: read(row)?, tenant, connection: Arc::new(connection) })
        },
    )
}

/// Whether the tenant's token opens the door at this instant, in a write: whoever revokes it, or deletes its tenant,
/// waits until the transaction has ended, and transactions that ask later are told.
///
/// # Errors
/// A statement's.
pub fn hold_live(tx: &mut Tx<'_>, tenant: TenantId, id: &str, at: Timestamp) -> Result<bool, Error> {
    let live = tx.query_opt(
        "SELECT token_id FROM token WHERE tenant_id = $1 AND token_id = $2 AND revoked IS NULL
         AND (expires IS NULL OR expires > $3) FOR SHARE",
        params![tenant, id, at],
        |row| row.get::<String>(0),
    )?;
    Ok(live.is_some())
}

/// A token in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The token.
    pub token: Token,
    /// When it was last used, give or take what [`touch`]'s caller saves on writes. `None`: never.
    pub last_used: Option<Timestamp>,
    /// From which address that was, if it is known.
    pub last_used_from: Option<String>,
}

/// A tenant's tokens that people made, the oldest first.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Listed>, Error> {
    tx.query(
        "SELECT tenant_id, token_id, digest, label, created, expires, revoked, connection,
         scope, networks, client_id, subject, last_used, last_used_from FROM token
         WHERE tenant_id = $1 AND client_id IS NULL ORDER BY created, token_id",
        params![tenant],
        |row| Ok(Listed { token: read(row)?, last_used: row.get(12)?, last_used_from: row.get(13)? }),
    )
}

/// How many live tokens that people made, of all tenants, end between two instants.
///
/// # Errors
/// A statement's.
pub fn count_ending(tx: &mut Tx<'_>, from: Timestamp, to: Timestamp) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM token
         WHERE client_id IS NULL AND revoked IS NULL AND expires > $1 AND expires <= $2",
        params![from, to],
        |row| row.get(0),
    )
}

/// A token that a person made, or the secret of a client, that ends soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The name of its tenant.
    pub tenant: String,
    /// The connection it belongs to.
    pub connection: String,
    /// Its public id.
    pub id: String,
    /// Whose secret it is. `None`: it is a token.
    pub client: Option<ClientId>,
    /// When it ends.
    pub expires: Timestamp,
}

/// What ends after the first of these instants and not after the second, of all tenants, the first to end first.
///
/// # Errors
/// A statement's.
pub fn ending(tx: &mut Tx<'_>, after: Timestamp, until: Timestamp) -> Result<Vec<Ending>, Error> {
    tx.query(
        "SELECT t.name, k.connection, k.token_id AS id, k.client_id, k.expires
         FROM token AS k JOIN tenant AS t ON t.tenant_id = k.tenant_id
         WHERE k.client_id IS NULL AND k.revoked IS NULL AND k.expires > $1 AND k.expires <= $2
         UNION ALL
         SELECT t.name, c.connection, s.secret_id AS id, s.client_id, s.expires
         FROM client_secret AS s JOIN client AS c ON c.tenant_id = s.tenant_id AND c.client_id = s.client_id
         JOIN tenant AS t ON t.tenant_id = s.tenant_id
         WHERE s.expires > $1 AND s.expires <= $2
         ORDER BY 5, 3",
        params![after, until],
        |row| {
            Ok(Ending {
                tenant: row.get(0)?,
                connection: row.get(1)?,
                id: row.get(2)?,
                client: row.get(3)?,
                expires: row.get(4)?,
            })
        },
    )
}

/// Revokes a token from this instant on. Answers whether it was not revoked before.
///
/// # Errors
/// A statement's.
pub fn revoke(tx: &mut Tx<'_>, tenant: TenantId, id: &str, at: Timestamp) -> Result<bool, Error> {
    tx.changes_access();
    let revoked = tx.execute(
        "UPDATE token SET revoked = $3 WHERE tenant_id = $1 AND token_id = $2 AND revoked IS NULL",
        params![tenant, id, at],
    )?;
    Ok(revoked > 0)
}

/// Lets a token expire at this instant, or earlier if it does so already. Answers whether there is such a token.
///
/// # Errors
/// A statement's.
pub fn expire(tx: &mut Tx<'_>, tenant: TenantId, id: &str, at: Timestamp) -> Result<bool, Error> {
    tx.changes_access();
    let known = tx.execute(
        "UPDATE token SET expires = CASE WHEN expires < $3 THEN expires ELSE $3 END
         WHERE tenant_id = $1 AND token_id = $2",
        params![tenant, id, at],
    )?;
    Ok(known > 0)
}

/// Remembers when a token was used, and from where if that is known.
///
/// # Errors
/// A statement's.
pub fn touch(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: &str,
    at: Timestamp,
    from: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE token SET last_used = $3, last_used_from = $4 WHERE tenant_id = $1 AND token_id = $2
         AND (last_used IS NULL OR last_used < $3)",
        params![tenant, id, at, from],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Token, Error> {
    Ok(Token {
        tenant: row.get(0)?,
        id: row.get(1)?,
        digest: row.get(2)?,
        label: row.get(3)?,
        created: row.get(4)?,
        expires: row.get(5)?,
        revoked: row.get(6)?,
        connection: row.parse(7, "token.connection", |text| text.parse().ok())?,
        grant: Grant {
            scope: row.parse(8, "token.scope", |text| text.parse().ok())?,
            networks: row.parse(9, "token.networks", |text| text.parse().ok())?,
            client: row.get(10)?,
            subject: row.get(11)?,
        },
    })
}
