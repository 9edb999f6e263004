//! Modifying a resource (RFC 7644 §3.5.2).

use model::ResourceId;
use model::resource::StoredResource;
use scim::quirks::Tolerance;
use scim::{Patch, PatchRequest};
use serde_json::Value;
use store::Tx;

use super::members::{MEMBERS, Members, MembersChange, has_members};
use super::{Error, Operation};
use crate::TypeProfile;

/// A PATCH whose paths, values and mutabilities fit the resource type.
#[derive(Clone, Debug)]
pub struct Modification {
    patch: Patch,
    members: Vec<MembersChange>,
}

impl Modification {
    /// Checks the body of a PATCH: every 400 that does not need the stored resource is decided here.
    ///
    /// # Errors
    /// Those of [`PatchRequest::parse`], [`Patch::resolve`] and [`Patch::take`]; 400 `invalidValue` for a member without
    /// an id of ours.
    pub fn new(kind: &TypeProfile, body: &Value, tolerance: &Tolerance) -> Result<Self, scim::Error> {
        let request = PatchRequest::parse(body, tolerance)?;
        let mut patch = Patch::resolve(&request, kind.resource_type(), tolerance)?;
        let members = if has_members(kind) { patch.take(MEMBERS, tolerance)? } else { Vec::new() };
        let members = members
            .into_iter()
            .map(|change| MembersChange::new(change, tolerance))
            .collect::<Result<_, _>>()?;
        Ok(Self { patch, members })
    }
}

/// Modifies a resource: all operations or none.
///
/// # Errors
/// 404; 400 where the modification and the stored resource do not go together; 409 `uniqueness`; the store's.
pub fn patch(
    tx: &mut Tx<'_>,
    operation: &Operation,
    id: ResourceId,
    modification: &Modification,
) -> Result<StoredResource, Error> {
    let before = operation.lock(tx, id)?;
    let mut document = before.document.clone();
    modification.patch.apply(&mut document, &operation.tolerance)?;
    operation.kind.seal(Some(&before.document), &mut document, &operation.tolerance)?;
    operation.keep_clean_names(tx, &before, &mut document)?;
    let moved = Members { operation, group: id }.apply(tx, &modification.members)?;
    operation.store_if_changed(tx, before, document, moved)
}
