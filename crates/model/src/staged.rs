//! Staged deletions: what a cycle would take away from somebody, and a person has to decide on first.

use jiff::Timestamp;

/// What is staged. Microsoft's "accidental deletions prevention" stages the first two (`StagedDelete`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Removal {
    /// The object is set inactive in the target.
    Disable,
    /// The object is deleted in the target.
    Delete,
    /// The member leaves the group in the target.
    Leave,
}

/// What a person has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StagedState {
    /// Nothing yet.
    Pending,
    /// The next cycle does it, if the reason still holds.
    Allowed,
    /// It is not done until its reason changes.
    Rejected,
}

/// A group's member that would leave.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StagedMember {
    /// Its kind: `User` or `Group`.
    pub object_type: String,
    /// Its anchor in the source.
    pub source_id: String,
    /// Its name for people; its anchor where nobody of it is linked any more.
    pub display: String,
}

/// A removal that waits, or was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The kind of object: `User` or `Group`.
    pub object_type: String,
    /// Its anchor in the source.
    pub source_id: String,
    /// Its name for people.
    pub display: String,
    /// Who leaves it, for [`Removal::Leave`].
    pub member: Option<StagedMember>,
    /// What would be done.
    pub removal: Removal,
    /// Why, for people.
    pub reason: String,
    /// The object's id in the target.
    pub target_id: String,
    /// The object as it was decided on; empty when the source holds it no more, and for a member.
    pub fingerprint: String,
    /// Since when it is staged.
    pub since: Timestamp,
    /// What a person has said.
    pub state: StagedState,
    /// Who said it, and when.
    pub decided: Option<(String, Timestamp)>,
}

macro_rules! text {
    ($name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// The text in the database and in answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The value of that text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

text!(Removal { Disable = "disable", Delete = "delete", Leave = "leave" });
text!(StagedState { Pending = "pending", Allowed = "allowed", Rejected = "rejected" });
