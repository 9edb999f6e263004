//! Evaluating a value filter without a schema: text compares folded, since `caseExact` is unknown.

use serde_json::Value;

use crate::filter::{AttributePath, Filter, Literal, Op};
use crate::fold::{fold_eq, folded};
use crate::quirks;
use crate::value::{any_element, instant, is_present, member};

/// Whether one value of a list satisfies the filter.
pub(super) fn matches(filter: &Filter, value: &Value) -> bool {
    match filter {
        Filter::And(operands) => operands.iter().all(|operand| matches(operand, value)),
        Filter::Or(operands) => operands.iter().any(|operand| matches(operand, value)),
        Filter::Not(operand) => !matches(operand, value),
        Filter::Present(path) => part(value, path).is_some_and(is_present),
        Filter::Compare { path, op, value: literal } => {
            let part = part(value, path);
            match (op, literal) {
                (Op::Eq, Literal::Null) => !part.is_some_and(is_present),
                (Op::Ne, Literal::Null) => part.is_some_and(is_present),
                (Op::Ne, literal) => !part.is_some_and(|part| compares(part, Op::Eq, literal)),
                (op, literal) => part.is_some_and(|part| compares(part, *op, literal)),
            }
        }
        // The parser refuses a value path in a value path.
        Filter::ValuePath { .. } => false,
    }
}

fn part<'a>(value: &'a Value, path: &AttributePath) -> Option<&'a Value> {
    match value.as_object() {
        Some(object) => member(object, &path.attribute),
        None => path.attribute.eq_ignore_ascii_case("value").then_some(value),
    }
}

fn compares(value: &Value, op: Op, literal: &Literal) -> bool {
    any_element(value, &mut |value| match (value, literal) {
        (Value::String(value), Literal::String(text)) => compare_text(value, op, text),
        (Value::Bool(value), literal) => op == Op::Eq && quirks::literal_boolean(literal) == Some(*value),
        (Value::String(value), Literal::Boolean(expected)) => {
            op == Op::Eq && quirks::text_boolean(value) == Some(*expected)
        }
        (Value::Number(value), Literal::Number(number)) => {
            let order =
                value.as_f64().zip(number.as_f64()).and_then(|(value, number)| value.partial_cmp(&number));
            order.is_some_and(|order| op.holds(order))
        }
        _ => false,
    })
}

fn compare_text(value: &str, op: Op, text: &str) -> bool {
    match op {
        Op::Eq => fold_eq(value, text),
        Op::Co => folded(value).contains(&*folded(text)),
        Op::Sw => folded(value).starts_with(&*folded(text)),
        Op::Ew => folded(value).ends_with(&*folded(text)),
        Op::Ne | Op::Gt | Op::Ge | Op::Lt | Op::Le => match (instant(value), instant(text)) {
            (Some(value), Some(text)) => op.holds(value.cmp(&text)),
            _ => op.holds(folded(value).cmp(&folded(text))),
        },
    }
}
