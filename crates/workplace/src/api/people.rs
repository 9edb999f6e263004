//! One user: where it belongs, what it has, what it had, and who may book for it.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use model::ResourceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use uuid::Uuid;

use super::{ByUser, Users, checked, page};
use crate::assignment::{self, Assignment};
use crate::occupant::{self, USER};
use crate::{SpaceId, delegate, permission_group};

pub(super) fn operations() -> Vec<Operation> {
    let delegates = "/users/{user}/delegates";
    vec![
        Operation::new(
            (Method::Get, "/users/{user}"),
            "getUser",
            "Where a user belongs, which seats it has, and what it may do.",
            get,
        ),
        Operation::new(
            (Method::Get, "/users/{user}/seats"),
            "listUserSeats",
            "The seats that a user has and had, the latest first.",
            seats,
        ),
        Operation::new(
            (Method::Get, delegates),
            "listDelegates",
            "The active users who may book for a user.",
            list_delegates,
        ),
        Operation::new(
            (Method::Put, delegates),
            "setDelegates",
            "Says who may book for an active user: these and no others.",
            set_delegates,
        ),
    ]
}

/// A user of a workplace.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Person {
    /// The user's SCIM id.
    id: Uuid,
    /// What people call the user.
    display: String,
    /// Whether the user counts.
    active: bool,
    /// The name of the user's location, if it has one.
    location: Option<String>,
    /// The name of the user's department, if it has one.
    department: Option<String>,
    /// The user's seats, also while the user is inactive.
    seats: Vec<SpaceId>,
    /// The names of the permission groups that the user is in; none while the user is inactive.
    permission_groups: Vec<String>,
}

fn get(tx: &mut Tx<'_>, call: &Call, of: ByUser, (): ()) -> Result<Person, Error> {
    let user = ResourceId(of.user);
    let found = occupant::get(tx, call.tenant, user)?;
    let found = found.ok_or_else(|| crate::Error::unknown(USER, of.user))?;
    let seats = assignment::current(tx, call.tenant, user)?;
    let permission_groups =
        if found.active { permission_group::of_user(tx, call.tenant, user)? } else { Vec::new() };
    Ok(Person {
        id: of.user,
        display: found.display,
        active: found.active,
        location: found.location,
        department: found.department,
        seats,
        permission_groups,
    })
}

/// Whose seats, and how many.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SeatsOf {
    /// The user's SCIM id.
    user: Uuid,
    /// How many at most: 1 to 1,000.
    #[serde(default = "page")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

/// Seats of a user.
#[derive(Serialize, JsonSchema)]
struct Seats {
    /// The latest first.
    seats: Vec<Assignment>,
}

fn seats(tx: &mut Tx<'_>, call: &Call, of: SeatsOf, (): ()) -> Result<Seats, Error> {
    let limit = checked(of.limit)?;
    occupant::check(tx, call.tenant, ResourceId(of.user))?;
    Ok(Seats { seats: assignment::history(tx, call.tenant, ResourceId(of.user), limit)? })
}

fn list_delegates(tx: &mut Tx<'_>, call: &Call, of: ByUser, (): ()) -> Result<Users, Error> {
    occupant::check(tx, call.tenant, ResourceId(of.user))?;
    Ok(Users { users: delegate::list(tx, call.tenant, ResourceId(of.user))? })
}

/// Delegates.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Delegates {
    /// Their SCIM ids.
    users: Vec<Uuid>,
}

fn set_delegates(tx: &mut Tx<'_>, call: &Call, of: ByUser, new: Delegates) -> Result<(), Error> {
    let users: Vec<ResourceId> = new.users.iter().copied().map(ResourceId).collect();
    delegate::set(tx, call.tenant, ResourceId(of.user), &users)?;
    Ok(call.audit(tx, "delegates.set", &of.user.to_string(), json!({ "users": new.users }))?)
}
