//! Who was where on which day: said by people, or told by the address that somebody signed in from.
//!
//! A day has one row for a user and a location, however often the user is seen there. The address is not kept, and a day is
//! not for ever.

use std::net::IpAddr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Param, Tx, params};
use uuid::Uuid;

use crate::limits::{MAX_CLOCK_SKEW_SECONDS, MAX_PRESENCE_AGE_DAYS, PRESENCE_DAYS};
use crate::{Error, LocationId, ip_range, location, occupant};

/// How it is known where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Seen {
    /// Somebody says so.
    Location(LocationId),
    /// The user came from this address.
    Address(IpAddr),
}

/// That somebody was somewhere on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    /// Who.
    #[schemars(with = "Uuid")]
    pub user: ResourceId,
    /// Where.
    pub location: LocationId,
    /// On which day, UTC.
    pub day: Date,
    /// How that is known: `manual` or `address`, whichever came first.
    pub source: String,
    /// When the user was first seen there on that day.
    pub first_seen: Timestamp,
    /// When last.
    pub last_seen: Timestamp,
}

/// Which presences are listed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Of which day.
    pub day: Date,
    /// At this location only.
    pub location: Option<LocationId>,
    /// Those of users after this one.
    pub part: occupant::Part,
}

/// Notes that an active user is somewhere. Answers where; `None`: the address belongs to no location, and nothing is
/// noted.
///
/// # Errors
/// [`Error::Unknown`] user or location; [`Error::Conflict`] for an inactive user; [`Error::Invalid`] for a time ahead or
/// too long ago; the store's.
pub fn note(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (user, seen): (ResourceId, Seen),
    (at, now): (Timestamp, Timestamp),
) -> Result<Option<LocationId>, Error> {
    if now.duration_until(at) > SignedDuration::from_secs(MAX_CLOCK_SKEW_SECONDS) {
        return Err(Error::Invalid(
            "nobody is seen in the future; at is an instant that has been".to_owned(),
        ));
    }
    if at.duration_until(now) > days(MAX_PRESENCE_AGE_DAYS) {
        let text = format!("at is more than {MAX_PRESENCE_AGE_DAYS} days ago; tell of a presence sooner");
        return Err(Error::Invalid(text));
    }
    // The location first, as whoever moves users in or out of it does.
    let (found, source) = match seen {
        Seen::Location(location) => {
            location::lock(tx, tenant, location)?;
            (Some(location), "manual")
        }
        Seen::Address(address) => (ip_range::location_of(tx, tenant, address)?, "address"),
    };
    occupant::lock_active(tx, tenant, user)?;
    let Some(location) = found else { return Ok(None) };
    tx.execute(
        "INSERT INTO presence (tenant_id, resource_id, day, location_id, source, first_seen, last_seen)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (tenant_id, resource_id, day, location_id) DO UPDATE SET
         first_seen = CASE WHEN excluded.first_seen < presence.first_seen
                           THEN excluded.first_seen ELSE presence.first_seen END,
         last_seen = CASE WHEN excluded.last_seen > presence.last_seen
                          THEN excluded.last_seen ELSE presence.last_seen END",
        params![tenant, user, &day_of(at).to_string(), location, source, at],
    )?;
    Ok(Some(location))
}

/// Who was where on a day, in the order of users. Of a part, the last user's rows are whole.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId, wanted: Wanted) -> Result<Vec<Presence>, store::Error> {
    let after = wanted.part.after.map_or(Param::Text(""), Into::into);
    tx.query(
        "SELECT resource_id, location_id, day, source, first_seen, last_seen FROM presence
         WHERE tenant_id = $1 AND day = $2 AND (CAST($3 AS TEXT) IS NULL OR location_id = $3)
         AND resource_id IN
         (SELECT DISTINCT p.resource_id FROM presence AS p WHERE p.tenant_id = $1 AND p.day = $2
          AND (CAST($3 AS TEXT) IS NULL OR p.location_id = $3) AND p.resource_id > $4
          ORDER BY p.resource_id LIMIT $5)
         ORDER BY resource_id, first_seen, location_id",
        params![
            tenant,
            &wanted.day.to_string(),
            wanted.location.map_or(Param::Null, Param::from),
            after,
            wanted.part.limit
        ],
        |row| {
            Ok(Presence {
                user: row.get(0)?,
                location: row.get(1)?,
                day: row.parse(2, "presence.day", |text| text.parse().ok())?,
                source: row.get(3)?,
                first_seen: row.get(4)?,
                last_seen: row.get(5)?,
            })
        },
    )
}

/// Forgets the oldest day, if it is one of those that are no longer kept: however many there are, others wait for the rows
/// of one.
pub(crate) fn forget(tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), store::Error> {
    let first_kept = day_of(at.checked_sub(days(PRESENCE_DAYS)).unwrap_or(Timestamp::MIN));
    tx.execute(
        "DELETE FROM presence WHERE tenant_id = $1 AND day =
         (SELECT min(p.day) FROM presence AS p WHERE p.tenant_id = $1 AND p.day < $2)",
        params![tenant, &first_kept.to_string()],
    )?;
    Ok(())
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// The day that an instant belongs to, UTC.
pub(crate) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
