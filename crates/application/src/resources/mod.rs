//! What writing and reading a resource means, in one transaction, for whichever edge asks.
//!
//! A write goes: hold the schemas → lock the resource → the pure step of `scim` → nothing changed? answer as it is → next version →
//! attribute rows → memberships → [`Application::changed`] → change feed → audit log. Whatever a client can get wrong
//! without the stored resource is found before, by [`Draft::new`], [`Replacement::new`] and [`Modification::new`],
//! outside the transaction.

mod activation;
mod alias;
mod brake;
mod conflict;
mod create;
mod delete;
mod error;
mod list;
mod member_page;
mod members;
mod nesting;
mod outside;
mod patch;
mod precondition;
mod read;
mod record;
mod replace;
mod representation;
mod returning;
mod sorted;

use std::sync::Arc;

use jiff::Timestamp;
use model::resource::Origin;
use model::settings::Settings;
use model::{IdSource, ResourceId, TenantId};
use scim::quirks::Tolerance;
use store::Tx;

use crate::{Application, TypeProfile};

pub use activation::set_active;
pub use conflict::is_active;
pub use create::{Draft, create};
pub use delete::delete;
pub use error::Error;
pub use list::{Page, Part, Place, Query, Start, list, look_up};
pub use member_page::{MemberPage, members};
pub use outside::{Reference, Referring};
pub use patch::{Modification, patch};
pub use precondition::{Precondition, Tags};
pub use read::{Condition, Relations, Resource, Scope, Wanted, attach, get, get_if_modified};
pub use replace::{Replacement, replace};
pub use representation::entity_tag;

/// Whose resources of which type are worked on, by whom and when.
#[derive(Clone)]
pub struct Operation {
    /// Whose.
    pub tenant: TenantId,
    /// What the tenant's administrator chose.
    pub settings: Settings,
    /// What stands behind the tenant.
    pub application: Arc<dyn Application>,
    /// Of which type.
    pub kind: Arc<TypeProfile>,
    /// Who does it, for the audit log: `token:<public id>`, `cli` or `engine`.
    pub actor: String,
    /// Through what: whoever is created bears it.
    pub origin: Origin,
    /// When.
    pub at: Timestamp,
    /// What is tolerated from whoever does it.
    pub tolerance: Arc<Tolerance>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
    /// On which version of the resource.
    pub precondition: Precondition,
}

impl Operation {
    /// Makes sure that the rules by which a request was checked stay in force until the transaction ends.
    pub(super) fn hold_schemas(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if store::schema::hold(tx, self.tenant)? == Some(self.kind.version()) {
            return Ok(());
        }
        let detail =
            "the schemas of this tenant were just changed; nothing was stored; send the request again";
        Err(scim::Error::new(503, detail).into())
    }

    /// The same resources for reading.
    #[must_use]
    pub fn scope(&self, wanted: Wanted) -> Scope<'_> {
        Scope { tenant: self.tenant, kind: &self.kind, wanted }
    }
}

/// The id that a client wrote, if it can be one of ours: they are written in one way only, because an `id` is
/// case-exact (RFC 7643 §3.1).
#[must_use]
pub fn parse_id(text: &str) -> Option<ResourceId> {
    let id: ResourceId = text.parse().ok()?;
    (id.to_string() == text).then_some(id)
}
