//! Whose seats are.

use jiff::Timestamp;
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, params};

use crate::space::{self, Kind};
use crate::{AssignmentId, Error, SpaceId, occupant, reservation};

/// That somebody has or had a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// The seat.
    pub seat: SpaceId,
    /// Since when.
    pub since: Timestamp,
    /// Until when; nothing while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Why it ended: `released` by somebody, the user was `deactivated` or `deleted`, or it was deleted and `lost`: somebody
    /// else had it or had booked it when the user came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
}

/// Gives an active user a seat that nobody has and nobody else has booked. That it has the seat already is as good: then the
/// answer is false.
///
/// # Errors
/// [`Error::Unknown`] user or seat; [`Error::Conflict`] for an inactive user, somebody else's seat, or one that others have
/// booked; [`Error::Invalid`] for a room; the store's.
pub fn assign(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: AssignmentId,
    (seat, user): (SpaceId, ResourceId),
    at: Timestamp,
) -> Result<bool, Error> {
    occupant::lock_active(tx, tenant, user)?;
    if space::lock(tx, tenant, seat)? == Kind::Room {
        return Err(Error::Invalid("a room is nobody's; reserve it".to_owned()));
    }
    match holder(tx, tenant, seat)? {
        Some(holder) if holder == user => return Ok(false),
        Some(holder) => {
            return Err(Error::Conflict(format!("it is the seat of the user {holder}; release it first")));
        }
        None => {}
    }
    if let Some(until) = reservation::booked_until(tx, tenant, (seat, user), at)? {
        return Err(Error::Conflict(format!(
            "others have booked the seat until {until}; cancel that first (GET /reservations?space={seat} lists it), or wait \
             until it is over"
        )));
    }
    tx.execute(
        "INSERT INTO seat_assignment (tenant_id, assignment_id, space_id, resource_id, since)
         VALUES ($1, $2, $3, $4, $5)",
        params![tenant, id, seat, user, at],
    )?;
    Ok(true)
}

/// Makes a seat nobody's. That it was so is as good.
///
/// # Errors
/// [`Error::Unknown`] seat, or the store's.
pub fn release(tx: &mut Tx<'_>, tenant: TenantId, seat: SpaceId, at: Timestamp) -> Result<(), Error> {
    space::lock(tx, tenant, seat)?;
    tx.execute(
        "UPDATE seat_assignment SET ended = $3, ended_by = 'released'
         WHERE tenant_id = $1 AND space_id = $2 AND ended IS NULL",
        params![tenant, seat, at],
    )?;
    Ok(())
}

/// The seats that a user has, and those it had, the latest first: `limit` at most.
///
/// # Errors
/// The store's.
pub fn history(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    limit: i64,
) -> Result<Vec<Assignment>, store::Error> {
    tx.query(
        "SELECT space_id, since, ended, ended_by FROM seat_assignment
         WHERE tenant_id = $1 AND resource_id = $2 ORDER BY since DESC, assignment_id DESC LIMIT $3",
        params![tenant, user, limit],
        |row| {
            Ok(Assignment {
                seat: row.get(0)?,
                since: row.get(1)?,
                ended: row.get(2)?,
                ended_by: row.get(3)?,
            })
        },
    )
}

/// Takes all seats of a user away, for this reason.
pub(crate) fn end_all(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    at: Timestamp,
    reason: &str,
) -> Result<(), store::Error> {
    tx.execute(
        "UPDATE seat_assignment SET ended = $3, ended_by = $4
         WHERE tenant_id = $1 AND resource_id = $2 AND ended IS NULL",
        params![tenant, user, at, reason],
    )?;
    Ok(())
}

/// Gives the seats back that went with the user's deletion, are nobody's by now and nobody else has booked. The caller has
/// locked them.
pub(crate) fn give_back(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    at: Timestamp,
) -> Result<(), store::Error> {
    tx.execute(
        "UPDATE seat_assignment SET ended = NULL, ended_by = NULL
         WHERE tenant_id = $1 AND resource_id = $2 AND ended_by = 'deleted' AND NOT EXISTS
         (SELECT 1 FROM seat_assignment AS other WHERE other.tenant_id = $1
          AND other.space_id = seat_assignment.space_id AND other.ended IS NULL)
         AND NOT EXISTS
         (SELECT 1 FROM reservation AS booked WHERE booked.tenant_id = $1
          AND booked.space_id = seat_assignment.space_id AND booked.resource_id <> $2
          AND booked.ends > $3 AND booked.cancelled IS NULL)",
        params![tenant, user, at],
    )?;
    // What somebody else has by now is lost for good: the next deletion takes other seats.
    tx.execute(
        "UPDATE seat_assignment SET ended_by = 'lost'
         WHERE tenant_id = $1 AND resource_id = $2 AND ended_by = 'deleted'",
        params![tenant, user],
    )?;
    Ok(())
}

fn holder(tx: &mut Tx<'_>, tenant: TenantId, seat: SpaceId) -> Result<Option<ResourceId>, store::Error> {
    tx.query_opt(
        "SELECT resource_id FROM seat_assignment WHERE tenant_id = $1 AND space_id = $2 AND ended IS NULL",
        params![tenant, seat],
        |row| row.get(0),
    )
}

/// The seats that a user has.
///
/// # Errors
/// The store's.
pub fn current(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<Vec<SpaceId>, store::Error> {
    tx.query(
        "SELECT space_id FROM seat_assignment
         WHERE tenant_id = $1 AND resource_id = $2 AND ended IS NULL ORDER BY since, space_id",
        params![tenant, user],
        |row| row.get(0),
    )
}
