//! Who is where.

use std::net::IpAddr;

use application::USER;
use application::api::{Call, Method, Operation};
use application::resources::Error;
use jiff::Timestamp;
use jiff::civil::Date;
use model::ResourceId;
use schemars::JsonSchema;
use scim::fold;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::attr::{self, AttributeRow};
use store::namesake::USER_NAME;
use uuid::Uuid;

use super::{Nothing, checked, page};
use crate::occupant::Part;
use crate::presence::{self, Presence, Seen, Wanted};
use crate::{LocationId, presence::day_of};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::Get, "/presence"),
            "listPresence",
            "Who was where on a day, in the order of users.",
            list,
        ),
        Operation::new(
            (Method::Post, "/presence"),
            "notePresence",
            "Notes that an active user is at a location, or came from an address.",
            note,
        ),
    ]
}

/// Which day, and which part of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// The day, UTC; today unless it is given.
    day: Option<Date>,
    /// At this location only.
    location: Option<Uuid>,
    /// The last user of the part before.
    after: Option<Uuid>,
    /// How many users at most: 1 to 1,000.
    #[serde(default = "page")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

/// Presences.
#[derive(Serialize, JsonSchema)]
struct Presences {
    /// In the order of users.
    presence: Vec<Presence>,
}

fn list(tx: &mut Tx<'_>, call: &Call, which: Which, (): ()) -> Result<Presences, Error> {
    let wanted = Wanted {
        day: which.day.unwrap_or_else(|| day_of(call.at)),
        location: which.location.map(LocationId),
        part: Part { after: which.after.map(ResourceId), limit: checked(which.limit)? },
    };
    Ok(Presences { presence: presence::list(tx, call.tenant, wanted)? })
}

/// Somebody who is somewhere: one of `user` and `userName`, and one of `location` and `address`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPresence {
    /// The user's SCIM id.
    user: Option<Uuid>,
    /// The user's name, as a log of sign-ins has it.
    user_name: Option<String>,
    /// Where the user is.
    location: Option<Uuid>,
    /// Where the user came from.
    address: Option<IpAddr>,
    /// When; now unless it is given.
    at: Option<Timestamp>,
}

/// Where somebody is.
#[derive(Serialize, JsonSchema)]
struct Noted {
    /// The location; nothing if the address belongs to none.
    location: Option<LocationId>,
}

fn note(tx: &mut Tx<'_>, call: &Call, _: Nothing, new: NewPresence) -> Result<Noted, Error> {
    let seen = match (new.location, new.address) {
        (Some(location), None) => Seen::Location(LocationId(location)),
        (None, Some(address)) => Seen::Address(address),
        (None, None) | (Some(_), Some(_)) => return Err(one_of("location", "address")),
    };
    let user = match (new.user, new.user_name) {
        (Some(user), None) => ResourceId(user),
        (None, Some(name)) => called(tx, call, &name)?,
        (None, None) | (Some(_), Some(_)) => return Err(one_of("user", "userName")),
    };
    let at = new.at.unwrap_or(call.at);
    // Not in the audit log: who is where is no act of an administrator, and would outlive the user there.
    Ok(Noted { location: presence::note(tx, call.tenant, (user, seen), (at, call.at))? })
}

/// The user of that name, or with that alias.
fn called(tx: &mut Tx<'_>, call: &Call, name: &str) -> Result<ResourceId, Error> {
    let row = AttributeRow::new(USER_NAME, &fold(name), true);
    let found = attr::owner(tx, call.tenant, USER, &row)?;
    found.ok_or_else(|| scim::Error::new(404, format!("no user is called {name:?}")).into())
}

fn one_of(one: &str, other: &str) -> Error {
    scim::Error::new(400, format!("give {one} or {other}, and not both")).into()
}
