//! What the workplace application does for its own backend and pages: its operations, a file for each thing they are
//! about.

mod activity;
mod departments;
mod locations;
mod people;
mod permission_groups;
mod policy;
mod presence;
mod ranges;
mod reservations;
mod spaces;

use application::api::Operation;
use application::resources::Error;
use model::ResourceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::MAX_PAGE;
use crate::occupant::{Listed, Part};

/// All operations.
pub(crate) fn operations() -> Vec<Operation> {
    [
        policy::operations(),
        locations::operations(),
        ranges::operations(),
        departments::operations(),
        spaces::operations(),
        reservations::operations(),
        people::operations(),
        presence::operations(),
        permission_groups::operations(),
        activity::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// No parameters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Which one.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Its id.
    id: Uuid,
}

/// Which user.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByUser {
    /// The user's SCIM id.
    user: Uuid,
}

/// What was made.
#[derive(Serialize, JsonSchema)]
struct Made {
    /// Its id.
    id: Uuid,
}

/// A name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// What it is called.
    name: String,
}

/// Which part of whose list of users.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UsersOf {
    /// Its id.
    id: Uuid,
    /// The last user of the part before.
    after: Option<Uuid>,
    /// How many users at most: 1 to 1,000.
    #[serde(default = "page")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

impl UsersOf {
    fn part(&self) -> Result<Part, Error> {
        Ok(Part { after: self.after.map(ResourceId), limit: checked(self.limit)? })
    }
}

/// Users.
#[derive(Serialize, JsonSchema)]
struct Users {
    /// In the order of their creation.
    users: Vec<Listed>,
}

/// How many there are in a part unless the caller says.
fn page() -> u32 {
    100
}

/// How many a caller wants.
fn checked(limit: u32) -> Result<i64, Error> {
    if (1..=MAX_PAGE).contains(&limit) {
        return Ok(i64::from(limit));
    }
    Err(scim::Error::new(400, format!("limit is 1 to {MAX_PAGE}")).into())
}
