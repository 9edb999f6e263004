//! Tokens of the admin API, as keyed digests.

use jiff::Timestamp;
use model::admin_token::{Access, AdminToken};

use crate::{Error, Row, Tx, params};

/// Adds a token.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, token: &AdminToken) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO admin_token (token_id, tenant_id, digest, label, may_write, created, expires, revoked)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            &token.id,
            token.tenant,
            token.digest.as_slice(),
            &token.label,
            token.access == Access::Write,
            token.created,
            token.expires,
            token.revoked
        ],
    )?;
    Ok(())
}

/// The token with this public id, live or not.
///
/// # Errors
/// A statement's.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<AdminToken>, Error> {
    tx.query_opt(
        "SELECT token_id, tenant_id, digest, label, may_write, created, expires, revoked FROM admin_token
         WHERE token_id = $1",
        params![id],
        read,
    )
}

/// All tokens, the oldest first.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<AdminToken>, Error> {
    tx.query(
        "SELECT token_id, tenant_id, digest, label, may_write, created, expires, revoked FROM admin_token
         ORDER BY created, token_id",
        params![],
        read,
    )
}

/// Revokes a token from this instant on. Answers whether there is such a token that was not revoked before.
///
/// # Errors
/// A statement's.
pub fn revoke(tx: &mut Tx<'_>, id: &str, at: Timestamp) -> Result<bool, Error> {
    let revoked = tx.execute(
        "UPDATE admin_token SET revoked = $2 WHERE token_id = $1 AND revoked IS NULL",
        params![id, at],
    )?;
    Ok(revoked > 0)
}

fn read(row: &Row<'_>) -> Result<AdminToken, Error> {
    Ok(AdminToken {
        id: row.get(0)?,
        tenant: row.get(1)?,
        digest: row.get(2)?,
        label: row.get(3)?,
        access: if row.get(4)? { Access::Write } else { Access::Read },
        created: row.get(5)?,
        expires: row.get(6)?,
        revoked: row.get(7)?,
    })
}
