//! What stands behind a tenant: its *profile* (schemas, indexed and unique attributes) and what it does, in the same
//! transaction, when its users and groups change.
//!
//! [`schemas`] puts a tenant's own definition in force. [`api`] is what an application does besides following its
//! users. [`resources`] is what writing and reading a resource means, for whichever edge asks for it. An
//! [`Application`] is told of each change before it is committed and keeps its own tables right through the same
//! transaction.
//!
//! Not here: HTTP (`service-provider`), SQL (`store`, and applications with tables of their own), the protocol
//! itself (`scim`).
//!
//! Invariants
//! - A change of a resource, its attribute rows, its memberships, the application's tables, the change feed and the
//!   audit log are one transaction: all of it is kept or nothing.
//! - A request that changes nothing writes nothing: no version, no change, no audit entry.
//! - Whose resources they are is an argument of every function, and the only way to reach a row.
//! - What is never returned is never stored: of `password` nothing is, of other secrets a keyed digest.
//! - A resource is written by the rules of the version of its tenant's schemas that is in force.

pub mod api;
pub mod limits;
mod plain;
mod profile;
pub mod resources;
pub mod schemas;
mod type_profile;

use std::sync::Arc;

use jiff::Timestamp;
use model::resource::StoredResource;
use model::{ResourceId, TenantId};
use store::Tx;

pub use plain::Plain;
pub use profile::{GROUP, Profile, USER};
pub use type_profile::TypeProfile;

/// An application that tenants use.
pub trait Application: Send + Sync + 'static {
    /// Which one it is.
    fn kind(&self) -> model::tenant::Application;

    /// What its resources look like, unless a tenant's definition says otherwise.
    fn profile(&self) -> &Arc<Profile>;

    /// Follows a change of a resource in tables of its own. The change is not committed yet and will not be if this
    /// fails.
    ///
    /// # Errors
    /// Those of its statements.
    fn changed(&self, tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), store::Error>;

    /// Forgets resources that were deleted and can't come back any more.
    ///
    /// # Errors
    /// Those of its statements.
    fn purged(&self, _: &mut Tx<'_>, _: TenantId, _: &[ResourceId]) -> Result<(), store::Error> {
        Ok(())
    }

    /// Forgets what of a tenant's rows in tables of its own is too old. Called now and then; nothing, unless it says
    /// otherwise.
    ///
    /// # Errors
    /// Those of its statements.
    fn forget(&self, _tx: &mut Tx<'_>, _tenant: TenantId, _at: Timestamp) -> Result<(), store::Error> {
        Ok(())
    }

    /// What it does for its own backend and pages. None, unless it says otherwise.
    fn operations(&self) -> Vec<api::Operation> {
        Vec::new()
    }
}

/// A change of a resource, as an application sees it.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Whose resource.
    pub tenant: TenantId,
    /// Of which type, for example `User`.
    pub resource_type: &'a str,
    /// The resource before; `None` if it is new.
    pub before: Option<&'a StoredResource>,
    /// The resource now; `None` if it was deleted.
    pub after: Option<&'a StoredResource>,
    /// When.
    pub at: Timestamp,
}

/// Makes operations that every tenant has.
type Shared = Arc<dyn Fn() -> Vec<api::Operation> + Send + Sync>;

/// The applications of this installation.
#[derive(Clone, Default)]
pub struct Applications {
    all: Vec<Arc<dyn Application>>,
    shared: Vec<Shared>,
}

impl Applications {
    /// These applications; of two of a kind the first counts.
    #[must_use]
    pub fn new(all: Vec<Arc<dyn Application>>) -> Self {
        Self { all, shared: Vec::new() }
    }

    /// The same with operations that every tenant has, whatever stands behind it.
    #[must_use]
    pub fn sharing(mut self, operations: impl Fn() -> Vec<api::Operation> + Send + Sync + 'static) -> Self {
        self.shared.push(Arc::new(operations));
        self
    }

    /// What there is for the tenants of an application: its own operations, and those that every tenant has.
    #[must_use]
    pub fn operations(&self, application: &dyn Application) -> Vec<api::Operation> {
        let shared = self.shared.iter().flat_map(|operations| operations());
        application.operations().into_iter().chain(api::operations()).chain(shared).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Application>> {
        self.all.iter()
    }

    /// The application of this kind.
    #[must_use]
    pub fn get(&self, kind: model::tenant::Application) -> Option<&Arc<dyn Application>> {
        self.all.iter().find(|application| application.kind() == kind)
    }
}
