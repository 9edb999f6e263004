//! Putting a tenant's own definition of its schemas in force, in one transaction with all that follows from it.
//!
//! [`apply`] goes: lock the version → build the profile → read every resource in chunks: does it fit, what has to go,
//! which rows does it have now → refuse, or store the definition under the next version. Whoever writes a resource
//! holds the version, so that none is stored by other rules meanwhile.
//!
//! Checking a definition is applying it and taking that back.

mod apply;
mod contradiction;
mod scan;

use std::sync::Arc;

use jiff::Timestamp;
use model::IdSource;
use model::attribute_key::AttributeKey;
use model::tenant::Tenant;
use scim::{Definition, Mistake};
use serde::Serialize;
use store::Tx;

use crate::{Application, Profile};

pub use apply::apply;
pub use contradiction::Contradiction;

/// A definition to put in force.
#[derive(Clone)]
pub struct Proposal {
    /// Whose schemas.
    pub tenant: Tenant,
    /// What stands behind the tenant.
    pub application: Arc<dyn Application>,
    /// The definition. `None`: the one in force, with every row made anew.
    pub definition: Option<Definition>,
    /// Whether values of attributes that are no longer there may be removed for good.
    pub may_remove: bool,
    /// Who does it, for the audit log.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
}

/// What a tenant's resources look like now. Without the tenant's key of digests it is good for reading only: no secret
/// can be stored or found by it.
///
/// # Errors
/// [`Error::Mistakes`] if the definition was made for another release's schemas; the store's.
pub fn in_force(
    tx: &mut Tx<'_>,
    tenant: &Tenant,
    application: &dyn Application,
    key: Option<&AttributeKey>,
) -> Result<Arc<Profile>, Error> {
    let base = application.profile();
    if tenant.schema_version == 0 {
        return Ok(key.map_or_else(|| Arc::clone(base), |key| Arc::new(base.with_key(key))));
    }
    let corrupt = || store::Error::corrupt("schema_definition");
    let applied = store::schema::get(tx, tenant.id)?.ok_or_else(corrupt)?;
    let definition: Definition = serde_json::from_value(applied.definition).map_err(|_| corrupt())?;
    base.defined(&definition, applied.version, key).map(Arc::new).map_err(Error::Mistakes)
}

/// What putting a definition in force did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The version now in force.
    pub version: i64,
    /// Whether anything was done: a definition that is in force already is not applied again.
    pub changed: bool,
    /// Each resource type of the tenant.
    pub types: Vec<TypeReport>,
}

/// What became of the resources of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypeReport {
    /// The resource type.
    pub name: String,
    /// How many resources were looked at.
    pub resources: u64,
    /// How many of them lost values of attributes that are no longer there.
    pub stripped: u64,
    /// The attributes whose rows were made anew.
    pub indexed: Vec<String>,
}

/// Why a definition is not in force.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not make sense.
    #[error("the definition has mistakes: {}", .0.len())]
    Mistakes(Vec<Mistake>),
    /// It does not go together with what is stored.
    #[error("the definition contradicts what is stored in so many ways: {}", .0.len())]
    Contradictions(Vec<Contradiction>),
    /// The tenant is not there any more.
    #[error("the tenant was deleted")]
    NoTenant,
    /// A resource could not be changed.
    #[error(transparent)]
    Resource(#[from] crate::resources::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}
