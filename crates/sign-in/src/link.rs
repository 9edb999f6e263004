//! Links: whom a provider means by a subject that it never gives to somebody else. Made when somebody signs in for the
//! first time, so that neither a rename here nor one at the provider separates them.

use jiff::Timestamp;
use model::{ResourceId, TenantId};
use store::{Error, Tx, params};

use crate::Door;

/// Somebody, as a provider names them.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// At which door the provider is. A provider of another protocol may call itself the same and mean somebody else by
    /// the same subject, as Keycloak's SAML and OpenID Connect sides do.
    pub door: Door,
    /// The provider: `iss`, or the entity id.
    pub issuer: &'a str,
    /// An id that it gives to nobody else.
    pub id: &'a str,
}

/// Whom a provider means.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, subject: Subject<'_>) -> Result<Option<ResourceId>, Error> {
    tx.query_opt(
        "SELECT user_id FROM sign_in_link WHERE tenant_id = $1 AND door = $2 AND issuer = $3 AND subject = $4",
        params![tenant, subject.door.as_str(), subject.issuer, subject.id],
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
    subject: Subject<'_>,
    at: Timestamp,
) -> Result<bool, Error> {
    let Subject { door, issuer, id } = subject;
    let other = tx.query_opt(
        "SELECT subject FROM sign_in_link
         WHERE tenant_id = $1 AND user_id = $2 AND door = $3 AND issuer = $4 AND subject <> $5",
        params![tenant, user, door.as_str(), issuer, id],
        |row| row.get::<String>(0),
    )?;
    if other.is_some() {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO sign_in_link (tenant_id, door, issuer, subject, user_id, created) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, door, issuer, subject)
         DO UPDATE SET user_id = excluded.user_id, created = excluded.created",
        params![tenant, door.as_str(), issuer, id, user, at],
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

/// Forgets the links of the provider at a door.
///
/// # Errors
/// A statement's.
pub fn forget_at(tx: &mut Tx<'_>, tenant: TenantId, door: Door) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM sign_in_link WHERE tenant_id = $1 AND door = $2",
        params![tenant, door.as_str()],
    )?;
    Ok(())
}
