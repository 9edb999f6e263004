//! What the mapping wants against what the target holds. Pure.

use connector::Change;
use mapping::MappedValue;
use model::job::Empty;
use scim::path::Path;
use serde_json::{Map, Value};

/// The values a new resource is made of; what is empty is left out.
#[must_use]
pub fn initial_values(mapped: &[MappedValue<'_>]) -> Vec<(Path, Value)> {
    mapped
        .iter()
        .filter_map(|m| Some((m.target.path().clone(), m.value.clone().filter(|v| !is_empty(v))?)))
        .collect()
}

/// The attributes that differ, in the order of the mappings.
///
/// Text is compared letter by letter: a pure change of case is a change, and reaches the target. An empty wanted
/// value clears or keeps as `empty` says.
#[must_use]
pub fn changes(mapped: &[MappedValue<'_>], document: &Map<String, Value>, empty: Empty) -> Vec<Change> {
    mapped.iter().filter_map(|m| change(m, document, empty)).collect()
}

fn change(mapped: &MappedValue<'_>, document: &Map<String, Value>, empty: Empty) -> Option<Change> {
    let path = mapped.target.path();
    let before = path.read(document).into_iter().next().filter(|v| !is_empty(v)).cloned();
    let wanted = mapped.value.as_ref().filter(|v| !is_empty(v));
    let after = match (wanted, empty) {
        (None, Empty::Keep) => return None,
        (None, Empty::Clear) => None,
        (Some(wanted), _) if before.as_ref().is_some_and(|before| same(before, wanted)) => return None,
        (Some(wanted), _) => Some(wanted.clone()),
    };
    (before.is_some() || after.is_some()).then(|| Change { path: path.clone(), before, after })
}

/// The changes without one that would make the user active: nobody who leaves is let in, whatever `active` is mapped
/// from.
#[must_use]
pub fn without_activation(changes: Vec<Change>) -> Vec<Change> {
    let activates =
        |c: &Change| is_active(&c.path) && c.after.as_ref().is_some_and(|v| same(v, &Value::Bool(true)));
    changes.into_iter().filter(|c| !activates(c)).collect()
}

/// Only the part of the changes that makes the user inactive.
#[must_use]
pub fn deactivation_only(changes: Vec<Change>) -> Vec<Change> {
    changes.into_iter().filter(|c| is_active(&c.path)).collect()
}

/// Whether the path is the core attribute `active`.
#[must_use]
pub fn is_active(path: &Path) -> bool {
    path.to_string().rsplit(':').next().is_some_and(|name| name.eq_ignore_ascii_case("active"))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether the target holds the wanted value. Some targets answer a boolean as the text `"True"`; that is the value.
pub(crate) fn same(held: &Value, wanted: &Value) -> bool {
    match (held, wanted) {
        (Value::String(text), Value::Bool(truth)) | (Value::Bool(truth), Value::String(text)) => {
            text.eq_ignore_ascii_case(if *truth { "true" } else { "false" })
        }
        _ => held == wanted,
    }
}
