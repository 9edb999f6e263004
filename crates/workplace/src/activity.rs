//! When users were active: how many a tenant pays for, on any day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::{ResourceId, TenantId};
use store::{Tx, params};

use crate::Error;
use crate::presence::day_of;

/// How many users were active at the end of a day, UTC; of today: how many are.
///
/// # Errors
/// [`Error::Invalid`] for a day to come, or the store's.
pub fn count(tx: &mut Tx<'_>, tenant: TenantId, day: Date, now: Timestamp) -> Result<i64, Error> {
    if day > day_of(now) {
        return Err(Error::Invalid(format!("{day} is not over yet, nor has it begun")));
    }
    let instant = end_of(day).map_or(now, |end| end.min(now));
    Ok(tx.query_one(
        "SELECT count(*) FROM active_span
         WHERE tenant_id = $1 AND since <= $2 AND (ended IS NULL OR ended > $2)",
        params![tenant, instant],
        |row| row.get(0),
    )?)
}

/// The last instant of a day that the store tells from the next: who begins at midnight does so on the next day.
fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.checked_add(1.day()).ok()?.to_zoned(TimeZone::UTC).ok()?;
    next.timestamp().checked_sub(SignedDuration::from_micros(1)).ok()
}

/// From now on a user counts.
pub(crate) fn begin(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    at: Timestamp,
) -> Result<(), store::Error> {
    // Who ended and begins at one instant never ended.
    tx.execute(
        "INSERT INTO active_span (tenant_id, resource_id, since) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, resource_id, since) DO UPDATE SET ended = NULL",
        params![tenant, user, at],
    )?;
    Ok(())
}

/// From now on a user does not count.
pub(crate) fn end(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    at: Timestamp,
) -> Result<(), store::Error> {
    tx.execute(
        "UPDATE active_span SET ended = $3 WHERE tenant_id = $1 AND resource_id = $2 AND ended IS NULL",
        params![tenant, user, at],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_just_before_midnight() {
        let end = end_of("2026-02-28".parse().unwrap());
        assert_eq!(end, "2026-02-28T23:59:59.999999Z".parse().ok());
    }
}
