//! Deactivating a user in the application, and taking that back, whatever the application is.

use model::ResourceId;
use schemars::JsonSchema;
use serde::Deserialize;
use store::Tx;
use uuid::Uuid;

use super::{Call, Method, Operation};
use crate::resources::{Error, set_active};

/// The operation.
pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation::new(
        (Method::Put, "/users/{user}/active"),
        "setUserActive",
        "Deactivates a user or activates it again, until a client says something else about it.",
        set,
    )]
}

/// Which user.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// The user's SCIM id.
    user: Uuid,
}

/// Whether a user is active.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Active {
    /// It is, or it is not.
    active: bool,
}

fn set(tx: &mut Tx<'_>, call: &Call, which: Which, wanted: Active) -> Result<(), Error> {
    // What is noted in the audit log is the change of the user, with who made it.
    set_active(tx, &call.on_users()?, ResourceId(which.user), wanted.active)
}
