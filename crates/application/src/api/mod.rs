//! What an application does besides following its users: operations for its own backend and pages.
//!
//! An operation is a function of a transaction, of who calls, of parameters and of a body. Whichever edge serves it finds
//! it by method and path, runs it in one transaction, and describes all of them ([`document`]). There is no HTTP here.

mod document;
mod operation;

use std::sync::Arc;

use jiff::Timestamp;
use model::audit::AuditEntry;
use model::{AuditId, IdSource, TenantId};
use serde_json::Value;
use store::Tx;

pub use document::document;
pub use operation::{Arguments, Method, Operation, Reply};

/// Who calls, and when.
#[derive(Clone)]
pub struct Call {
    /// Whose data it is about.
    pub tenant: TenantId,
    /// Who acts, for the audit log.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
}

impl Call {
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
