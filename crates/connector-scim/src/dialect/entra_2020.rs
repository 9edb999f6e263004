//! The Microsoft Entra provisioning service as it speaks with the behaviour flag `aadOptscim062020`.
//!
//! Small letters and booleans; attributes without a value path go together into one operation without a path, whose
//! keys are dotted and bear URNs; members are removed by value path; roles are what they are in a POST.

use super::operation::{Op, operation, plain, plain_members};
use super::{Words, entra};
use crate::attribute::{is_manager, typed};
use crate::update::Write;
use connector::{Change, ObjectType};
use scim::path::Path;
use serde_json::{Map, Value};

/// The dialect `entra-2020`.
pub(super) struct Entra2020;

impl Words for Entra2020 {
    fn complete(&self, object_type: ObjectType, resource: &mut Map<String, Value>) {
        entra::complete(object_type, resource);
    }

    fn attributes(&self, _object_type: ObjectType, _id: &str, changes: &[Change]) -> Vec<Write> {
        let (simple, others): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| is_simple(change));
        let mut operations: Vec<Value> = others.into_iter().map(alone).collect();
        for op in [Op::Add, Op::Replace] {
            let same: Vec<&Change> = simple.iter().copied().filter(|change| Op::of(change) == op).collect();
            operations.extend(together(op, &same));
        }
        vec![Write::Patch(operations)]
    }

    fn members(&self, changes: &[Change]) -> Vec<Value> {
        plain_members(changes)
    }

    fn filter(&self, attribute: &Path, value: &str) -> String {
        entra::filter(attribute, value)
    }
}

/// References are resolved apart from other attributes, and nothing without a path can be removed.
fn is_simple(change: &Change) -> bool {
    let is_whole = matches!(change.after, Some(Value::Array(_) | Value::Object(_)));
    change.path.filter.is_none() && change.after.is_some() && !is_manager(&change.path) && !is_whole
}

fn alone(change: &Change) -> Value {
    let value =
        change.after.as_ref().map(|after| entra::plain_manager(&change.path, typed(&change.path, after)));
    operation(Op::of(change).lower(), Some(change.path.to_string()), value)
}

/// One attribute keeps its path; several share an operation.
fn together(op: Op, changes: &[&Change]) -> Option<Value> {
    match changes {
        [] => None,
        [one] => Some(plain(one)),
        several => {
            let value = several.iter().map(|change| {
                let value = change.after.as_ref().map(|after| typed(&change.path, after));
                (change.path.to_string(), value.unwrap_or_default())
            });
            Some(operation(op.lower(), None, Some(Value::Object(value.collect::<Map<_, _>>()))))
        }
    }
}
