//! What an update is made of: one write, or several in order.

use crate::attribute::is_display_name;
use crate::dialect::Words;
use crate::members;
use connector::{Change, ObjectType};
use serde_json::Value;

/// One write of an update.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write {
    /// A PATCH with these operations.
    Patch(Vec<Value>),
    /// A PATCH of these changes of members.
    Members(Vec<Change>),
    /// The object is read, changed, and put back whole.
    Put(Vec<Change>),
    /// The object is read, and patched with the name that it has.
    Name,
}

/// The writes that make some changes, in their order. `patches` says whether the application takes PATCH, and
/// `members_per_request` how many members one request changes.
pub(crate) fn writes(
    words: &dyn Words,
    (object_type, id): (ObjectType, &str),
    changes: &[Change],
    patches: bool,
    members_per_request: usize,
) -> Vec<Write> {
    if words.puts(object_type) || !patches {
        return vec![Write::Put(changes.to_vec())];
    }
    let (of_members, of_attributes) = members::split(object_type, changes);
    let mut writes = Vec::new();
    if !of_attributes.is_empty() {
        writes.extend(words.attributes(object_type, id, &of_attributes));
    }
    let is_named = of_attributes.iter().any(|change| is_display_name(&change.path));
    if words.repeats_name() && !of_members.is_empty() && !is_named {
        writes.push(Write::Name);
    }
    writes.extend(members::batches(&of_members, members_per_request).into_iter().map(Write::Members));
    writes
}
