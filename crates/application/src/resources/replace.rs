//! Replacing a resource (RFC 7644 §3.5.1).

use model::ResourceId;
use model::resource::StoredResource;
use serde_json::Value;
use store::{Tx, resource};

use super::members::{self, Members};
use super::{Error, Operation};

/// The body of a PUT. What is wrong with it depends on the stored resource, so it is checked with that.
#[derive(Clone, Debug)]
pub struct Replacement {
    body: Value,
}

impl Replacement {
    /// Takes a body.
    #[must_use]
    pub fn new(body: Value) -> Self {
        Self { body }
    }
}

/// Replaces a resource's attributes, and a group's members, by those of the body. What a client can't set keeps its
/// value; what it can and leaves out is cleared, with the exceptions of [`scim::resource::replace`].
///
/// # Errors
/// 404; 400 where body and stored resource do not go together; 409 `uniqueness`; the store's.
pub fn replace(
    tx: &mut Tx<'_>,
    operation: &Operation,
    id: ResourceId,
    replacement: &Replacement,
) -> Result<StoredResource, Error> {
    let before = operation.lock(tx, id)?;
    let kind = &operation.kind;
    let tolerance = &operation.tolerance;
    let body = replacement.body.clone();
    let mut document = scim::resource::replace(kind.resource_type(), &before.document, body, tolerance)?;
    kind.seal(Some(&before.document), &mut document, tolerance)?;
    operation.keep_clean_names(tx, &before, &mut document)?;
    let wanted = members::take(kind, &mut document, tolerance)?;
    let members = Members { operation, group: id };
    let moved = if members::has_members(kind) { members.replace(tx, &wanted)? } else { 0 };
    operation.store_if_changed(tx, before, document, moved)
}

impl Operation {
    /// The resource, locked against every other transaction that changes it, if it has a version that the client expects.
    ///
    /// # Errors
    /// 404; 412 for another version; 503 if the tenant's schemas changed since the request was checked; the store's.
    pub fn lock(&self, tx: &mut Tx<'_>, id: ResourceId) -> Result<StoredResource, Error> {
        self.hold_schemas(tx)?;
        let found = resource::get_for_update(tx, self.tenant, self.kind.id(), id)?;
        self.expected(found, id)
    }

    /// The same, locked also against those who make it a member.
    pub(super) fn lock_for_delete(&self, tx: &mut Tx<'_>, id: ResourceId) -> Result<StoredResource, Error> {
        self.hold_schemas(tx)?;
        let found = resource::get_for_delete(tx, self.tenant, self.kind.id(), id)?;
        self.expected(found, id)
    }

    fn expected(&self, found: Option<StoredResource>, id: ResourceId) -> Result<StoredResource, Error> {
        let found = found.ok_or_else(|| scim::Error::not_found(self.kind.id(), &id.to_string()))?;
        self.precondition.check(found.version)?;
        Ok(found)
    }

    /// Stores the resource if the document or rows of its own differ, else answers it as it is.
    pub(super) fn store_if_changed(
        &self,
        tx: &mut Tx<'_>,
        before: StoredResource,
        document: scim::Object,
        member_rows: u64,
    ) -> Result<StoredResource, Error> {
        if member_rows == 0 && document == before.document {
            return Ok(before);
        }
        self.store_update(tx, &before, document, member_rows)
    }
}
