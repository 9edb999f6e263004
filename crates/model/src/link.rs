//! Which object of the source is which resource of the target.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// The object is in scope and was provisioned.
    Managed,
    /// The object was disabled in the source (or soft-deleted there) and the target was told. It stays managed: a
    /// return enables it, a purge deletes it.
    Disabled,
    /// The object left the scope. Its target was disabled once and is left alone from then on, also when the object
    /// is deleted later. Coming back into scope makes it managed again.
    Released,
}

impl LinkState {
    /// The text in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Disabled => "disabled",
            Self::Released => "released",
        }
    }

    /// The state of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Managed, Self::Disabled, Self::Released].into_iter().find(|s| s.as_str() == text)
    }
}

/// A link: once made, the target's id is what counts, not the matching attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The kind of object: `User` or `Group`.
    pub object_type: String,
    /// The object's anchor in the source.
    pub source_id: String,
    /// The resource's id in the target.
    pub target_id: String,
    /// Its state.
    pub state: LinkState,
    /// A digest of everything the last decision about this object depended on. The same digest means that there is
    /// nothing to do.
    pub fingerprint: String,
    /// The name for people: userPrincipalName or displayName.
    pub display: String,
    /// When it last changed.
    pub modified: Timestamp,
}
