//! Locations, their aliases, and who waits for one.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::Nothing;
use crate::location::{self, LocationId};
use crate::occupant;

/// How many users that wait are listed unless the caller says.
const WAITING: u32 = 100;
/// How many at most.
const MAX_WAITING: u32 = 1_000;

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new((Method::Get, "/locations"), "listLocations", "All locations, by name.", list),
        Operation::new(
            (Method::Post, "/locations"),
            "createLocation",
            "Makes a location. Users that waited for its name or one of its aliases move in.",
            create,
        )
        .creating(),
        Operation::new(
            (Method::Put, "/locations/{id}/aliases/{alias}"),
            "addLocationAlias",
            "Gives a location another alias. Users that waited for it move in.",
            add_alias,
        ),
        Operation::new(
            (Method::Get, "/unmatched"),
            "listUnmatched",
            "Active users whose locality names no location, in the order of their creation.",
            unmatched,
        ),
    ]
}

/// A location.
#[derive(Serialize, JsonSchema)]
struct Location {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// How many active users belong to it.
    occupants: i64,
}

/// Locations.
#[derive(Serialize, JsonSchema)]
struct Locations {
    /// By name.
    locations: Vec<Location>,
}

fn list(tx: &mut Tx<'_>, call: &Call, _: Nothing, (): ()) -> Result<Locations, Error> {
    let all = location::list(tx, call.tenant)?.into_iter();
    let told = |l: location::Location| Location { id: l.id.0, name: l.name, occupants: l.occupants };
    Ok(Locations { locations: all.map(told).collect() })
}

/// A location to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewLocation {
    /// Its name, as the directory writes it in the attribute that locations are matched by.
    name: String,
    /// What else the directory calls it.
    #[serde(default)]
    aliases: Vec<String>,
}

/// What was made.
#[derive(Serialize, JsonSchema)]
struct Made {
    /// Its id.
    id: Uuid,
}

fn create(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: NewLocation) -> Result<Made, Error> {
    let id = LocationId(call.ids.next());
    let aliases: Vec<&str> = new.aliases.iter().map(String::as_str).collect();
    location::create(tx, call.tenant, id, &new.name, &aliases)?;
    let detail = json!({ "name": new.name, "aliases": new.aliases });
    call.audit(tx, "location.create", &id.to_string(), detail)?;
    Ok(Made { id: id.0 })
}

/// Which alias of which location.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Alias {
    /// The location.
    id: Uuid,
    /// What it is called besides.
    alias: String,
}

fn add_alias(tx: &mut Tx<'_>, call: &Call, of: Alias, (): ()) -> Result<(), Error> {
    location::add_alias(tx, call.tenant, LocationId(of.id), &of.alias)?;
    Ok(call.audit(tx, "location.alias", &of.id.to_string(), json!({ "alias": of.alias }))?)
}

/// How many.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Limit {
    /// How many at most: 1 to 1,000.
    #[serde(default = "waiting")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

fn waiting() -> u32 {
    WAITING
}

/// A user that waits.
#[derive(Serialize, JsonSchema)]
struct Waiting {
    /// The SCIM id.
    user: Uuid,
    /// What people call the user.
    display: String,
    /// What the directory calls the user's location, if anything.
    locality: Option<String>,
}

/// Users that wait.
#[derive(Serialize, JsonSchema)]
struct Unmatched {
    /// The oldest first.
    users: Vec<Waiting>,
}

fn unmatched(tx: &mut Tx<'_>, call: &Call, wanted: Limit, (): ()) -> Result<Unmatched, Error> {
    if !(1..=MAX_WAITING).contains(&wanted.limit) {
        return Err(scim::Error::new(400, format!("limit is 1 to {MAX_WAITING}")).into());
    }
    let found = occupant::unmatched(tx, call.tenant, i64::from(wanted.limit))?.into_iter();
    let told = |o: occupant::Occupant| Waiting { user: o.user.0, display: o.display, locality: o.locality };
    Ok(Unmatched { users: found.map(told).collect() })
}
