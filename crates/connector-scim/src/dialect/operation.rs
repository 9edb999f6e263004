//! The operations of a PATCH (RFC 7644 §3.5.2).

use crate::attribute::typed;
use connector::Change;
use scim::path::Path;
use serde_json::{Map, Value};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Replace,
    Remove,
}

impl Op {
    /// What a change asks for.
    pub(super) fn of(change: &Change) -> Self {
        match (&change.before, &change.after) {
            (_, None) => Self::Remove,
            (None, Some(_)) => Self::Add,
            (Some(_), Some(_)) => Self::Replace,
        }
    }

    /// RFC 7644: in small letters.
    pub(super) fn lower(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }

    /// Entra: with a capital.
    pub(super) fn capital(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Replace => "Replace",
            Self::Remove => "Remove",
        }
    }
}

/// One operation, without what is `None`.
pub(super) fn operation(op: &str, path: Option<String>, value: Option<Value>) -> Value {
    let path = path.map(Value::from);
    let members = [("op", Some(Value::from(op))), ("path", path), ("value", value)];
    Value::Object(
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<Map<_, _>>(),
    )
}

/// One operation for a change, with its path and value as RFC 7643 types it.
pub(super) fn plain(change: &Change) -> Value {
    let value = change.after.as_ref().map(|after| typed(&change.path, after));
    operation(Op::of(change).lower(), Some(change.path.to_string()), value)
}

/// An operation for each change, in their order; but what goes into elements that the target does not hold is one
/// addition to their list: strict service providers refuse a value path that selects nothing, as RFC 7644 §3.5.2.3 has it
/// for `replace`.
pub(super) fn each(changes: &[&Change]) -> Vec<Value> {
    let (mut operations, mut lists) = (Vec::new(), Vec::new());
    for change in changes {
        if !change.adds_element {
            operations.push(plain(change));
            continue;
        }
        let list = list_of(change);
        if !lists.contains(&list) {
            operations.push(added_to(&list, changes));
            lists.push(list);
        }
    }
    operations
}

/// The elements that some changes add to a list, each with the values that its filter asks for.
fn added_to(list: &Path, changes: &[&Change]) -> Value {
    let mut resource = Map::new();
    for change in changes.iter().filter(|change| change.adds_element && list_of(change) == *list) {
        change.path.write(&mut resource, change.after.clone().unwrap_or_default());
    }
    let elements = list.read(&resource).into_iter().cloned().collect();
    operation(Op::Add.lower(), Some(list.to_string()), Some(elements))
}

/// The attribute whose element a change is about.
fn list_of(change: &Change) -> Path {
    Path { filter: None, sub: None, ..change.path.clone() }
}

/// Changes of members as the RFC has them: a removed member is a value path.
pub(super) fn plain_members(changes: &[Change]) -> Vec<Value> {
    let operations = changes.iter().flat_map(|change| match (&change.before, &change.after) {
        (Some(before), None) => removed_by_path(change, before),
        _ => vec![plain(change)],
    });
    operations.collect()
}

/// A `remove` for each member.
fn removed_by_path(change: &Change, before: &Value) -> Vec<Value> {
    let members = typed(&change.path, before);
    let ids = members.as_array().into_iter().flatten().filter_map(|member| member.get("value"));
    ids.map(|id| operation(Op::Remove.lower(), Some(format!("{}[value eq {id}]", change.path)), None))
        .collect()
}
