//! Guesses of secrets are few. A guess is counted before it is looked at, in the transaction that looks, so that those
//! who guess at once, on however many servers, have no more guesses than others.

use application::resources;
use jiff::{SignedDuration, Timestamp};
use model::TenantId;
use store::{Error, Tx, params};

use crate::limits::GUESS_WINDOW;

/// Whether there can be another guess.
///
/// # Errors
/// 429 with the seconds to wait, if there were `most` within [`GUESS_WINDOW`]; the store's.
pub(crate) fn check(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    subject: &str,
    most: i64,
    at: Timestamp,
) -> Result<(), resources::Error> {
    let found = tx.query_opt(
        "SELECT since, guesses FROM print_guess WHERE tenant_id = $1 AND subject = $2 AND since > $3",
        params![tenant, subject, window_before(at)],
        |row| Ok((row.get::<Timestamp>(0)?, row.get::<i64>(1)?)),
    )?;
    match found {
        Some((since, guesses)) if guesses >= most => Err(too_many(most, since, at).into()),
        Some(_) | None => Ok(()),
    }
}

/// Counts a guess of a subject's secret.
///
/// # Errors
/// 429 with the seconds to wait, if there were `most` guesses already within [`GUESS_WINDOW`]; the store's.
pub(crate) fn count(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    subject: &str,
    most: i64,
    at: Timestamp,
) -> Result<(), resources::Error> {
    let (since, guesses) = tx.query_one(
        "INSERT INTO print_guess (tenant_id, subject, since, guesses) VALUES ($1, $2, $3, 1)
         ON CONFLICT (tenant_id, subject) DO UPDATE SET
         guesses = CASE WHEN print_guess.since > $4 THEN print_guess.guesses + 1 ELSE 1 END,
         since = CASE WHEN print_guess.since > $4 THEN print_guess.since ELSE excluded.since END
         RETURNING since, guesses",
        params![tenant, subject, at, window_before(at)],
        |row| Ok((row.get::<Timestamp>(0)?, row.get::<i64>(1)?)),
    )?;
    if guesses <= most {
        return Ok(());
    }
    Err(too_many(most, since, at).into())
}

fn too_many(most: i64, since: Timestamp, at: Timestamp) -> scim::Error {
    let wait = (GUESS_WINDOW - at.duration_since(since)).clamp(SignedDuration::from_secs(1), GUESS_WINDOW);
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
    let detail = format!("{most} wrong guesses within {} minutes; wait", GUESS_WINDOW.as_mins());
    scim::Error::new(429, detail).retry_after(seconds)
}

/// Takes back the guess that was right. Those before it go on counting.
///
/// # Errors
/// The store's.
pub(crate) fn was_right(tx: &mut Tx<'_>, tenant: TenantId, subject: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE print_guess SET guesses = guesses - 1 WHERE tenant_id = $1 AND subject = $2",
        params![tenant, subject],
    )?;
    Ok(())
}

/// Forgets the guesses of a subject that is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, tenant: TenantId, subject: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM print_guess WHERE tenant_id = $1 AND subject = $2", params![tenant, subject])?;
    Ok(())
}

/// Forgets guesses that count no more.
pub(crate) fn purge(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM print_guess WHERE tenant_id = $1 AND since <= $2",
        params![tenant, window_before(at)],
    )?;
    Ok(())
}

fn window_before(at: Timestamp) -> Timestamp {
    at.checked_sub(GUESS_WINDOW).unwrap_or(Timestamp::MIN)
}
