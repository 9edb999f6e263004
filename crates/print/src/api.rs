//! What the print application does for its own backend, for print clients and for devices.

mod cards;
mod resolve;
mod secret;
mod unresolved;

use application::api::Operation;
use schemars::JsonSchema;
use serde::Deserialize;

/// All operations.
pub(crate) fn operations() -> Vec<Operation> {
    [resolve::operations(), unresolved::operations(), cards::operations()].into_iter().flatten().collect()
}

/// No parameters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}
