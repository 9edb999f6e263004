//! OAuth 2.0 clients of a tenant: who may ask for short-lived tokens, and what proves that it is them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connection::ConnectionName;
use crate::grant::{Networks, Scope};
use crate::ids::{ClientId, TenantId};
use crate::lifetime::State;

/// A client (RFC 6749 §2). It is proven by one of its secrets, or by an assertion of whom it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// What it calls itself: the `client_id`.
    pub id: ClientId,
    /// Whose users it may provision.
    pub tenant: TenantId,
    /// The connection that its tokens belong to.
    pub connection: ConnectionName,
    /// What it is for, in the words of who made it.
    pub label: String,
    /// The most that its tokens are good for.
    pub scope: Scope,
    /// Where its tokens are accepted from.
    pub networks: Networks,
    /// Whose assertions prove it.
    pub trust: Option<Trust>,
    /// When it was made.
    pub created: Timestamp,
}

/// The assertions that prove a client (RFC 7523 §2.2, §3): a workload identity of Entra, or of any issuer that
/// publishes its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The `iss` that they must have.
    pub issuer: String,
    /// The `sub` that they must have.
    pub subject: String,
    /// One of the `aud` that they must have.
    pub audience: String,
    /// Other claims that they must have, for example Entra's `tid` and `appid`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
    /// Where the issuer's keys are (RFC 7517 §5).
    pub jwks_url: String,
}

/// A secret of a client, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// The public id: the part that is no secret.
    pub id: String,
    /// Whose it is.
    pub client: ClientId,
    /// The keyed digest of the whole text.
    pub digest: [u8; 32],
    /// When it was made.
    pub created: Timestamp,
    /// From then on it is refused. `None`: it does not expire.
    pub expires: Option<Timestamp>,
}

impl ClientSecret {
    /// Whether it proves the client at that instant.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        State::at(now, self.expires, None) == State::Live
    }
}
