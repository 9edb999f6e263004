//! Where a mapping takes its value from.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::attributes::Attributes;
use crate::expression::{
    Environment, EvaluateError, Evaluation, Expression, Node, ParseError, Quoted, Trace,
};
use crate::value::Value;

/// The source of an attribute mapping; its text form is what a job file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// `[attribute]`: the source attribute's value as it is.
    Direct(String),
    /// `"text"`: the same text for every object.
    Constant(String),
    /// `Function(…)`: the result of an expression.
    Expression(Expression),
}

impl Source {
    /// Reads `[attribute]`, `"text"` or a function call.
    ///
    /// # Errors
    /// As [`Expression::parse`]; a bare number is neither of the three.
    pub fn parse(text: &str) -> Result<Source, ParseError> {
        let expression = Expression::parse(text)?;
        if expression.is_call() {
            return Ok(Source::Expression(expression));
        }
        match expression.into_node() {
            Node::Attribute(name) => Ok(Source::Direct(name)),
            Node::Text(text) => Ok(Source::Constant(text)),
            other => Err(ParseError::new(0, format!("{other} is not a source"))
                .with_hint(format!("write \"{other}\" for a constant"))),
        }
    }

    /// The source attributes it reads, each once.
    pub fn attributes(&self) -> Vec<&str> {
        match self {
            Source::Direct(name) => vec![name],
            Source::Constant(_) => Vec::new(),
            Source::Expression(expression) => expression.attributes(),
        }
    }

    /// The value for one object. A direct source keeps its JSON, complex values included.
    pub(crate) fn evaluate(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<Json, EvaluateError> {
        Ok(match self {
            Source::Direct(name) => attributes.get(name).cloned().unwrap_or_default(),
            Source::Constant(text) => Json::String(text.clone()),
            Source::Expression(expression) => expression.evaluate(attributes, environment)?.into(),
        })
    }

    /// The value for one object together with how it came about.
    pub(crate) fn evaluate_traced(
        &self,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<(Json, Trace), EvaluateError> {
        if let Source::Expression(expression) = self {
            let Evaluation { value, trace } = expression.evaluate_traced(attributes, environment)?;
            return Ok((value.into(), trace));
        }
        let json = self.evaluate(attributes, environment)?;
        let trace = Trace::leaf(self.to_string(), Value::from(&json));
        Ok((json, trace))
    }

    /// Whether a null or empty result must not flow at all.
    pub(crate) fn ignores_flow_if_null_or_empty(&self) -> bool {
        matches!(self, Source::Expression(expression) if expression.ignores_flow_if_null_or_empty())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Direct(name) => write!(formatter, "[{name}]"),
            Source::Constant(text) => Quoted(text).fmt(formatter),
            Source::Expression(expression) => expression.fmt(formatter),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Source, ParseError> {
        Source::parse(&text)
    }
}

impl From<Source> for String {
    fn from(source: Source) -> String {
        source.to_string()
    }
}
