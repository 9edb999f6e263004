//! Who sits where, as a plan of the office says it: by the names of locations, floors and seats.

use jiff::Timestamp;
use model::{IdSource, ResourceId, TenantId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, params};
use uuid::Uuid;

use crate::name::folded;
use crate::space::{self, Floor, Kind};
use crate::{AssignmentId, Error, FloorId, LocationId, SpaceId, assignment};

/// A seat, by the names of where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seat {
    /// The location's name.
    pub location: String,
    /// The floor's name.
    pub floor: String,
    /// The seat's name.
    pub name: String,
    /// Its id.
    pub id: SpaceId,
    /// Whose it is, inactive users included.
    #[schemars(with = "Option<Uuid>")]
    pub user: Option<ResourceId>,
    /// What people call the user.
    pub display: Option<String>,
}

/// Where a seat is, and whose it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The location's name, or an alias.
    pub location: &'a str,
    /// The floor's name.
    pub floor: &'a str,
    /// The seat's name.
    pub seat: &'a str,
    /// Whose it is to be. `None`: it stays whose it is.
    pub user: Option<ResourceId>,
}

/// What was done to a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seated {
    /// Whether its floor was made.
    pub floor_made: bool,
    /// Whether it was made.
    pub seat_made: bool,
    /// Whether it was given to the user, who had it not.
    pub given: bool,
}

/// The seats of a location by their names.
///
/// # Errors
/// The store's.
pub fn of_location(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    location: LocationId,
) -> Result<Vec<Seat>, store::Error> {
    tx.query(
        "SELECT l.name, f.name, s.name, s.space_id, a.resource_id, o.display FROM location AS l
         JOIN floor AS f ON f.tenant_id = l.tenant_id AND f.location_id = l.location_id
         JOIN space AS s ON s.tenant_id = f.tenant_id AND s.floor_id = f.floor_id AND s.kind = 'seat'
         LEFT JOIN seat_assignment AS a
         ON a.tenant_id = s.tenant_id AND a.space_id = s.space_id AND a.ended IS NULL
         LEFT JOIN occupant AS o ON o.tenant_id = a.tenant_id AND o.resource_id = a.resource_id
         WHERE l.tenant_id = $1 AND l.location_id = $2 ORDER BY f.folded, s.folded",
        params![tenant, location],
        |row| {
            Ok(Seat {
                location: row.get(0)?,
                floor: row.get(1)?,
                name: row.get(2)?,
                id: row.get(3)?,
                user: row.get(4)?,
                display: row.get(5)?,
            })
        },
    )
}

/// Makes the seat if it is missing, and its floor, and gives it to the user. That it is so already is as good.
///
/// # Errors
/// [`Error::Invalid`] for a location that there is not, or a room; what [`assignment::assign`] and those who make floors
/// and seats refuse; the store's.
pub fn seat(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    place: &Place<'_>,
    ids: &dyn IdSource,
    at: Timestamp,
) -> Result<Seated, Error> {
    let location = tx.query_opt(
        "SELECT location_id FROM location_alias WHERE tenant_id = $1 AND folded = $2",
        params![tenant, &folded(place.location)],
        |row| row.get(0),
    )?;
    let location =
        location.ok_or_else(|| Error::Invalid(format!("no location is called {:?}", place.location)))?;
    let mut seated = Seated::default();
    let floor = match floor_called(tx, tenant, location, place.floor)? {
        Some(floor) => floor,
        None => {
            let floor = Floor { id: FloorId(ids.next()), name: place.floor.to_owned() };
            space::create_floor(tx, tenant, location, &floor)?;
            seated.floor_made = true;
            floor.id
        }
    };
    let seat = match space_called(tx, tenant, floor, place.seat)? {
        Some(seat) => seat,
        None => {
            let seat = SpaceId(ids.next());
            space::create(tx, tenant, floor, seat, (Kind::Seat, place.seat))?;
            seated.seat_made = true;
            seat
        }
    };
    if let Some(user) = place.user {
        seated.given = assignment::assign(tx, tenant, AssignmentId(ids.next()), (seat, user), at)?;
    }
    Ok(seated)
}

fn floor_called(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    location: LocationId,
    name: &str,
) -> Result<Option<FloorId>, store::Error> {
    tx.query_opt(
        "SELECT floor_id FROM floor WHERE tenant_id = $1 AND location_id = $2 AND folded = $3",
        params![tenant, location, &folded(name)],
        |row| row.get(0),
    )
}

fn space_called(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    floor: FloorId,
    name: &str,
) -> Result<Option<SpaceId>, store::Error> {
    tx.query_opt(
        "SELECT space_id FROM space WHERE tenant_id = $1 AND floor_id = $2 AND folded = $3",
        params![tenant, floor, &folded(name)],
        |row| row.get(0),
    )
}
