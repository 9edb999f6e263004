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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// Nothing, which a job file has no text for: the target keeps what it has, and gets the default when it has
    /// nothing (Entra's mapping type "None").
    #[default]
    None,
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
            Source::None | Source::Constant(_) => Vec::new(),
            Source::Expression(expression) => expression.attributes(),
        }
    }

    /// The value for one object. A direct source keeps its JSON, complex values included.
    pub(crate) fn evaluate(
        &self,
        target: &str,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<Json, EvaluateError> {
        Ok(match self {
            Source::None => Json::Null,
            Source::Direct(name) => attributes.get(name).cloned().unwrap_or_default(),
            Source::Constant(text) => Json::String(text.clone()),
            Source::Expression(expression) => {
                expression.evaluate_for(target, attributes, environment)?.into()
            }
        })
    }

    /// The value for one object together with how it came about.
    pub(crate) fn evaluate_traced(
        &self,
        target: &str,
        attributes: &dyn Attributes,
        environment: &Environment,
    ) -> Result<(Json, Trace), EvaluateError> {
        if let Source::Expression(expression) = self {
            let Evaluation { value, trace } =
                expression.evaluate_traced_for(target, attributes, environment)?;
            return Ok((value.into(), trace));
        }
        let json = self.evaluate(target, attributes, environment)?;
        let trace = Trace::leaf(self.to_string(), Value::from(&json));
        Ok((json, trace))
    }

    /// Whether it is [`Source::None`].
    pub fn is_none(&self) -> bool {
        *self == Source::None
    }

    /// The expression, if it is one.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Source::Expression(expression) => Some(expression),
            Source::None | Source::Direct(_) | Source::Constant(_) => None,
        }
    }

    /// Whether a null or empty result must not flow at all.
    pub(crate) fn ignores_flow_if_null_or_empty(&self) -> bool {
        self.expression().is_some_and(Expression::ignores_flow_if_null_or_empty)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::None => Ok(()),
            Source::Direct(name) => write!(formatter, "[{name}]"),
            Source::Constant(text) => Quoted(text).fmt(formatter),
            Source::Expression(expression) => expression.fmt(formatter),
        }
    }
}

/// A source in a job file that cannot be read: it shows the line with a caret under the place, because the file's own
/// line says where the source is, and not where in it the mistake is.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{shown}")]
pub struct UnreadableSource {
    shown: String,
}

impl TryFrom<String> for Source {
    type Error = UnreadableSource;

    fn try_from(text: String) -> Result<Source, UnreadableSource> {
        Source::parse(&text).map_err(|error| UnreadableSource { shown: error.render(&text) })
    }
}

impl From<Source> for String {
    fn from(source: Source) -> String {
        source.to_string()
    }
}
