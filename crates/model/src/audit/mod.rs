//! The audit log: who did what to whom, and how a later reader knows that it is still what was written ([`chain`]).

pub mod chain;

use jiff::Timestamp;
use serde_json::Value;

use crate::ids::AuditId;

/// One thing somebody did.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id; in the order of time.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who: `token:<public id>`, `cli` or `engine`.
    pub actor: String,
    /// What, for example `user.create` or `token.revoke`.
    pub action: String,
    /// To whom: a resource's id, a token's public id, a tenant's name.
    pub subject: String,
    /// More of it, as an object. Never a secret.
    pub detail: Value,
}
