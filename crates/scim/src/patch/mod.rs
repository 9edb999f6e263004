//! Modifying with PATCH (RFC 7644 §3.5.2), in three stages: [`PatchRequest::parse`] reads the message,
//! [`Patch::resolve`] decides everything that needs no stored resource, [`Patch::apply`] changes one.

mod apply;
mod request;
mod resolve;
mod take;

use std::sync::Arc;

use serde_json::Value;

use crate::Object;
use crate::filter::ValueFilter;
use crate::resource_type::AttributeRef;
use crate::shape::Shape;

pub use request::{Op, Operation, PatchRequest};
pub use take::ValuesChange;

/// A PATCH request that fits its resource type: every name is known, every value canonical.
#[derive(Debug, Clone)]
pub struct Patch {
    steps: Vec<Step>,
    shape: Arc<Shape>,
}

/// One change. An operation without path, or on a complex attribute, becomes one step for each member.
#[derive(Debug, Clone)]
enum Step {
    /// On an attribute of the resource, or on a sub-attribute of it (of all values of a list).
    Attribute(Arc<AttributeRef>, Change),
    /// On those values of a multi-valued attribute that a filter selects.
    Selected(Selection, SelectedChange),
}

/// What happens to an attribute.
#[derive(Debug, Clone)]
enum Change {
    /// Sets a single value, or all values of a list.
    Set(Value),
    /// Adds values to a list.
    AddValues(Vec<Value>),
    /// Removes these values from a list.
    RemoveValues(Vec<Value>),
    /// Removes the attribute.
    Remove,
}

/// Values of a multi-valued attribute.
#[derive(Debug, Clone)]
struct Selection {
    op: Op,
    attribute: Arc<AttributeRef>,
    filter: ValueFilter,
    /// The value to create when none matches, if the filter describes one.
    template: Option<Object>,
}

/// What happens to selected values. The attribute of the selection names the sub-attribute, if any.
#[derive(Debug, Clone)]
enum SelectedChange {
    /// Sets the sub-attribute, or these members of a complex value, or the whole simple value. Members
    /// that are `null` are removed.
    Set(Value),
    /// Removes the sub-attribute, or the whole value.
    Remove,
}

impl Patch {
    /// Whether there is nothing to apply: all of it was ignored or taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
