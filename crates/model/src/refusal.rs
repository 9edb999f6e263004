//! Requests that were refused again and again.

use jiff::Timestamp;
use serde::Serialize;

/// What makes two refusals the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Refused {
    /// The connection that asked.
    pub connection: String,
    /// The method of the request.
    pub method: String,
    /// The `id` of the resource type.
    pub resource_type: String,
    /// Whom it was about: the id in the address, or the `userName` or `displayName` that was to be created.
    pub subject: String,
    /// The status of the answer.
    pub status: u16,
    /// Its error keyword, if it had one.
    pub scim_type: Option<String>,
}

/// The same refusal, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What was refused.
    #[serde(flatten)]
    pub refused: Refused,
    /// The sentence that the client was answered last.
    pub detail: String,
    /// When it was refused for the first time.
    pub first_seen: Timestamp,
    /// When it was refused for the last time.
    pub last_seen: Timestamp,
    /// How often.
    pub count: i64,
}

impl Refused {
    /// What an administrator can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.status {
            403 => "give the connection a token that may do this: `rollcall token create`",
            404 => {
                "the client keeps the id of somebody who is not there: in Entra, restart provisioning with its state \
                 cleared; in Okta, unassign and assign the person again"
            }
            409 => {
                "find who has the value (GET …/Users?filter=userName eq \"…\"), then reactivate, rename or delete that \
                 user, or correct the directory; after that let the client try again (Entra: Provision on demand; \
                 Okta: retry the task)"
            }
            413 => "let the client send less at once, or remove values",
            _ => "correct the client's attribute mapping: the answer names what does not fit",
        }
    }
}
