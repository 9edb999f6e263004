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
    /// Every attribute the source delivered, by the source's own names; mappings read these.
    pub attributes: Map<String, Value>,
    /// `accountEnabled`; true where the source does not say.
    pub enabled: bool,
    /// Deleted but restorable (Entra's recycle bin, 30 days).
    pub soft_deleted: bool,
    /// Whether, and through what, the object is assigned to the application.
    pub assignment: Assignment,
}

/// How an object is assigned to the application. Nested groups are not expanded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Assignment {
    /// Not assigned, or the source knows no assignments.
    Unassigned,
    /// Assigned by itself.
    Direct,
    /// A direct member of an assigned, security-enabled group.
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
            Self::Removed { anchor, .. } => anchor,
        }
    }

    /// The type of the object the entry speaks of.
    pub fn object_type(&self) -> ObjectType {
        match self {
            Self::Present(object) => object.object_type,
            Self::Removed { object_type, .. } => *object_type,
        }
    }
}
