//! Objects of a source as the engine sees them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// The kinds of object that are provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ObjectType {
    /// A person's account, `/Users` in SCIM.
    User,
    /// A group, `/Groups` in SCIM.
    Group,
}

impl fmt::Display for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "User",
            Self::Group => "Group",
        })
    }
}

/// One user or group as the source holds it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The source's immutable identifier; in Entra the object id.
    pub anchor: String,
    /// Whether this is a user or a group.
    pub object_type: ObjectType,
    /// What a person would call it: the userPrincipalName of a user, the displayName of a group. For logs, never for decisions.
    pub display: String,
    /// Every attribute the source delivered, by the source's own names; mappings read these. A user's `manager` is the
    /// manager's anchor.
    pub attributes: Map<String, Value>,
    /// `accountEnabled`; true where the source does not say.
    pub enabled: bool,
    /// Deleted but restorable (Entra's recycle bin, 30 days).
    pub soft_deleted: bool,
    /// Whether, and through what, the object is assigned to the application.
    pub assignment: Assignment,
    /// A group's members, where the job asked for them; never among the attributes.
    pub members: Option<Members>,
}

/// What a source says of a group's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Members {
    /// All of them.
    All(Vec<Member>),
    /// Those that came and went since the watermark. One that is told twice, or came and went before, does no harm.
    Changed {
        /// Who came.
        added: Vec<Member>,
        /// Who went.
        removed: Vec<Member>,
    },
}

/// A member of a group in the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// Its anchor.
    pub anchor: String,
    /// Whether it is a user or a group.
    pub object_type: ObjectType,
}

impl Member {
    /// A user as a member.
    pub fn user(anchor: impl Into<String>) -> Self {
        Self { anchor: anchor.into(), object_type: ObjectType::User }
    }

    /// A group as a member.
    pub fn group(anchor: impl Into<String>) -> Self {
        Self { anchor: anchor.into(), object_type: ObjectType::Group }
    }
}

/// How an object is assigned to the application. Nested groups count where the job says so, see [`crate::Needs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Assignment {
    /// Not assigned, or the source knows no assignments.
    Unassigned,
    /// Assigned by itself.
    Direct,
    /// A member of an assigned, security-enabled group.
    ByGroup {
        /// The group's displayName.
        group: String,
    },
}

/// One line of what a source says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// The object exists, possibly soft-deleted.
    Present(Object),
    /// The object exists, and nothing about it, its assignment included, has changed since the watermark. A source
    /// that can only tell who is there by listing everybody says this instead of everything again.
    Unchanged {
        /// Its anchor.
        anchor: String,
        /// Its type.
        object_type: ObjectType,
    },
    /// The source says that the object is permanently deleted.
    Removed {
        /// Its anchor while it existed.
        anchor: String,
        /// Its type while it existed.
        object_type: ObjectType,
    },
}

impl Entry {
    /// The anchor of the object the entry speaks of.
    pub fn anchor(&self) -> &str {
        match self {
            Self::Present(object) => &object.anchor,
            Self::Unchanged { anchor, .. } | Self::Removed { anchor, .. } => anchor,
        }
    }

    /// The type of the object the entry speaks of.
    pub fn object_type(&self) -> ObjectType {
        match self {
            Self::Present(object) => object.object_type,
            Self::Unchanged { object_type, .. } | Self::Removed { object_type, .. } => *object_type,
        }
    }
}
