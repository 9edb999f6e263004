//! What the workplace application does for its own backend and pages: its operations, and why they refuse.

mod locations;

use application::api::Operation;
use application::resources;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::location;

/// All operations.
pub(crate) fn operations() -> Vec<Operation> {
    locations::operations()
}

/// No parameters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl From<location::Error> for resources::Error {
    fn from(error: location::Error) -> Self {
        let status = match &error {
            location::Error::Empty => 400,
            location::Error::Taken { .. } => 409,
            location::Error::Unknown(_) => 404,
            location::Error::Store(failure) => return Self::Store(failure.clone()),
        };
        Self::Refused(scim::Error::new(status, error.to_string()))
    }
}
