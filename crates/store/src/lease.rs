//! Leases: who may work on what, until when. The clock is the caller's, so that a test needs no waiting.

use jiff::{SignedDuration, Timestamp};

use crate::{Error, Tx, params};

/// Takes a lease that is free, expired, or the holder's own, until `now + ttl`. Answers whether the holder has it.
///
/// # Errors
/// A statement's.
pub fn claim(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: Timestamp,
    ttl: SignedDuration,
) -> Result<bool, Error> {
    let claimed = tx.execute(
        "INSERT INTO lease (name, holder, expires) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
         WHERE lease.holder = excluded.holder OR lease.expires <= $4",
        params![name, holder, end(now, ttl), now],
    )?;
    Ok(claimed > 0)
}

/// Extends a lease until `now + ttl`, if it is still the holder's; also an expired one that nobody took. Answers
/// whether it is: if not, stop working.
///
/// # Errors
/// A statement's.
pub fn renew(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: Timestamp,
    ttl: SignedDuration,
) -> Result<bool, Error> {
    let renewed = tx.execute(
        "UPDATE lease SET expires = $3 WHERE name = $1 AND holder = $2",
        params![name, holder, end(now, ttl)],
    )?;
    Ok(renewed > 0)
}

/// Takes a lease from whoever holds it, until `now + ttl`: the holder finds out when it renews.
///
/// # Errors
/// A statement's.
pub fn seize(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: Timestamp,
    ttl: SignedDuration,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE lease SET holder = $2, expires = $3 WHERE name = $1",
        params![name, holder, end(now, ttl)],
    )?;
    Ok(())
}

/// Gives a lease back. Someone else's stays.
///
/// # Errors
/// A statement's.
pub fn release(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM lease WHERE name = $1 AND holder = $2", params![name, holder])?;
    Ok(())
}

/// Who holds a lease at that instant.
///
/// # Errors
/// A statement's.
pub fn holder(tx: &mut Tx<'_>, name: &str, now: Timestamp) -> Result<Option<String>, Error> {
    tx.query_opt("SELECT holder FROM lease WHERE name = $1 AND expires > $2", params![name, now], |row| {
        row.get(0)
    })
}

fn end(now: Timestamp, ttl: SignedDuration) -> Timestamp {
    now.saturating_add(ttl).unwrap_or(Timestamp::MAX)
}
