//! Sessions: who is signed in.
//!
//! A session ends when somebody signs out, when it was not used for a while, after its lifetime, with its user's
//! deactivation or deletion (`follow`), with the provider that let it in, and with the next one of the same browser.

use jiff::{SignedDuration, Timestamp};
use model::token::{DigestKey, Secret, SecretKind};
use model::{ResourceId, TenantId};
use scim::Object;
use serde_json::Value;
use store::{Error, Tx, params, resource};

use application::USER;
use application::resources::is_active;

use crate::limits::{MAX_SESSIONS, TOUCH};
use crate::{Door, settings};

/// A session that is alive, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: String,
    /// Whose; `None`: the break-glass account's.
    pub user: Option<User>,
    /// By what they signed in.
    pub door: Door,
    /// When.
    pub began: Timestamp,
    /// When it was last used, within a minute.
    pub last_used: Timestamp,
    /// When it ends unless it is used.
    pub idle_end: Timestamp,
    /// When it ends in any case.
    pub expires: Timestamp,
}

/// A signed-in user.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The SCIM id.
    pub id: ResourceId,
    /// `userName`.
    pub user_name: String,
    /// `displayName`.
    pub display_name: Option<String>,
}

impl User {
    fn of(id: ResourceId, document: &Object) -> Self {
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        Self { id, user_name: text("userName").unwrap_or_default(), display_name: text("displayName") }
    }
}

/// A session as it is stored.
struct Row {
    digest: Vec<u8>,
    user: Option<ResourceId>,
    door: Door,
    began: Timestamp,
    last_used: Timestamp,
    expires: Timestamp,
}

/// Begins a session of a user, or of the break-glass account, that ends at `expires` in any case. Of too many the oldest
/// ends.
///
/// # Errors
/// A statement's.
pub fn begin(
    tx: &mut Tx<'_>,
    (tenant, user, door): (TenantId, Option<ResourceId>, Door),
    (secret, key): (&Secret, &DigestKey),
    (at, expires): (Timestamp, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM sign_in_session WHERE tenant_id = $1 AND session_id IN
         (SELECT session_id FROM sign_in_session WHERE tenant_id = $1 AND user_id = $2
          ORDER BY created DESC, session_id LIMIT $3 OFFSET $4)",
        params![tenant, user, i64::MAX, MAX_SESSIONS - 1],
    )?;
    tx.execute(
        "INSERT INTO sign_in_session (tenant_id, session_id, digest, user_id, door, created, last_used, expires)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        params![
            tenant,
            secret.public_id(),
            key.digest(secret).as_slice(),
            user,
            door.as_str(),
            at,
            expires
        ],
    )?;
    Ok(())
}

/// The session that a text is the token of, if it is alive and its user active.
///
/// # Errors
/// A statement's.
pub fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (token, key): (&str, &DigestKey),
    at: Timestamp,
) -> Result<Option<Session>, Error> {
    let secret = token.parse().ok().filter(|secret: &Secret| secret.kind() == SecretKind::Session);
    let Some(secret) = secret else { return Ok(None) };
    let found = tx.query_opt(
        "SELECT digest, user_id, door, created, last_used, expires FROM sign_in_session
         WHERE tenant_id = $1 AND session_id = $2",
        params![tenant, secret.public_id()],
        |row| {
            Ok(Row {
                digest: row.get(0)?,
                user: row.get(1)?,
                door: row.parse(2, "sign_in_session.door", |text| text.parse().ok())?,
                began: row.get(3)?,
                last_used: row.get(4)?,
                expires: row.get(5)?,
            })
        },
    )?;
    let Some(row) = found.filter(|row| key.verify(&secret, &row.digest)) else { return Ok(None) };
    let idle_end = after(row.last_used, settings::get(tx, tenant)?.idle_minutes).min(row.expires);
    if at >= idle_end {
        return Ok(None);
    }
    let user = match row.user {
        None => None,
        Some(id) => match resource::get(tx, tenant, USER, id)? {
            Some(user) if is_active(&user.document) => Some(User::of(id, &user.document)),
            Some(_) | None => return Ok(None),
        },
    };
    let Row { door, began, last_used, expires, .. } = row;
    let id = secret.public_id().to_owned();
    Ok(Some(Session { id, user, door, began, last_used, idle_end, expires }))
}

/// Whether the session's last use is to be written again.
#[must_use]
pub fn is_touch_due(session: &Session, at: Timestamp) -> bool {
    at.duration_since(session.last_used) >= TOUCH
}

/// Notes that a session is used.
///
/// # Errors
/// A statement's.
pub fn touch(tx: &mut Tx<'_>, tenant: TenantId, session: &str, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_session SET last_used = $3 WHERE tenant_id = $1 AND session_id = $2 AND last_used < $3",
        params![tenant, session, at],
    )?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// A statement's.
pub fn end(tx: &mut Tx<'_>, tenant: TenantId, session: &str) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM sign_in_session WHERE tenant_id = $1 AND session_id = $2",
        params![tenant, session],
    )?;
    Ok(())
}

/// Ends all sessions of a user. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn end_of(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<u64, Error> {
    tx.execute("DELETE FROM sign_in_session WHERE tenant_id = $1 AND user_id = $2", params![tenant, user])
}

/// Ends all sessions that began at a door.
///
/// # Errors
/// A statement's.
pub fn end_at(tx: &mut Tx<'_>, tenant: TenantId, door: Door) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM sign_in_session WHERE tenant_id = $1 AND door = $2",
        params![tenant, door.as_str()],
    )?;
    Ok(())
}

/// Forgets those that have ended by themselves.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), Error> {
    let idle = SignedDuration::from_mins(i64::from(settings::get(tx, tenant)?.idle_minutes));
    let used_before = at.checked_sub(idle).unwrap_or(Timestamp::MIN);
    tx.execute(
        "DELETE FROM sign_in_session WHERE tenant_id = $1 AND (expires <= $2 OR last_used <= $3)",
        params![tenant, at, used_before],
    )?;
    Ok(())
}

/// So many minutes later.
pub(crate) fn after(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}
