//! Floors of locations, and the seats and rooms on them.

use jiff::Timestamp;
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tx, params};
use uuid::Uuid;

use crate::limits::{MAX_FLOORS, MAX_SPACES, at_most};
use crate::name::{checked, folded};
use crate::{Error, FloorId, LocationId, SpaceId, location};

const FLOOR: &str = "floor";
const SPACE: &str = "seat or room";

/// A floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Floor {
    /// Its id.
    pub id: FloorId,
    /// Its name.
    pub name: String,
}

/// What a space is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// For one person, who may have it for good.
    Seat,
    /// For several; it is booked only.
    Room,
}

/// A seat or a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Space {
    /// Its id.
    pub id: SpaceId,
    /// Which of the two.
    pub kind: Kind,
    /// Its name, once on a floor.
    pub name: String,
    /// Whose seat it is, inactive users included: it is kept for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Uuid>")]
    pub user: Option<ResourceId>,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Seat => "seat",
            Self::Room => "room",
        }
    }

    fn read(name: &str) -> Option<Self> {
        [Self::Seat, Self::Room].into_iter().find(|kind| kind.name() == name)
    }
}

/// Makes a floor.
///
/// # Errors
/// [`Error::Unknown`] location; [`Error::Name`]; [`Error::Taken`]; [`Error::Conflict`] if there are too many; the
/// store's.
pub fn create_floor(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    location: LocationId,
    floor: &Floor,
) -> Result<(), Error> {
    location::lock(tx, tenant, location)?;
    let all = "SELECT count(*) FROM floor WHERE tenant_id = $1 AND location_id = $2";
    at_most(tx, all, params![tenant, location], (MAX_FLOORS, "floors"))?;
    let name = checked(&floor.name)?;
    let added = tx.execute(
        "INSERT INTO floor (tenant_id, floor_id, location_id, name, folded) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        params![tenant, floor.id, location, name, &folded(name)],
    )?;
    if added == 0 { Err(Error::Taken { what: FLOOR, name: name.to_owned() }) } else { Ok(()) }
}

/// The floors of a location by name.
///
/// # Errors
/// [`Error::Unknown`] location, or the store's.
pub fn floors(tx: &mut Tx<'_>, tenant: TenantId, location: LocationId) -> Result<Vec<Floor>, Error> {
    location::check(tx, tenant, location)?;
    Ok(tx.query(
        "SELECT floor_id, name FROM floor WHERE tenant_id = $1 AND location_id = $2 ORDER BY folded",
        params![tenant, location],
        |row| Ok(Floor { id: row.get(0)?, name: row.get(1)? }),
    )?)
}

/// Removes a floor that has no seats and rooms.
///
/// # Errors
/// [`Error::Unknown`]; [`Error::Conflict`] while it has any; the store's.
pub fn remove_floor(tx: &mut Tx<'_>, tenant: TenantId, id: FloorId) -> Result<(), Error> {
    lock_floor(tx, tenant, id)?;
    let spaces: i64 = tx.query_one(
        "SELECT count(*) FROM space WHERE tenant_id = $1 AND floor_id = $2",
        params![tenant, id],
        |row| row.get(0),
    )?;
    if spaces > 0 {
        return Err(Error::Conflict(format!("the floor has {spaces} seats and rooms; remove them first")));
    }
    tx.execute("DELETE FROM floor WHERE tenant_id = $1 AND floor_id = $2", params![tenant, id])?;
    Ok(())
}

/// Makes a seat or a room.
///
/// # Errors
/// [`Error::Unknown`] floor; [`Error::Name`]; [`Error::Taken`]; [`Error::Conflict`] if there are too many; the store's.
pub fn create(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    floor: FloorId,
    id: SpaceId,
    (kind, name): (Kind, &str),
) -> Result<(), Error> {
    lock_floor(tx, tenant, floor)?;
    let all = "SELECT count(*) FROM space WHERE tenant_id = $1 AND floor_id = $2";
    at_most(tx, all, params![tenant, floor], (MAX_SPACES, "seats and rooms"))?;
    let name = checked(name)?;
    let added = tx.execute(
        "INSERT INTO space (tenant_id, space_id, floor_id, kind, name, folded) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
        params![tenant, id, floor, kind.name(), name, &folded(name)],
    )?;
    if added == 0 { Err(Error::Taken { what: SPACE, name: name.to_owned() }) } else { Ok(()) }
}

/// The seats and rooms of a floor by name.
///
/// # Errors
/// [`Error::Unknown`] floor, or the store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId, floor: FloorId) -> Result<Vec<Space>, Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM floor WHERE tenant_id = $1 AND floor_id = $2",
        params![tenant, floor],
        |_| Ok(()),
    )?;
    known.ok_or_else(|| Error::unknown(FLOOR, floor.0))?;
    Ok(tx.query(
        "SELECT s.space_id, s.kind, s.name,
                (SELECT a.resource_id FROM seat_assignment AS a
                 WHERE a.tenant_id = $1 AND a.space_id = s.space_id AND a.ended IS NULL)
         FROM space AS s WHERE s.tenant_id = $1 AND s.floor_id = $2 ORDER BY s.folded",
        params![tenant, floor],
        |row| {
            Ok(Space {
                id: row.get(0)?,
                kind: row.parse(1, "space.kind", Kind::read)?,
                name: row.get(2)?,
                user: row.get(3)?,
            })
        },
    )?)
}

/// Removes a seat or a room with the history of it, unless somebody has it or has booked it.
///
/// # Errors
/// [`Error::Unknown`]; [`Error::Conflict`] while it is in use; the store's.
pub fn remove(tx: &mut Tx<'_>, tenant: TenantId, id: SpaceId, at: Timestamp) -> Result<(), Error> {
    lock(tx, tenant, id)?;
    let uses: i64 = tx.query_one(
        "SELECT (SELECT count(*) FROM seat_assignment
                 WHERE tenant_id = $1 AND space_id = $2 AND ended IS NULL)
              + (SELECT count(*) FROM reservation
                 WHERE tenant_id = $1 AND space_id = $2 AND ends > $3 AND cancelled IS NULL)",
        params![tenant, id, at],
        |row| row.get(0),
    )?;
    if uses > 0 {
        let text = "it is somebody's seat or is booked; release and cancel that first";
        return Err(Error::Conflict(text.to_owned()));
    }
    for statement in [
        "DELETE FROM seat_assignment WHERE tenant_id = $1 AND space_id = $2",
        "DELETE FROM reservation WHERE tenant_id = $1 AND space_id = $2",
        "DELETE FROM space WHERE tenant_id = $1 AND space_id = $2",
    ] {
        tx.execute(statement, params![tenant, id])?;
    }
    Ok(())
}

/// Makes sure that a space stays, and that nobody else gives it to anybody, until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, tenant: TenantId, id: SpaceId) -> Result<Kind, Error> {
    let kind = tx.query_opt(
        "SELECT kind FROM space WHERE tenant_id = $1 AND space_id = $2 FOR UPDATE",
        params![tenant, id],
        |row| row.parse(0, "space.kind", Kind::read),
    )?;
    kind.ok_or_else(|| Error::unknown(SPACE, id.0))
}

fn lock_floor(tx: &mut Tx<'_>, tenant: TenantId, id: FloorId) -> Result<(), Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM floor WHERE tenant_id = $1 AND floor_id = $2 FOR UPDATE",
        params![tenant, id],
        |_| Ok(()),
    )?;
    known.ok_or_else(|| Error::unknown(FLOOR, id.0))
}
