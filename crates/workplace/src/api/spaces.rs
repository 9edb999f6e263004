//! Floors, their seats and rooms, and whose seats are.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use model::ResourceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::{ById, ByUser, Made, Named};
use crate::space::{self, Floor, Kind, Space};
use crate::{AssignmentId, FloorId, LocationId, SpaceId, assignment};

pub(super) fn operations() -> Vec<Operation> {
    let location = "/locations/{id}/floors";
    let floor = "/floors/{id}/spaces";
    let user = "/spaces/{id}/user";
    let removed = "Removes a seat or a room that nobody has or has booked.";
    vec![
        Operation::new((Method::Get, location), "listFloors", "The floors of a location, by name.", floors),
        Operation::new((Method::Post, location), "createFloor", "Makes a floor.", create_floor).creating(),
        Operation::new(
            (Method::Delete, "/floors/{id}"),
            "removeFloor",
            "Removes a floor without seats and rooms.",
            remove_floor,
        ),
        Operation::new(
            (Method::Get, floor),
            "listSpaces",
            "The seats and rooms of a floor, by name, and whose the seats are.",
            list,
        ),
        Operation::new((Method::Post, floor), "createSpace", "Makes a seat or a room.", create).creating(),
        Operation::new((Method::Delete, "/spaces/{id}"), "removeSpace", removed, remove),
        Operation::new(
            (Method::Put, user),
            "assignSeat",
            "Gives an active user a seat that nobody has and nobody else has booked.",
            assign,
        ),
        Operation::new((Method::Delete, user), "releaseSeat", "Makes a seat nobody's.", release),
    ]
}

/// Floors.
#[derive(Serialize, JsonSchema)]
struct Floors {
    /// By name.
    floors: Vec<Floor>,
}

fn floors(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<Floors, Error> {
    Ok(Floors { floors: space::floors(tx, call.tenant, LocationId(of.id))? })
}

fn create_floor(tx: &mut Tx<'_>, call: &Call, of: ById, new: Named) -> Result<Made, Error> {
    let floor = Floor { id: FloorId(call.ids.next()), name: new.name };
    space::create_floor(tx, call.tenant, LocationId(of.id), &floor)?;
    let detail = json!({ "location": of.id, "name": floor.name });
    call.audit(tx, "floor.create", &floor.id.to_string(), detail)?;
    Ok(Made { id: floor.id.0 })
}

fn remove_floor(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    space::remove_floor(tx, call.tenant, FloorId(of.id))?;
    Ok(call.audit(tx, "floor.delete", &of.id.to_string(), json!({}))?)
}

/// Seats and rooms.
#[derive(Serialize, JsonSchema)]
struct Spaces {
    /// By name.
    spaces: Vec<Space>,
}

fn list(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<Spaces, Error> {
    Ok(Spaces { spaces: space::list(tx, call.tenant, FloorId(of.id))? })
}

/// A seat or a room to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSpace {
    /// Which of the two.
    kind: Kind,
    /// Its name, once on the floor.
    name: String,
}

fn create(tx: &mut Tx<'_>, call: &Call, of: ById, new: NewSpace) -> Result<Made, Error> {
    let id = SpaceId(call.ids.next());
    space::create(tx, call.tenant, FloorId(of.id), id, (new.kind, &new.name))?;
    let detail = json!({ "floor": of.id, "kind": new.kind, "name": new.name });
    call.audit(tx, "space.create", &id.to_string(), detail)?;
    Ok(Made { id: id.0 })
}

fn remove(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    space::remove(tx, call.tenant, SpaceId(of.id), call.at)?;
    Ok(call.audit(tx, "space.delete", &of.id.to_string(), json!({}))?)
}

fn assign(tx: &mut Tx<'_>, call: &Call, of: ById, to: ByUser) -> Result<(), Error> {
    let id = AssignmentId(call.ids.next());
    assignment::assign(tx, call.tenant, id, (SpaceId(of.id), ResourceId(to.user)), call.at)?;
    audit_user(tx, call, "seat.assign", of.id, Some(to.user))
}

fn release(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    assignment::release(tx, call.tenant, SpaceId(of.id), call.at)?;
    audit_user(tx, call, "seat.release", of.id, None)
}

fn audit_user(
    tx: &mut Tx<'_>,
    call: &Call,
    action: &str,
    seat: Uuid,
    user: Option<Uuid>,
) -> Result<(), Error> {
    Ok(call.audit(tx, action, &seat.to_string(), json!({ "user": user }))?)
}
