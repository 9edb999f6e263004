//! What an application does besides following its users: operations for its own backend and pages.
//!
//! An operation is a function of a transaction, of who calls, of parameters and of a body. Whichever edge serves it finds
//! it by method and path, runs it in one transaction, and describes all of them ([`document`]). There is no HTTP here.

mod activation;
mod document;
mod operation;

use std::sync::Arc;

use jiff::Timestamp;
use model::audit::AuditEntry;
use model::resource::Origin;
use model::settings::Settings;
use model::{AuditId, IdSource, TenantId};
use serde_json::Value;
use store::Tx;

use crate::{Application, Profile, USER, resources};

pub(crate) use activation::operations;
pub use document::document;
pub use operation::{Arguments, Method, Operation, Reply, Wait};

/// Who calls, and when.
#[derive(Clone)]
pub struct Call {
    /// Whose data it is about.
    pub tenant: TenantId,
    /// What the tenant's resources look like now.
    pub profile: Arc<Profile>,
    /// What the addresses of its resources begin with.
    pub tenant_url: String,
    /// Who acts, for the audit log.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    /// What stands behind the tenant.
    pub application: Arc<dyn Application>,
    /// What the tenant's administrator chose.
    pub settings: Settings,
}

impl Call {
    /// The same call as an operation on the tenant's users, by the rules of SCIM's writes: what an application changes
    /// of a user has a version, a place in the change feed and an entry in the audit log like any other change.
    ///
    /// # Errors
    /// 404 if the tenant's schemas have no users.
    pub fn on_users(&self) -> Result<resources::Operation, scim::Error> {
        let kind = self.profile.by_id(USER).map(Arc::clone);
        Ok(resources::Operation {
            tenant: self.tenant,
            settings: self.settings.clone(),
            application: Arc::clone(&self.application),
            kind: kind.ok_or_else(|| scim::Error::new(404, "the tenant's schemas have no users"))?,
            actor: self.actor.clone(),
            origin: Origin::Administrator,
            at: self.at,
            tolerance: Arc::default(),
            ids: Arc::clone(&self.ids),
            precondition: resources::Precondition::default(),
        })
    }

    /// Notes in the audit log what is done, in the transaction that does it.
    ///
    /// # Errors
    /// The statement's.
    pub fn audit(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        subject: &str,
        detail: Value,
    ) -> Result<(), store::Error> {
        let entry = AuditEntry {
            id: AuditId(self.ids.next()),
            at: self.at,
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        };
        store::audit::append(tx, Some(self.tenant), &entry)
    }
}
