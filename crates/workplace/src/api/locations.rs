//! Locations, their aliases, and who waits for one.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use model::ResourceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::{ById, Made, Nothing, Users, UsersOf, checked, page};
use crate::LocationId;
use crate::location::{self, Location};
use crate::occupant::{self, Part};

pub(super) fn operations() -> Vec<Operation> {
    let alias = "/locations/{id}/aliases/{alias}";
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
            (Method::Put, "/locations/{id}/region"),
            "setLocationRegion",
            "Says in which region a location is.",
            set_region,
        ),
        Operation::new(
            (Method::Delete, "/locations/{id}"),
            "removeLocation",
            "Removes a location without floors. Its users wait for another.",
            remove,
        ),
        Operation::new(
            (Method::Get, "/locations/{id}/aliases"),
            "listLocationAliases",
            "What a location is called, its name among it, in lower case.",
            aliases,
        ),
        Operation::new(
            (Method::Put, alias),
            "addLocationAlias",
            "Gives a location another alias. Users that waited for it move in.",
            add_alias,
        ),
        Operation::new(
            (Method::Delete, alias),
            "removeLocationAlias",
            "Takes an alias away. Who moved in by it waits for another location.",
            remove_alias,
        ),
        Operation::new(
            (Method::Get, "/locations/{id}/users"),
            "listLocationUsers",
            "The active users of a location, in the order of their creation.",
            users,
        ),
        Operation::new(
            (Method::Get, "/unmatched"),
            "listUnmatched",
            "Active users who match no location, in the order of their creation.",
            unmatched,
        ),
    ]
}

/// Locations.
#[derive(Serialize, JsonSchema)]
struct Locations {
    /// By name.
    locations: Vec<Location>,
}

fn list(tx: &mut Tx<'_>, call: &Call, _: Nothing, (): ()) -> Result<Locations, Error> {
    Ok(Locations { locations: location::list(tx, call.tenant)? })
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
    /// The region it is in.
    region: Option<String>,
}

fn create(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: NewLocation) -> Result<Made, Error> {
    let id = LocationId(call.ids.next());
    let aliases: Vec<&str> = new.aliases.iter().map(String::as_str).collect();
    let told = location::NewLocation { name: &new.name, aliases: &aliases, region: new.region.as_deref() };
    location::create(tx, call.tenant, id, told)?;
    let detail = json!({ "name": new.name, "aliases": new.aliases, "region": new.region });
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

fn remove_alias(tx: &mut Tx<'_>, call: &Call, of: Alias, (): ()) -> Result<(), Error> {
    location::remove_alias(tx, call.tenant, LocationId(of.id), &of.alias)?;
    Ok(call.audit(tx, "location.unalias", &of.id.to_string(), json!({ "alias": of.alias }))?)
}

/// What a location is called.
#[derive(Serialize, JsonSchema)]
struct Aliases {
    /// In lower case, as far as letters have one.
    aliases: Vec<String>,
}

fn aliases(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<Aliases, Error> {
    Ok(Aliases { aliases: location::aliases(tx, call.tenant, LocationId(of.id))? })
}

/// A region.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Region {
    /// Its name; none if there is none.
    region: Option<String>,
}

fn set_region(tx: &mut Tx<'_>, call: &Call, of: ById, new: Region) -> Result<(), Error> {
    location::set_region(tx, call.tenant, LocationId(of.id), new.region.as_deref())?;
    Ok(call.audit(tx, "location.region", &of.id.to_string(), json!({ "region": new.region }))?)
}

fn remove(tx: &mut Tx<'_>, call: &Call, of: ById, (): ()) -> Result<(), Error> {
    location::remove(tx, call.tenant, LocationId(of.id))?;
    Ok(call.audit(tx, "location.delete", &of.id.to_string(), json!({}))?)
}

fn users(tx: &mut Tx<'_>, call: &Call, of: UsersOf, (): ()) -> Result<Users, Error> {
    location::check(tx, call.tenant, LocationId(of.id))?;
    let users = occupant::of_location(tx, call.tenant, LocationId(of.id), of.part()?)?;
    Ok(Users { users })
}

/// Which part.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WaitingPart {
    /// The last user of the part before.
    after: Option<Uuid>,
    /// How many users at most: 1 to 1,000.
    #[serde(default = "page")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
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

fn unmatched(tx: &mut Tx<'_>, call: &Call, wanted: WaitingPart, (): ()) -> Result<Unmatched, Error> {
    let part = Part { after: wanted.after.map(ResourceId), limit: checked(wanted.limit)? };
    let found = occupant::unmatched(tx, call.tenant, part)?.into_iter();
    let told = |o: occupant::Occupant| Waiting { user: o.user.0, display: o.display, locality: o.locality };
    Ok(Unmatched { users: found.map(told).collect() })
}
