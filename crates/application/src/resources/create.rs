//! Creating a resource (RFC 7644 §3.3).

use model::ResourceId;
use model::resource::StoredResource;
use scim::Object;
use scim::quirks::Tolerance;
use serde_json::Value;
use store::Tx;

use super::members::{self, Members};
use super::record::Event;
use super::{Error, Operation, Wanted};
use crate::TypeProfile;

/// The version of a new resource.
const FIRST_VERSION: i64 = 1;

/// A new resource that fits its schemas and is not stored yet.
#[derive(Clone, Debug)]
pub struct Draft {
    document: Object,
    members: Vec<ResourceId>,
}

impl Draft {
    /// Checks the body of a POST.
    ///
    /// # Errors
    /// Those of [`scim::resource::create`]; 400 `invalidValue` for a member without an id of ours.
    pub fn new(kind: &TypeProfile, body: Value, tolerance: &Tolerance) -> Result<Self, scim::Error> {
        let mut document = scim::resource::create(kind.resource_type(), body, tolerance)?;
        kind.seal(None, &mut document, tolerance)?;
        let members = members::take(kind, &mut document, tolerance)?;
        Ok(Self { document, members })
    }

    /// What there is to read of the memberships of what was stored: a new user is in no group yet, one who came back
    /// may be, and a group has the members it came with.
    #[must_use]
    pub fn wanted(&self, stored: &StoredResource, wanted: Wanted) -> Wanted {
        if self.members.is_empty() && stored.version == FIRST_VERSION { Wanted::Nothing } else { wanted }
    }
}

/// Stores a new resource under a new id, or brings a user back that it stands for (`returning`).
///
/// # Errors
/// 409 `uniqueness`; 400 `invalidValue` for a member that the tenant does not have; 503 if the tenant's schemas changed
/// since the body was checked; the store's.
pub fn create(tx: &mut Tx<'_>, operation: &Operation, draft: &Draft) -> Result<StoredResource, Error> {
    operation.hold_schemas(tx)?;
    if let Some(returned) = operation.bring_back(tx, &draft.document)? {
        return Ok(returned);
    }
    let created = StoredResource {
        id: ResourceId(operation.ids.next()),
        document: draft.document.clone(),
        version: FIRST_VERSION,
        created: operation.at,
        modified: operation.at,
    };
    store::resource::insert(tx, operation.tenant, operation.kind.id(), &created, &operation.origin)?;
    let member_rows = Members { operation, group: created.id }.add(tx, &draft.members)?;
    operation.record(tx, Event::Created(&created), member_rows)?;
    Ok(created)
}
