//! Seats and rooms that are booked for a time.

use jiff::{SignedDuration, Timestamp};
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Param, Tx, params};
use uuid::Uuid;

use crate::limits::{MAX_DAYS_AHEAD, MAX_OPEN_RESERVATIONS, MAX_RESERVATION_DAYS, at_most};
use crate::{Error, ReservationId, SpaceId, delegate, occupant, space};

const RESERVATION: &str = "reservation";

/// That something is booked for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// What is booked.
    pub space: SpaceId,
    /// For whom.
    #[schemars(with = "Uuid")]
    pub user: ResourceId,
    /// By whom: the user, or a delegate of the user.
    #[schemars(with = "Uuid")]
    pub booked_by: ResourceId,
    /// From when.
    pub starts: Timestamp,
    /// Until when, which is not part of it.
    pub ends: Timestamp,
    /// When it was cancelled, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Timestamp>,
    /// Why: by `request`, the user was `deactivated` or `deleted`, or it was deleted and `lost`: it was over, or somebody
    /// else's, when the user came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<String>,
}

/// Which reservations are listed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Of this space only.
    pub space: Option<SpaceId>,
    /// For this user only.
    pub user: Option<ResourceId>,
    /// Those that are not over then.
    pub from: Timestamp,
    /// Those that begin before.
    pub to: Timestamp,
    /// Whether cancelled ones too.
    pub cancelled: bool,
    /// How many at most.
    pub limit: i64,
}

/// Books something for an active user. Nothing is booked twice for one time, and nobody's seat for somebody else.
///
/// # Errors
/// [`Error::Invalid`] for a time that can't be; [`Error::Unknown`] user or space; [`Error::Conflict`] if the user is
/// inactive or has too many, `booked_by` may not act for the user, or it is not free; the store's.
pub fn book(tx: &mut Tx<'_>, tenant: TenantId, new: &Reservation, at: Timestamp) -> Result<(), Error> {
    check_time(new.starts, new.ends, at)?;
    occupant::lock_active(tx, tenant, new.user)?;
    if new.booked_by != new.user && !delegate::is_one(tx, tenant, new.user, new.booked_by)? {
        return Err(Error::Conflict(format!(
            "the user {} is no active delegate of the user {}",
            new.booked_by, new.user
        )));
    }
    let open = "SELECT count(*) FROM reservation
                WHERE tenant_id = $1 AND resource_id = $2 AND ends > $3 AND cancelled IS NULL";
    at_most(tx, open, params![tenant, new.user, at], (MAX_OPEN_RESERVATIONS, "reservations of the user"))?;
    space::lock(tx, tenant, new.space)?;
    if !is_free(tx, tenant, new)? {
        return Err(Error::Conflict("it is not free at that time".to_owned()));
    }
    tx.execute(
        "INSERT INTO reservation
         (tenant_id, reservation_id, space_id, resource_id, booked_by, starts, ends)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![tenant, new.id, new.space, new.user, new.booked_by, new.starts, new.ends],
    )?;
    Ok(())
}

fn check_time(starts: Timestamp, ends: Timestamp, at: Timestamp) -> Result<(), Error> {
    let days = |count: i64| SignedDuration::from_hours(24 * count);
    let refused = |text: String| Err(Error::Invalid(text));
    if ends <= starts || starts.duration_until(ends) > days(MAX_RESERVATION_DAYS) {
        return refused(format!("a reservation ends after it starts, within {MAX_RESERVATION_DAYS} days"));
    }
    if ends <= at || at.duration_until(starts) > days(MAX_DAYS_AHEAD) {
        return refused(format!("a reservation is not over yet, and starts within {MAX_DAYS_AHEAD} days"));
    }
    Ok(())
}

fn is_free(tx: &mut Tx<'_>, tenant: TenantId, new: &Reservation) -> Result<bool, store::Error> {
    let others: i64 = tx.query_one(
        "SELECT (SELECT count(*) FROM reservation
                 WHERE tenant_id = $1 AND space_id = $2 AND ends > $3 AND starts < $4 AND cancelled IS NULL)
              + (SELECT count(*) FROM seat_assignment
                 WHERE tenant_id = $1 AND space_id = $2 AND ended IS NULL AND resource_id <> $5)",
        params![tenant, new.space, new.starts, new.ends, new.user],
        |row| row.get(0),
    )?;
    Ok(others == 0)
}

/// Until when others than a user have booked a space, as far as that is not over. `None`: they have not.
pub(crate) fn booked_until(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (space, user): (SpaceId, ResourceId),
    at: Timestamp,
) -> Result<Option<Timestamp>, store::Error> {
    tx.query_one(
        "SELECT max(ends) FROM reservation
         WHERE tenant_id = $1 AND space_id = $2 AND ends > $3 AND resource_id <> $4 AND cancelled IS NULL",
        params![tenant, space, at, user],
        |row| row.get(0),
    )
}

/// Reservations in the order of their time.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId, wanted: &Wanted) -> Result<Vec<Reservation>, store::Error> {
    part(tx, tenant, wanted, (Timestamp::MIN, None))
}

