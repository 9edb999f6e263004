//! Reservations of seats and rooms.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use jiff::{SignedDuration, Timestamp};
use model::ResourceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::{ById, Made, Nothing, checked, page};
use crate::limits::MAX_DAYS_AHEAD;
use crate::reservation::{self, Reservation, Wanted};
use crate::{ReservationId, SpaceId};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::Get, "/reservations"),
            "listReservations",
            "Reservations in the order of their time; those that are not over, unless from says otherwise.",
            list,
        ),
        Operation::new(
            (Method::Post, "/reservations"),
            "createReservation",
            "Books a seat or a room that is free then for an active user.",
            create,
        )
        .creating(),
        Operation::new(
            (Method::Delete, "/reservations/{id}"),
            "cancelReservation",
            "Cancels a reservation that is not over. It stays in the history.",
            cancel,
        ),
    ]
}

/// Which reservations.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Of this seat or room only.
    space: Option<Uuid>,
    /// For this user only.
    user: Option<Uuid>,
    /// Those that are not over then; now unless it is given.
    from: Option<Timestamp>,
    /// Those that begin before.
    to: Option<Timestamp>,
    /// Whether cancelled ones too.
    #[serde(default)]
    cancelled: bool,
    /// The last reservation of the part before.
    after: Option<Uuid>,
    /// How many at most: 1 to 1,000.
    #[serde(default = "page")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

/// Reservations.
#[derive(Serialize, JsonSchema)]
struct Reservations {
    /// In the order of their time.
    reservations: Vec<Reservation>,
}

fn list(tx: &mut Tx<'_>, call: &Call, which: Which, (): ()) -> Result<Reservations, Error> {
    let furthest = call.at.checked_add(SignedDuration::from_hours(24 * (MAX_DAYS_AHEAD + 1)));
    let wanted = Wanted {
        space: which.space.map(SpaceId),
        user: which.user.map(ResourceId),
        from: which.from.unwrap_or(call.at),
        to: which.to.unwrap_or_else(|| furthest.unwrap_or(Timestamp::MAX)),
        cancelled: which.cancelled,
        limit: checked(which.limit)?,
    };
    let reservations = match which.after.map(ReservationId) {
        None => reservation::list(tx, call.tenant, &wanted)?,
        Some(last) => reservation::list_after(tx, call.tenant, &wanted, last)?,
    };
    Ok(Reservations { reservations })
}

/// A reservation to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewReservation {
    /// The seat or room.
    space: Uuid,
    /// For whom.
    user: Uuid,
    /// By which delegate of the user, if not by the user.
    booked_by: Option<Uuid>,
    /// From when.
    starts: Timestamp,
    /// Until when.
    ends: Timestamp,
}

fn create(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: NewReservation) -> Result<Made, Error> {
    let reservation = Reservation {
        id: ReservationId(call.ids.next()),
        space: SpaceId(new.space),
        user: ResourceId(new.user),
        booked_by: ResourceId(new.booked_by.unwrap_or(new.user)),
        starts: new.starts,
        ends: new.ends,
        cancelled: None,
        cancelled_by: None,
    };
    reservation::book(tx, call.tenant, &reservation, call.at)?;
    let detail = json!({ "space": new.space, "user": new.user });
    call.audit(tx, "reservation.create", &reservation.id.to_string(), detail)?;
    Ok(Made { id: reservation.id.0 })
}

fn cancel(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    reservation::cancel(tx, call.tenant, ReservationId(of.id), call.at)?;
    Ok(call.audit(tx, "reservation.cancel", &of.id.to_string(), json!({}))?)
}
