//! Secret tokens, as keyed digests.

use jiff::Timestamp;
use model::TenantId;
use model::connection::Connection;
use model::tenant::Tenant;
use model::token::Token;

use crate::{Error, Row, Tx, connection, params, tenant};

/// Adds a token.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, token: &Token) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO token (tenant_id, token_id, digest, label, created, expires, revoked, connection)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            token.tenant,
            &token.id,
            token.digest.as_slice(),
            &token.label,
            token.created,
            token.expires,
            token.revoked,
            token.connection.as_str()
        ],
    )?;
    Ok(())
}

/// A token, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The token, live or not.
    pub token: Token,
    /// Its tenant.
    pub tenant: Tenant,
    /// The connection it belongs to.
    pub connection: Connection,
}

/// The token with this public id: the caller has no tenant until its token is known, and every request asks.
///
/// # Errors
/// A statement's.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Known>, Error> {
    tx.query_opt(
        "SELECT k.tenant_id, k.token_id, k.digest, k.label, k.created, k.expires, k.revoked, k.connection,
         t.tenant_id, t.name, t.application, t.created, t.settings, t.schema_version,
         c.tenant_id, c.name, c.kind, c.choices, c.created
         FROM token AS k JOIN tenant AS t ON t.tenant_id = k.tenant_id
         JOIN connection AS c ON c.tenant_id = k.tenant_id AND c.name = k.connection WHERE k.token_id = $1",
        params![id],
        |row| {
            let (tenant, connection) = (tenant::read(row, 8)?, connection::read(row, 14)?);
            Ok(Known { token: read(row)?, tenant, connection })
        },
    )
}

/// A token in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The token.
    pub token: Token,
    /// When it was last used, give or take what [`touch`]'s caller saves on writes. `None`: never.
    pub last_used: Option<Timestamp>,
}

/// A tenant's tokens, the oldest first.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Listed>, Error> {
    tx.query(
        "SELECT tenant_id, token_id, digest, label, created, expires, revoked, connection, last_used
         FROM token
         WHERE tenant_id = $1 ORDER BY created, token_id",
        params![tenant],
        |row| Ok(Listed { token: read(row)?, last_used: row.get(8)? }),
    )
}

/// Revokes a token from this instant on. Answers whether it was not revoked before.
///
/// # Errors
/// A statement's.
pub fn revoke(tx: &mut Tx<'_>, tenant: TenantId, id: &str, at: Timestamp) -> Result<bool, Error> {
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
    let known = tx.execute(
        "UPDATE token SET expires = CASE WHEN expires < $3 THEN expires ELSE $3 END
         WHERE tenant_id = $1 AND token_id = $2",
        params![tenant, id, at],
    )?;
    Ok(known > 0)
}

/// Remembers when a token was used.
///
/// # Errors
/// A statement's.
pub fn touch(tx: &mut Tx<'_>, tenant: TenantId, id: &str, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE token SET last_used = $3 WHERE tenant_id = $1 AND token_id = $2
         AND (last_used IS NULL OR last_used < $3)",
        params![tenant, id, at],
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
    })
}
