//! The body of a PATCH (RFC 7644 §3.5.2): one operation for each change, in order.

use crate::body::{is_active, is_manager, is_members, typed};
use crate::dialect::Dialect;
use connector::Change;
use scim::message::PATCH_OP_URN;
use scim::path::Path;
use serde_json::{Map, Value, json};

/// The PatchOp message for some changes.
pub(crate) fn body(dialect: Dialect, changes: &[Change]) -> Value {
    let operations: Vec<Value> = changes.iter().flat_map(|change| operations(dialect, change)).collect();
    json!({ "schemas": [PATCH_OP_URN], "Operations": operations })
}

fn operations(dialect: Dialect, change: &Change) -> Vec<Value> {
    let path = change.path.to_string();
    match (&change.before, &change.after) {
        (Some(before), None) if is_members(&change.path) => removed_members(dialect, &change.path, before),
        (_, None) => vec![operation(dialect, Op::Remove, path, None)],
        (None, Some(after)) => {
            vec![operation(dialect, Op::Add, path, Some(value(dialect, &change.path, after)))]
        }
        (Some(_), Some(after)) => {
            vec![operation(dialect, Op::Replace, path, Some(value(dialect, &change.path, after)))]
        }
    }
}

#[derive(Clone, Copy)]
enum Op {
    Add,
    Replace,
    Remove,
}

impl Op {
    fn word(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::Rfc, Self::Add) => "add",
            (Dialect::Rfc, Self::Replace) => "replace",
            (Dialect::Rfc, Self::Remove) => "remove",
            (Dialect::Entra, Self::Add) => "Add",
            (Dialect::Entra, Self::Replace) => "Replace",
            (Dialect::Entra, Self::Remove) => "Remove",
        }
    }
}

fn operation(dialect: Dialect, op: Op, path: String, value: Option<Value>) -> Value {
    let mut operation = Map::new();
    operation.insert("op".to_owned(), Value::from(op.word(dialect)));
    operation.insert("path".to_owned(), Value::from(path));
    if let Some(value) = value {
        operation.insert("value".to_owned(), value);
    }
    Value::Object(operation)
}

/// Entra removes members by value, which a strict server reads as "remove all"; the RFC's form is a value path.
fn removed_members(dialect: Dialect, path: &Path, before: &Value) -> Vec<Value> {
    let members = typed(path, before);
    match dialect {
        Dialect::Entra => vec![operation(dialect, Op::Remove, path.to_string(), Some(members))],
        Dialect::Rfc => members
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|member| member.get("value"))
            .map(|id| operation(dialect, Op::Remove, format!("{path}[value eq {id}]"), None))
            .collect(),
    }
}

/// A value as the dialect writes it in a PATCH.
fn value(dialect: Dialect, path: &Path, value: &Value) -> Value {
    let value = typed(path, value);
    match dialect {
        Dialect::Rfc => value,
        Dialect::Entra => match &value {
            Value::Bool(active) if is_active(path) => Value::from(if *active { "True" } else { "False" }),
            Value::Object(manager) if is_manager(path) => manager.get("value").cloned().unwrap_or(value),
            _ => value,
        },
    }
}
