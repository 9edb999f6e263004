//! One condition of a scoping filter.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Operator;
use super::operator::UnknownOperator;
use crate::attributes::Attributes;
use crate::expression::Quoted;
use crate::pattern::{Pattern, PatternError};
use crate::value::Value;

/// A clause: an attribute, an operator and, unless the operator is unary, a value.
///
/// A clause on a null or empty attribute is false, except `IS_NULL`. So is one on an attribute with several
/// values, which cannot be filtered by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Clause {
    attribute: String,
    operator: Operator,
    value: String,
    /// The value as a number, when it is one.
    number: Option<i64>,
    /// The value compiled, for the pattern operators.
    pattern: Option<Pattern>,
}

/// What one clause said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClauseOutcome {
    /// The clause, such as `department EQUALS "sales"`.
    pub text: String,
    /// Whether the clause holds.
    pub passed: bool,
    /// The attribute's value, `None` when it is null.
    pub actual: Option<String>,
}

/// A clause that can never be evaluated.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the clause on {attribute}: {fault}")]
pub struct ClauseError {
    /// The clause's attribute.
    pub attribute: String,
    /// What is wrong with it.
    pub fault: ClauseFault,
}

/// What is wrong with a clause.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClauseFault {
    /// The operator's name is not known.
    #[error("{0}")]
    Operator(UnknownOperator),
    /// A unary operator was given a value.
    #[error("{0} takes no value")]
    SurplusValue(Operator),
    /// A binary operator was given no value.
    #[error("{0} needs a value; hint: IS_NULL and IS_NOT_NULL test for empty attributes")]
    MissingValue(Operator),
    /// A numeric operator was given something else.
    #[error("{0} needs a whole number")]
    NotANumber(Operator),
    /// The value of a pattern operator does not compile.
    #[error("{0}")]
    Pattern(PatternError),
}

impl Clause {
    /// A clause; `value` is left out or empty for the unary operators. A pattern is compiled here, once.
    ///
    /// # Errors
    /// The value does not fit the operator.
    pub fn new(attribute: &str, operator: Operator, value: Option<&str>) -> Result<Clause, ClauseError> {
        let value = value.unwrap_or_default();
        let error = |fault| ClauseError { attribute: attribute.to_owned(), fault };
        check(operator, value).map_err(error)?;
        let number = value.parse().ok();
        let pattern = match operator {
            Operator::RegexMatch | Operator::NotRegexMatch => {
                Some(Pattern::new(value).map_err(|fault| error(ClauseFault::Pattern(fault)))?)
            }
            Operator::GreaterThan | Operator::GreaterThanOrEquals if number.is_none() => {
                return Err(error(ClauseFault::NotANumber(operator)));
            }
            _ => None,
        };
        Ok(Clause { attribute: attribute.to_owned(), operator, value: value.to_owned(), number, pattern })
    }

    /// The source attribute's name.
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The operator.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The value compared with, empty for unary operators.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the clause holds.
    pub fn passes(&self, attributes: &dyn Attributes) -> bool {
        self.holds(attributes.get(&self.attribute).map_or(Value::Null, Value::from))
    }

    /// Whether the clause holds, and for what value.
    pub fn evaluate(&self, attributes: &dyn Attributes) -> ClauseOutcome {
        let value = attributes.get(&self.attribute).map_or(Value::Null, Value::from);
        let actual = (!value.is_null()).then(|| value.to_string());
        ClauseOutcome { text: self.to_string(), passed: self.holds(value), actual }
    }

    fn holds(&self, value: Value) -> bool {
        let Some(value) = value.into_single() else { return self.operator == Operator::IsNotNull };
        if value.is_null_or_empty() {
            return self.operator == Operator::IsNull;
        }
        let text = value.to_string();
        match self.operator {
            Operator::Equals => self.is_equal(&value, &text),
            Operator::NotEquals => !self.is_equal(&value, &text),
            Operator::IsTrue => text.eq_ignore_ascii_case("true"),
            Operator::IsFalse => text.eq_ignore_ascii_case("false"),
            Operator::IsNull => false,
            Operator::IsNotNull => true,
            Operator::RegexMatch => self.pattern_matches(&text) == Some(true),
            Operator::NotRegexMatch => self.pattern_matches(&text) == Some(false),
            Operator::GreaterThan => self.compared(&value).is_some_and(Ordering::is_gt),
            Operator::GreaterThanOrEquals => self.compared(&value).is_some_and(Ordering::is_ge),
            Operator::Includes => text.contains(&self.value),
            Operator::EndsWith => text.ends_with(&self.value),
            Operator::BitAnd => self.has_bits(&value, &text),
            Operator::NotBitAnd => !self.has_bits(&value, &text),
        }
    }

    /// Booleans may be written in any letter case.
    fn is_equal(&self, value: &Value, text: &str) -> bool {
        match value {
            Value::Boolean(_) => text.eq_ignore_ascii_case(&self.value),
            Value::Null
            | Value::Text(_)
            | Value::Integer(_)
            | Value::DateTime(_)
            | Value::Complex(_)
            | Value::List(_) => text == self.value,
        }
    }

    /// `None` when the pattern gave up on the text: then it neither matches nor does not match.
    fn pattern_matches(&self, text: &str) -> Option<bool> {
        self.pattern.as_ref()?.is_match(text).ok()
    }

    fn compared(&self, value: &Value) -> Option<Ordering> {
        Some(value.as_integer()?.cmp(&self.number?))
    }

    fn has_bits(&self, value: &Value, text: &str) -> bool {
        match (value.as_integer(), self.number) {
            (Some(actual), Some(bits)) => actual & bits == bits,
            (_, _) => self.value.contains(text),
        }
    }
}

fn check(operator: Operator, value: &str) -> Result<(), ClauseFault> {
    match (operator.is_unary(), value.is_empty()) {
        (true, false) => Err(ClauseFault::SurplusValue(operator)),
        (false, true) => Err(ClauseFault::MissingValue(operator)),
        (true, true) | (false, false) => Ok(()),
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.attribute, self.operator)?;
        if self.operator.is_unary() { Ok(()) } else { write!(formatter, " {}", Quoted(&self.value)) }
    }
}

/// A clause as it is written in a job file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    attribute: String,
    operator: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl TryFrom<Fields> for Clause {
    type Error = ClauseError;

    fn try_from(fields: Fields) -> Result<Clause, ClauseError> {
        match fields.operator.parse() {
            Ok(operator) => Clause::new(&fields.attribute, operator, fields.value.as_deref()),
            Err(unknown) => {
                Err(ClauseError { attribute: fields.attribute, fault: ClauseFault::Operator(unknown) })
            }
        }
    }
}

impl From<Clause> for Fields {
    fn from(clause: Clause) -> Fields {
        let value = (!clause.operator.is_unary()).then_some(clause.value);
        Fields { attribute: clause.attribute, operator: clause.operator.name().to_owned(), value }
    }
}
