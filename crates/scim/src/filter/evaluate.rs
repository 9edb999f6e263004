//! Evaluating a resolved filter on a resource in canonical form.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::Op;
use super::resolve::{Node, Place, ResolvedFilter, Test, ValueFilter};
use crate::Object;
use crate::fold::folded;
use crate::resource_type::AttributeRef;
use crate::value::{any_element, instant, is_present};

impl ResolvedFilter {
    /// Whether the resource matches.
    ///
    /// A multi-valued attribute matches when any of its values does. `ne` is the negation of `eq`: a
    /// resource without a value matches, and so does none of whose values is equal.
    #[must_use]
    pub fn matches(&self, resource: &Object) -> bool {
        matches_resource(&self.root, resource)
    }
}

impl ValueFilter {
    /// Whether one value of the attribute matches.
    #[must_use]
    pub fn matches(&self, value: &Value) -> bool {
        matches_value(&self.root, value)
    }
}

fn matches_resource(node: &Node, resource: &Object) -> bool {
    match node {
        Node::And(operands) => operands.iter().all(|operand| matches_resource(operand, resource)),
        Node::Or(operands) => operands.iter().any(|operand| matches_resource(operand, resource)),
        Node::Not(operand) => !matches_resource(operand, resource),
        Node::Compare(place, test) => {
            let found = place.found();
            found.any_value(resource, |value| compares(found, value, test))
        }
        Node::Present(place) => place.found().any_value(resource, is_present),
        Node::Value(attribute, filter) => attribute.any_value(resource, |value| matches_value(filter, value)),
    }
}

fn matches_value(node: &Node, value: &Value) -> bool {
    match node {
        Node::And(operands) => operands.iter().all(|operand| matches_value(operand, value)),
        Node::Or(operands) => operands.iter().any(|operand| matches_value(operand, value)),
        Node::Not(operand) => !matches_value(operand, value),
        Node::Compare(place, test) => {
            let found = place.found();
            place
                .within(value)
                .is_some_and(|part| any_element(part, &mut |element| compares(found, element, test)))
        }
        Node::Present(place) => place.within(value).is_some_and(is_present),
        // The parser and the resolver refuse a value path in a value path.
        Node::Value(..) => false,
    }
}

impl Place {
    fn found(&self) -> &AttributeRef {
        match self {
            Self::Resource(found) | Self::Part(found) | Self::Itself(found) => found,
        }
    }

    fn within<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Itself(_) => Some(value),
            Self::Part(found) | Self::Resource(found) => value.get(&found.leaf().name),
        }
    }
}

fn compares(found: &AttributeRef, value: &Value, test: &Test) -> bool {
    let value = if found.leaf().is_complex() { value.get("value") } else { Some(value) };
    value.is_some_and(|value| passes(test, value))
}

fn passes(test: &Test, value: &Value) -> bool {
    match (test, value) {
        (Test::Text { op, case_exact: true, text }, Value::String(value)) => compare_text(*op, value, text),
        (Test::Text { op, case_exact: false, text }, Value::String(value)) => {
            compare_text(*op, &folded(value), text)
        }
        (Test::Boolean(expected), Value::Bool(value)) => value == expected,
        (Test::Number(op, number), Value::Number(value)) => {
            compare_numbers(value, number).is_some_and(|order| op.holds(order))
        }
        (Test::Instant(op, expected), Value::String(value)) => {
            instant(value).is_some_and(|instant| op.holds(instant.cmp(expected)))
        }
        _ => false,
    }
}

fn compare_text(op: Op, value: &str, text: &str) -> bool {
    match op {
        Op::Co => value.contains(text),
        Op::Sw => value.starts_with(text),
        Op::Ew => value.ends_with(text),
        Op::Eq => value == text,
        Op::Ne | Op::Gt | Op::Ge | Op::Lt | Op::Le => op.holds(value.cmp(text)),
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
