//! Tokens of the admin API.

use jiff::Timestamp;
use serde::Serialize;

use crate::ids::TenantId;
use crate::lifetime::State;

/// A token of the admin API as it is stored; its text is a [`crate::token::Secret`] of the kind `Admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminToken {
    /// The public id: the part of the token that is no secret.
    pub id: String,
    /// The keyed digest of the whole text.
    pub digest: Vec<u8>,
    /// What it is for, in the words of who made it.
    pub label: String,
    /// The only tenant it is good for. `None`: the whole installation.
    pub tenant: Option<TenantId>,
    /// Whether it reads, or changes things too.
    pub access: Access,
    /// When it was made.
    pub created: Timestamp,
    /// From then on it is refused. `None`: it does not expire.
    pub expires: Option<Timestamp>,
    /// Since then it is refused.
    pub revoked: Option<Timestamp>,
}

/// What an operation does, and what a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Shows things.
    Read,
    /// Changes things.
    Write,
}

impl AdminToken {
    /// Where it is in its life at that instant.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        State::at(now, self.expires, self.revoked)
    }

    /// Whether it opens the door at that instant.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state(now) == State::Live
    }
}
