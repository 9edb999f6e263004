//! The arguments of one call, evaluated when the function asks for them.

use jiff::Timestamp;

use crate::expression::{Call, Evaluator, Failure, Fault, Generator, Node, Trace};
use crate::functions::date_format;
use crate::pattern::Pattern;
use crate::value::Value;

/// The arguments of one call. Each may be asked for once; asking again evaluates again.
pub(crate) struct Arguments<'a, 't> {
    evaluator: Evaluator<'a>,
    call: &'a Call,
    trace: &'t mut Option<Vec<Trace>>,
}

impl<'a, 't> Arguments<'a, 't> {
    pub(crate) fn new(evaluator: Evaluator<'a>, call: &'a Call, trace: &'t mut Option<Vec<Trace>>) -> Self {
        Arguments { evaluator, call, trace }
    }

    /// How many arguments the call has, empty ones included.
    pub(crate) fn count(&self) -> usize {
        self.call.arguments.len()
    }

    /// Whether the argument is there and not left empty.
    pub(crate) fn is_given(&self, index: usize) -> bool {
        self.node(index).is_some()
    }

    /// The instant the evaluation takes place.
    pub(crate) fn now(&self) -> Timestamp {
        self.evaluator.now
    }

    /// What made-up values are drawn from.
    pub(crate) fn generator(&self) -> &'a Generator<'a> {
        self.evaluator.generator
    }

    /// The call's constant pattern.
    pub(crate) fn constant_pattern(&self) -> Option<&'a Pattern> {
        self.call.pattern.as_ref()
    }

    /// The argument as it is, multi-valued or not; null when it was not given.
    pub(crate) fn value(&mut self, index: usize) -> Result<Value, Failure> {
        match self.node(index) {
            Some(node) => Ok(self.evaluator.evaluate(node, self.trace)?),
            None => Ok(Value::Null),
        }
    }

    /// The argument as one value.
    pub(crate) fn single(&mut self, index: usize) -> Result<Value, Failure> {
        let value = self.value(index)?;
        let parameter = self.parameter(index);
        Ok(value.into_single().ok_or(Fault::SeveralValues { parameter })?)
    }

    /// The argument as a text, `None` when it is null.
    pub(crate) fn text(&mut self, index: usize) -> Result<Option<String>, Failure> {
        Ok(match self.single(index)? {
            Value::Null => None,
            Value::Text(text) => Some(text),
            other => Some(other.to_string()),
        })
    }

    /// The argument as a text that must be there.
    pub(crate) fn required_text(&mut self, index: usize) -> Result<String, Failure> {
        let parameter = self.parameter(index);
        Ok(self.text(index)?.ok_or(Fault::Missing { parameter })?)
    }

    /// The argument as a whole number, `None` when it is null or empty.
    pub(crate) fn integer(&mut self, index: usize) -> Result<Option<i64>, Failure> {
        let value = self.single(index)?;
        if value.is_null_or_empty() {
            return Ok(None);
        }
        let parameter = self.parameter(index);
        let number = value.as_integer().ok_or(Fault::Unexpected { parameter, expected: "a whole number" })?;
        Ok(Some(number))
    }

    /// The argument as a whole number that must be there.
    pub(crate) fn required_integer(&mut self, index: usize) -> Result<i64, Failure> {
        let parameter = self.parameter(index);
        Ok(self.integer(index)?.ok_or(Fault::Missing { parameter })?)
    }

    /// The argument as an instant: one already, or a text in a format that .NET reads without being told.
    pub(crate) fn instant(&mut self, index: usize) -> Result<Option<Timestamp>, Failure> {
        let value = self.single(index)?;
        if let Value::DateTime(instant) = value {
            return Ok(Some(instant));
        }
        if value.is_null_or_empty() {
            return Ok(None);
        }
        let parameter = self.parameter(index);
        let instant = date_format::read_any(&value.to_string(), self.now());
        Ok(Some(instant.ok_or(Fault::Unexpected { parameter, expected: "a date" })?))
    }

    /// The documented name of a parameter.
    pub(crate) fn parameter(&self, index: usize) -> &'static str {
        self.call.function.parameter(index)
    }

    fn node(&self, index: usize) -> Option<&'a Node> {
        self.call.arguments.get(index)?.as_ref()
    }
}
