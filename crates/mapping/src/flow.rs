//! When a mapped value goes to the target.

use serde::{Deserialize, Serialize};

/// When a mapping applies: Graph's `flowType`.
///
/// The documentation of the last three is one sentence each; where that leaves something open, this says what Rollcall
/// does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Apply {
    /// `Always`: on create and on update.
    #[default]
    Always,
    /// `ObjectAddOnly`: on create; an update leaves the target as it is.
    #[serde(alias = "object_add_only")]
    OnlyDuringCreation,
    /// `MultiValueAddOnly`: an update adds values to a multi-valued attribute, and does nothing else.
    MultiValueAddOnly,
    /// `ValueAddOnly`: whenever there is a value; an update removes none. Values are added to a multi-valued attribute.
    ValueAddOnly,
    /// `AttributeAddOnly`: only where the target has no value at all.
    AttributeAddOnly,
}

/// Whether an update sends a value that the target has already: Graph's `flowBehavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// `FlowWhenChanged`: no.
    #[default]
    WhenChanged,
    /// `FlowAlways`: yes, whenever the object is looked at.
    Always,
}

impl Flow {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) fn is_when_changed(&self) -> bool {
        *self == Flow::WhenChanged
    }
}

/// What the mapped values are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A resource that is not in the target yet.
    Create,
    /// A resource that is.
    Update,
}
