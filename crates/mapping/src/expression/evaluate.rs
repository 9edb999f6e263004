//! Evaluation: arguments are evaluated when a function asks for them.

use jiff::Timestamp;

use super::{Call, Comparison, ComparisonOperator, EvaluateError, Fault, Generator, Node, Trace};
use crate::attributes::Attributes;
use crate::functions::Arguments;
use crate::limits::MAX_TEXT_LENGTH_BYTES;
use crate::value::Value;

/// What every step of one evaluation shares.
#[derive(Clone, Copy)]
pub(crate) struct Evaluator<'a> {
    pub(crate) attributes: &'a dyn Attributes,
    pub(crate) now: Timestamp,
    pub(crate) generator: &'a Generator<'a>,
}

/// Why a function gave no value: its own fault, or the error of an argument.
pub(crate) enum Failure {
    Fault(Fault),
    Argument(EvaluateError),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Fault(fault)
    }
}

impl From<EvaluateError> for Failure {
    fn from(error: EvaluateError) -> Failure {
        Failure::Argument(error)
    }
}

impl<'a> Evaluator<'a> {
    /// The value of `node`. When `siblings` is there, the step's trace is appended to it.
    pub(crate) fn evaluate(
        self,
        node: &Node,
        siblings: &mut Option<Vec<Trace>>,
    ) -> Result<Value, EvaluateError> {
        let mut children = siblings.as_ref().map(|_| Vec::new());
        let value = match node {
            Node::Attribute(name) => self.attributes.get(name).map_or(Value::Null, Value::from),
            Node::Text(text) => Value::Text(text.clone()),
            Node::Integer(number) => Value::Integer(*number),
            Node::Name(name) => Value::Text((*name).to_owned()),
            Node::Comparison(comparison) => Value::Boolean(self.compare(comparison, &mut children)?),
            Node::Call(call) => self.call(call, &mut children)?,
        };
        if let (Some(siblings), Some(children)) = (siblings, children) {
            siblings.push(Trace { expression: node.to_string(), value: value.clone(), children });
        }
        Ok(value)
    }

    fn call(self, call: &Call, children: &mut Option<Vec<Trace>>) -> Result<Value, EvaluateError> {
        let mut arguments = Arguments::new(self, call, children);
        (call.function.body)(&mut arguments).and_then(bounded).map_err(|failure| match failure {
            Failure::Fault(fault) => EvaluateError { expression: call.to_string(), fault },
            Failure::Argument(error) => error,
        })
    }

    /// A null or empty value makes the condition false, whatever the operator, as Entra documents for `IIF`.
    fn compare(
        self,
        comparison: &Comparison,
        children: &mut Option<Vec<Trace>>,
    ) -> Result<bool, EvaluateError> {
        let left = self.side(comparison, &comparison.left, children)?;
        let right = self.side(comparison, &comparison.right, children)?;
        let usable = |value: &Value, node: &Node| {
            !value.is_null() && (matches!(node, Node::Text(_)) || !value.is_null_or_empty())
        };
        Ok(usable(&left, &comparison.left)
            && usable(&right, &comparison.right)
            && comparison.operator.holds(&left, &right))
    }

    fn side(
        self,
        comparison: &Comparison,
        node: &Node,
        children: &mut Option<Vec<Trace>>,
    ) -> Result<Value, EvaluateError> {
        self.evaluate(node, children)?.into_single().ok_or_else(|| EvaluateError {
            expression: comparison.to_string(),
            fault: Fault::SeveralValues { parameter: "a side of the comparison" },
        })
    }
}

/// Refuses texts that a nest of calls, each making them longer, could grow without bound.
fn bounded(value: Value) -> Result<Value, Failure> {
    match &value {
        Value::Text(text) if text.len() > MAX_TEXT_LENGTH_BYTES => Err(Fault::TooLong.into()),
        _ => Ok(value),
    }
}

impl ComparisonOperator {
    /// Numbers compare as numbers, instants as instants, all else as case-sensitive text; texts that read as
    /// whole numbers are ordered as numbers, but equal only when they are the same text.
    fn holds(self, left: &Value, right: &Value) -> bool {
        let ordering = match (left, right) {
            (Value::DateTime(left), Value::DateTime(right)) => left.cmp(right),
            (Value::Text(left), Value::Text(right)) if self.is_equality() => left.cmp(right),
            _ => match (left.as_integer(), right.as_integer()) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => left.to_string().cmp(&right.to_string()),
            },
        };
        match self {
            ComparisonOperator::Equal => ordering.is_eq(),
            ComparisonOperator::NotEqual => ordering.is_ne(),
            ComparisonOperator::Greater => ordering.is_gt(),
            ComparisonOperator::GreaterOrEqual => ordering.is_ge(),
            ComparisonOperator::Less => ordering.is_lt(),
            ComparisonOperator::LessOrEqual => ordering.is_le(),
        }
    }

    fn is_equality(self) -> bool {
        matches!(self, ComparisonOperator::Equal | ComparisonOperator::NotEqual)
    }
}