/// The same, those that come after a reservation. That it was cancelled since is as good.
///
/// # Errors
/// [`Error::Unknown`] if it is gone, with its user or its space; the store's.
pub fn list_after(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    wanted: &Wanted,
    last: ReservationId,
) -> Result<Vec<Reservation>, Error> {
    let starts = tx.query_opt(
        "SELECT starts FROM reservation WHERE tenant_id = $1 AND reservation_id = $2",
        params![tenant, last],
        |row| row.get::<Timestamp>(0),
    )?;
    let starts = starts.ok_or_else(|| Error::unknown(RESERVATION, last.0))?;
    Ok(part(tx, tenant, wanted, (starts, Some(last)))?)
}

fn part(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    wanted: &Wanted,
    (starts, last): (Timestamp, Option<ReservationId>),
) -> Result<Vec<Reservation>, store::Error> {
    tx.query(
        "SELECT reservation_id, space_id, resource_id, booked_by, starts, ends, cancelled, cancelled_by
         FROM reservation WHERE tenant_id = $1
         AND (CAST($2 AS TEXT) IS NULL OR space_id = $2) AND (CAST($3 AS TEXT) IS NULL OR resource_id = $3)
         AND ends > $4 AND starts < $5 AND (cancelled IS NULL OR CAST($6 AS BIGINT) = 1)
         AND (starts, reservation_id) > ($7, $8) ORDER BY starts, reservation_id LIMIT $9",
        params![
            tenant,
            wanted.space.map_or(Param::Null, Param::from),
            wanted.user.map_or(Param::Null, Param::from),
            wanted.from,
            wanted.to,
            wanted.cancelled,
            starts,
            last.map_or(Param::Text(""), Param::from),
            wanted.limit
        ],
        |row| {
            Ok(Reservation {
                id: row.get(0)?,
                space: row.get(1)?,
                user: row.get(2)?,
                booked_by: row.get(3)?,
                starts: row.get(4)?,
                ends: row.get(5)?,
                cancelled: row.get(6)?,
                cancelled_by: row.get(7)?,
            })
        },
    )
}

/// Cancels a reservation that is not over. That it was cancelled is as good.
///
/// # Errors
/// [`Error::Unknown`]; [`Error::Conflict`] for one that is over; the store's.
pub fn cancel(tx: &mut Tx<'_>, tenant: TenantId, id: ReservationId, at: Timestamp) -> Result<(), Error> {
    let ends = tx.query_opt(
        "SELECT ends FROM reservation WHERE tenant_id = $1 AND reservation_id = $2",
        params![tenant, id],
        |row| row.get::<Timestamp>(0),
    )?;
    if ends.ok_or_else(|| Error::unknown(RESERVATION, id.0))? <= at {
        return Err(Error::Conflict("the reservation is over".to_owned()));
    }
    tx.execute(
        "UPDATE reservation SET cancelled = $3, cancelled_by = 'request'
         WHERE tenant_id = $1 AND reservation_id = $2 AND cancelled IS NULL",
        params![tenant, id, at],
    )?;
    Ok(())
}

/// Cancels what is booked for a user and not over, for this reason.
pub(crate) fn cancel_all(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    at: Timestamp,
    reason: &str,
) -> Result<(), store::Error> {
    tx.execute(
        "UPDATE reservation SET cancelled = $3, cancelled_by = $4
         WHERE tenant_id = $1 AND resource_id = $2 AND ends > $3 AND cancelled IS NULL",
        params![tenant, user, at, reason],
    )?;
    Ok(())
}

/// Gives the reservations back that went with the user's deletion, are not over, and nobody else has by now. The caller
/// has locked their spaces, and has given seats back before.
pub(crate) fn give_back(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    at: Timestamp,
) -> Result<(), store::Error> {
    tx.execute(
        "UPDATE reservation SET cancelled = NULL, cancelled_by = NULL
         WHERE tenant_id = $1 AND resource_id = $2 AND cancelled_by = 'deleted' AND ends > $3 AND NOT EXISTS
         (SELECT 1 FROM reservation AS other WHERE other.tenant_id = $1
          AND other.space_id = reservation.space_id AND other.resource_id <> $2
          AND other.ends > reservation.starts AND other.starts < reservation.ends AND other.cancelled IS NULL)
         AND NOT EXISTS
         (SELECT 1 FROM seat_assignment AS seat WHERE seat.tenant_id = $1
          AND seat.space_id = reservation.space_id AND seat.ended IS NULL AND seat.resource_id <> $2)",
        params![tenant, user, at],
    )?;
    tx.execute(
        "UPDATE reservation SET cancelled_by = 'lost'
         WHERE tenant_id = $1 AND resource_id = $2 AND cancelled_by = 'deleted'",
        params![tenant, user],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_of_a_time_that_can_be() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-05-04T12:00:00Z");
        for (starts, ends, is_possible) in [
            ("2026-05-04T09:00:00Z", "2026-05-04T17:00:00Z", true),
            ("2026-05-05T09:00:00Z", "2026-06-05T09:00:00Z", true),
            ("2026-05-05T09:00:00Z", "2026-06-05T09:00:01Z", false),
            ("2026-05-05T09:00:00Z", "2026-05-05T09:00:00Z", false),
            ("2026-05-05T09:00:00Z", "2026-05-05T08:00:00Z", false),
            ("2026-05-04T09:00:00Z", "2026-05-04T12:00:00Z", false),
            ("2027-06-08T12:00:00Z", "2027-06-08T13:00:00Z", true),
            ("2027-06-08T12:00:01Z", "2027-06-08T13:00:00Z", false),
        ] {
            assert_eq!(check_time(at(starts), at(ends), now).is_ok(), is_possible, "{starts} {ends}");
        }
    }
}
