//! What came of attempts to sign in, for the administrator who is asked why somebody can't.

use jiff::{SignedDuration, Timestamp};
use model::TenantId;
use store::{Error, Tx, params};
use uuid::Uuid;

use crate::limits::{ATTEMPT_DAYS, MAX_ATTEMPT_TEXT, MAX_ATTEMPTS};
use crate::{Door, Refusal};

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, which the page of a refusal shows too.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// At which door.
    pub door: Door,
    /// `signed-in`, or [`Refusal::code`].
    pub outcome: String,
    /// What it means and what to do; empty if it went well.
    pub detail: String,
    /// What the provider calls who tried, if it said so in a way that is believed.
    pub subject: Option<String>,
    /// From where.
    pub address: Option<String>,
}

/// What a successful one is called.
pub const SIGNED_IN: &str = "signed-in";

impl Attempt {
    /// One that failed.
    #[must_use]
    pub fn refused(self, refusal: &Refusal) -> Self {
        Self { outcome: refusal.code().to_owned(), detail: shown(&refusal.to_string()), ..self }
    }
}

/// A text of somebody else's, as it is kept.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_ATTEMPT_TEXT).collect()
}

/// Keeps an attempt.
///
/// # Errors
/// A statement's.
pub fn add(tx: &mut Tx<'_>, tenant: TenantId, new: &Attempt) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sign_in_attempt (tenant_id, attempt_id, at, door, outcome, detail, subject, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            tenant,
            &new.id.to_string(),
            new.at,
            new.door.as_str(),
            &new.outcome,
            &new.detail,
            new.subject.as_deref(),
            new.address.as_deref()
        ],
    )?;
    Ok(())
}

/// The latest ones, the latest first.
///
/// # Errors
/// A statement's.
pub fn latest(tx: &mut Tx<'_>, tenant: TenantId, limit: i64) -> Result<Vec<Attempt>, Error> {
    tx.query(
        "SELECT attempt_id, at, door, outcome, detail, subject, address FROM sign_in_attempt
         WHERE tenant_id = $1 ORDER BY attempt_id DESC LIMIT $2",
        params![tenant, limit],
        |row| {
            Ok(Attempt {
                id: row.parse(0, "sign_in_attempt.attempt_id", |text| text.parse().ok())?,
                at: row.get(1)?,
                door: row.parse(2, "sign_in_attempt.door", |text| text.parse().ok())?,
                outcome: row.get(3)?,
                detail: row.get(4)?,
                subject: row.get(5)?,
                address: row.get(6)?,
            })
        },
    )
}

/// Forgets the old ones, and those beyond the bound. What anybody can send pushes nobody out whom a provider named.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), Error> {
    let since = at.checked_sub(SignedDuration::from_hours(24 * ATTEMPT_DAYS)).unwrap_or(Timestamp::MIN);
    tx.execute("DELETE FROM sign_in_attempt WHERE tenant_id = $1 AND at < $2", params![tenant, since])?;
    for statement in [
        "DELETE FROM sign_in_attempt WHERE tenant_id = $1 AND attempt_id IN
         (SELECT attempt_id FROM sign_in_attempt WHERE tenant_id = $1 AND subject IS NULL
          ORDER BY attempt_id DESC LIMIT $2 OFFSET $3)",
        "DELETE FROM sign_in_attempt WHERE tenant_id = $1 AND attempt_id IN
         (SELECT attempt_id FROM sign_in_attempt WHERE tenant_id = $1 AND subject IS NOT NULL
          ORDER BY attempt_id DESC LIMIT $2 OFFSET $3)",
    ] {
        tx.execute(statement, params![tenant, i64::MAX, MAX_ATTEMPTS])?;
    }
    Ok(())
}
