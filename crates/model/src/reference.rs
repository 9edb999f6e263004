//! References between objects of a source: a user's manager, a group's members.

/// A reference as it is kept, whether or not both ends are in the target yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The kind of the object that refers: `User` or `Group`.
    pub owner_type: String,
    /// Its anchor in the source.
    pub owner: String,
    /// The target's attribute: `members`, or the path of `manager`.
    pub attribute: String,
    /// The kind of the object referred to.
    pub to_type: String,
    /// Its anchor in the source.
    pub to: String,
}

/// What is known of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownReference {
    /// The reference.
    pub reference: Reference,
    /// Whether the source has it.
    pub wanted: bool,
    /// The target's id of the object referred to, where this job has set the reference there.
    pub sent: Option<String>,
}

/// A reference that is to be set or removed in the target, both ends being there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueReference {
    /// The reference.
    pub reference: Reference,
    /// The target's id of the object that refers.
    pub owner_target: String,
    /// What is to be done.
    pub due: Due,
    /// The name for people of the object that refers.
    pub display: String,
}

/// What is to be done about a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// The target shall have it, to this id.
    Set(String),
    /// The target shall not have it any more, to this id.
    Remove(String),
    /// It is gone from the source, but another reference of the same owner leads to the same object of the target:
    /// nothing is to be sent.
    Forget,
}
