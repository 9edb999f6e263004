//! Links: whom a provider means by a subject that it never gives to somebody else. Made when somebody signs in for the
//! first time, so that neither a rename here nor one at the provider separates them.

use jiff::Timestamp;
use model::{ResourceId, TenantId};
use store::{Error, Tx, params};

/// Whom a provider means.
///
/// # Errors
/// A statement's.
pub fn get(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    issuer: &str,
    subject: &str,
) -> Result<Option<ResourceId>, Error> {
    tx.query_opt(
        "SELECT user_id FROM sign_in_link WHERE tenant_id = $1 AND issuer = $2 AND subject = $3",
        params![tenant, issuer, subject],
        |row| row.get(0),
    )
}

/// Links a subject to a user. Answers false, and changes nothing, if the provider has another subject for that user.
///
/// # Errors
/// A statement's.
pub fn make(
    tx: &mut Tx<'_>,
    (tenant, user): (TenantId, ResourceId),
    (issuer, subject): (&str, &str),
    at: Timestamp,
) -> Result<bool, Error> {
    let other = tx.query_opt(
        "SELECT subject FROM sign_in_link WHERE tenant_id = $1 AND user_id = $2 AND issuer = $3 AND subject <> $4",
        params![tenant, user, issuer, subject],
        |row| row.get::<String>(0),
    )?;
    if other.is_some() {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO sign_in_link (tenant_id, issuer, subject, user_id, created) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, issuer, subject) DO UPDATE SET user_id = excluded.user_id, created = excluded.created",
        params![tenant, issuer, subject, user, at],
    )?;
    Ok(true)
}

/// Forgets a user's links. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn forget(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<u64, Error> {
    tx.execute("DELETE FROM sign_in_link WHERE tenant_id = $1 AND user_id = $2", params![tenant, user])
}
