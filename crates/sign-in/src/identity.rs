//! What a provider proved of somebody.

use jiff::Timestamp;

use crate::Door;
use crate::link::Subject;

/// Somebody, as the provider knows them. Every word of it was signed by the provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Through which door they came.
    pub door: Door,
    /// The provider: `iss`, or the entity id.
    pub issuer: String,
    /// An id that the provider gives to nobody else, ever: `sub`, or a persistent `NameID`. A name or an address is none:
    /// it is given to the next person who is called so.
    pub subject: Option<String>,
    /// What the provider calls them, for the administrator who looks for the reason of a refusal.
    pub shown: String,
    /// The claim or attribute that is compared with the match key.
    pub claim: String,
    /// What it says.
    pub value: Option<Value>,
    /// Their e-mail address, unless the provider says that it is not verified.
    pub email: Option<String>,
    /// `given_name`.
    pub given_name: Option<String>,
    /// `family_name`.
    pub family_name: Option<String>,
    /// `name`.
    pub display_name: Option<String>,
    /// When the provider's own session ends: no session here lasts longer.
    pub session_end: Option<Timestamp>,
}

impl Identity {
    /// What a link is made for.
    pub(crate) fn subject(&self) -> Option<Subject<'_>> {
        let id = self.subject.as_deref()?;
        Some(Subject { door: self.door, issuer: &self.issuer, id })
    }
}

/// What is compared with the match key.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// It.
    pub text: String,
    /// Whether the provider says that it is an e-mail address, which anybody could have typed there.
    pub is_email: bool,
    /// What the provider says about the address: that it has verified it (`email_verified` is true, not `"true"`), or
    /// that it has not. `None`: nothing.
    pub verified: Option<bool>,
}
