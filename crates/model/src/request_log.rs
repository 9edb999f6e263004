//! The request log of a tenant: what clients asked, and what they were answered.

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::{RequestId, TenantId};

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestEntry {
    /// Its id, which the answer carried as `x-request-id`.
    pub id: RequestId,
    /// The tenant of the token that was shown.
    #[serde(skip)]
    pub tenant: TenantId,
    /// When its head had arrived.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path and query behind the Tenant URL, decoded; literals of a filter are `"…"` unless bodies are kept.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The error keyword of the answer (RFC 7644 §3.12).
    pub scim_type: Option<String>,
    /// What kind of client it was: `entra`, `okta` or `rfc`.
    pub client_kind: Option<String>,
    /// The connection that the token belongs to.
    pub connection: Option<String>,
    /// The public id of the token.
    pub token: String,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The quirks that fired.
    pub quirks: Vec<String>,
    /// From the head of the request to the answer, in microseconds.
    pub duration_us: i64,
    /// The size of the body that was read, in bytes.
    pub request_bytes: i64,
    /// The size of the answer's body, in bytes.
    pub response_bytes: i64,
    /// The body of the request without secrets, if the tenant's settings ask for it.
    pub request: Option<String>,
    /// The body of the answer without secrets, if the tenant's settings ask for it.
    pub response: Option<String>,
}
