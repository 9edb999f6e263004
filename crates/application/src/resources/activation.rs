//! Deactivating a user by hand: a change like a client's, by whoever administers the application.

use model::ResourceId;
use serde_json::json;
use store::Tx;

use super::{Error, Modification, Operation, patch};

/// Sets whether a user is active. That it is so already is as good, and changes nothing.
///
/// Nobody's word is final: the next that a client says about `active` counts (decision 0063).
///
/// # Errors
/// 404 for an unknown user; the store's.
pub fn set_active(
    tx: &mut Tx<'_>,
    operation: &Operation,
    user: ResourceId,
    is_active: bool,
) -> Result<(), Error> {
    let set = json!({ "op": "replace", "path": "active", "value": is_active });
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [set] });
    let modification = Modification::new(&operation.kind, &body, &operation.tolerance)?;
    patch(tx, operation, user, &modification).map(drop)
}
