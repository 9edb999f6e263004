//! The break-glass account: a tenant's way in when its provider is out of order.
//!
//! Its key is made by Rollcall from 256 random bits and shown once, so that there is no password to guess, and a keyed
//! digest is all that is kept (decision 0003). It is nobody of SCIM's, so that no client can take it away.

use jiff::Timestamp;
use model::TenantId;
use model::token::{DigestKey, Secret, SecretKind};
use store::{Error, Tx, params};

/// What is known of a tenant's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The public part of its key.
    pub key: String,
    /// When the key was made.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

/// Makes the account, or gives it another key; the one before is worth nothing any more, and its sessions end.
///
/// # Errors
/// A statement's.
pub fn make(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (secret, key): (&Secret, &DigestKey),
    at: Timestamp,
) -> Result<(), Error> {
    delete(tx, tenant)?;
    tx.execute(
        "INSERT INTO sign_in_break_glass (tenant_id, key_id, digest, created) VALUES ($1, $2, $3, $4)",
        params![tenant, secret.public_id(), key.digest(secret).as_slice(), at],
    )?;
    Ok(())
}

/// The account.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<Account>, Error> {
    tx.query_opt(
        "SELECT key_id, created, last_used FROM sign_in_break_glass WHERE tenant_id = $1",
        params![tenant],
        |row| Ok(Account { key: row.get(0)?, created: row.get(1)?, last_used: row.get(2)? }),
    )
}

/// Whether a text is its key; the use is noted then. Answers the key's public part.
///
/// # Errors
/// A statement's.
pub fn open(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (text, key): (&str, &DigestKey),
    at: Timestamp,
) -> Result<Option<String>, Error> {
    let secret = text.trim().parse().ok().filter(|secret: &Secret| secret.kind() == SecretKind::BreakGlass);
    let Some(secret) = secret else { return Ok(None) };
    let digest = tx.query_opt(
        "SELECT digest FROM sign_in_break_glass WHERE tenant_id = $1 AND key_id = $2 FOR UPDATE",
        params![tenant, secret.public_id()],
        |row| row.get::<Vec<u8>>(0),
    )?;
    if !digest.is_some_and(|digest| key.verify(&secret, &digest)) {
        return Ok(None);
    }
    tx.execute("UPDATE sign_in_break_glass SET last_used = $2 WHERE tenant_id = $1", params![tenant, at])?;
    Ok(Some(secret.public_id().to_owned()))
}

/// Removes the account, and ends its sessions. Answers whether there was one.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, tenant: TenantId) -> Result<bool, Error> {
    tx.execute("DELETE FROM sign_in_session WHERE tenant_id = $1 AND user_id IS NULL", params![tenant])?;
    Ok(tx.execute("DELETE FROM sign_in_break_glass WHERE tenant_id = $1", params![tenant])? > 0)
}
