//! Creates whose outcome is not known yet.

use jiff::Timestamp;

/// A create that was sent, or is about to be. Should its answer never be heard, the target is asked for these values,
/// whatever the source says of the object by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// The kind of object: `User` or `Group`.
    pub object_type: String,
    /// The object's anchor in the source.
    pub source_id: String,
    /// Its name for people.
    pub display: String,
    /// The matching attributes with the values that they were to get, in their precedence.
    pub matching: Vec<(String, String)>,
    /// The `externalId` it was to get, if any.
    pub external_id: Option<String>,
    /// The target's id that the object was linked to, and that was gone.
    pub replaces: Option<String>,
    /// When it was about to be sent, at the latest.
    pub began: Timestamp,
}
