//! Links by which a user signs in once: for people without an account at the provider, such as contractors.

use jiff::Timestamp;
use model::token::{DigestKey, Secret, SecretKind};
use model::{ResourceId, TenantId};
use store::{Error, Tx, params};

use crate::limits::LINK_LIFETIME;

/// Keeps a new link for a user. Answers until when it works.
///
/// # Errors
/// A statement's.
pub fn make(
    tx: &mut Tx<'_>,
    (tenant, user): (TenantId, ResourceId),
    (secret, key): (&Secret, &DigestKey),
    at: Timestamp,
) -> Result<Timestamp, Error> {
    let expires = at.checked_add(LINK_LIFETIME).unwrap_or(Timestamp::MAX);
    tx.execute(
        "INSERT INTO sign_in_once (tenant_id, link_id, digest, user_id, expires) VALUES ($1, $2, $3, $4, $5)",
        params![tenant, secret.public_id(), key.digest(secret).as_slice(), user, expires],
    )?;
    Ok(expires)
}

/// Whose link a text is, if it still works.
///
/// # Errors
/// A statement's.
pub fn whose(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (text, key): (&str, &DigestKey),
    at: Timestamp,
) -> Result<Option<(String, ResourceId)>, Error> {
    let secret = text.parse().ok().filter(|secret: &Secret| secret.kind() == SecretKind::SignInLink);
    let Some(secret) = secret else { return Ok(None) };
    let found = tx.query_opt(
        "SELECT digest, user_id FROM sign_in_once WHERE tenant_id = $1 AND link_id = $2 AND expires > $3",
        params![tenant, secret.public_id(), at],
        |row| Ok((row.get::<Vec<u8>>(0)?, row.get(1)?)),
    )?;
    let proven = found.filter(|(digest, _)| key.verify(&secret, digest));
    Ok(proven.map(|(_, user)| (secret.public_id().to_owned(), user)))
}

/// Uses a link up. Answers whether nobody did before.
///
/// # Errors
/// A statement's.
pub fn spend(tx: &mut Tx<'_>, tenant: TenantId, link: &str) -> Result<bool, Error> {
    let removed =
        tx.execute("DELETE FROM sign_in_once WHERE tenant_id = $1 AND link_id = $2", params![tenant, link])?;
    Ok(removed > 0)
}

/// Forgets a user's links.
///
/// # Errors
/// A statement's.
pub fn forget(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<(), Error> {
    tx.execute("DELETE FROM sign_in_once WHERE tenant_id = $1 AND user_id = $2", params![tenant, user])?;
    Ok(())
}

/// Forgets those that work no more.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM sign_in_once WHERE tenant_id = $1 AND expires <= $2", params![tenant, at])?;
    Ok(())
}
