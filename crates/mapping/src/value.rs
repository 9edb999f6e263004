//! The value of an expression.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::functions::date_format;

/// What an expression evaluates to.
///
/// `Null` is an absent attribute or an argument that was not given; it differs from the empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A text, possibly empty.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A truth value; it prints as `True` or `False`, as booleans travel in Entra's expressions.
    Boolean(bool),
    /// An instant; it prints in UTC as `M/d/yyyy h:mm:ss tt`.
    DateTime(Timestamp),
    /// A complex value, such as a role; to a function it is its compact JSON text.
    Complex(Map<String, Json>),
    /// The values of a multi-valued attribute.
    List(Vec<Value>),
}

impl Value {
    /// True when there is no value: null, or a multi-valued attribute without values.
    pub fn is_null(&self) -> bool {
        match self {
            Value::Null => true,
            Value::List(values) => values.is_empty(),
            Value::Text(_)
            | Value::Integer(_)
            | Value::Boolean(_)
            | Value::DateTime(_)
            | Value::Complex(_) => false,
        }
    }

    /// True for null and for the empty text.
    pub fn is_null_or_empty(&self) -> bool {
        self.is_null() || matches!(self, Value::Text(text) if text.is_empty())
    }

    /// The one value of a single-valued use: the first of a one-element list, null for an empty one.
    /// `None` when there are several, because picking one would be a guess.
    pub(crate) fn into_single(self) -> Option<Value> {
        match self {
            Value::List(values) => {
                let mut values = values.into_iter();
                match (values.next(), values.next()) {
                    (None, _) => Some(Value::Null),
                    (Some(only), None) => only.into_single(),
                    (Some(_), Some(_)) => None,
                }
            }
            single => Some(single),
        }
    }

    /// All values, with multi-valued ones in place and nulls left out.
    pub(crate) fn into_values(self) -> Vec<Value> {
        match self {
            Value::Null => Vec::new(),
            Value::List(values) => values.into_iter().flat_map(Value::into_values).collect(),
            single => vec![single],
        }
    }

    /// The value as a whole number: a number itself, or a text that reads as one.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Null | Value::Boolean(_) | Value::DateTime(_) | Value::Complex(_) | Value::List(_) => None,
        }
    }
}

impl fmt::Display for Value {
    /// The text a function sees: nothing for null, `True`/`False`, and a list joined by `, `.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Text(text) => formatter.write_str(text),
            Value::Integer(number) => write!(formatter, "{number}"),
            Value::Boolean(truth) => formatter.write_str(if *truth { "True" } else { "False" }),
            Value::DateTime(instant) => formatter.write_str(&date_format::general(*instant)),
            Value::Complex(members) => write!(formatter, "{}", Json::Object(members.clone())),
            Value::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    formatter.write_str(if index == 0 { "" } else { ", " })?;
                    value.fmt(formatter)?;
                }
                Ok(())
            }
        }
    }
}

impl From<&Json> for Value {
    /// Numbers that are not whole become their text.
    fn from(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Boolean(*truth),
            Json::Number(number) => {
                number.as_i64().map_or_else(|| Value::Text(number.to_string()), Value::Integer)
            }
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(values) => Value::List(values.iter().map(Value::from).collect()),
            Json::Object(members) => Value::Complex(members.clone()),
        }
    }
}

impl From<Value> for Json {
    /// Types are kept; an instant becomes its text, which is what Entra sends.
    fn from(value: Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Text(text) => Json::String(text),
            Value::Integer(number) => Json::from(number),
            Value::Boolean(truth) => Json::Bool(truth),
            Value::DateTime(_) => Json::String(value.to_string()),
            Value::Complex(members) => Json::Object(members),
            Value::List(values) => Json::Array(values.into_iter().map(Json::from).collect()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json::from(self.clone()).serialize(serializer)
    }
}
