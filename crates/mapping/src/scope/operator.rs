//! The operators of a clause.

use std::fmt;
use std::str::FromStr;

/// An operator, named as Entra's schema names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The value is exactly the given one, letter case included.
    Equals,
    /// The value is not exactly the given one.
    NotEquals,
    /// The boolean is true.
    IsTrue,
    /// The boolean is false.
    IsFalse,
    /// There is no value, or an empty one.
    IsNull,
    /// There is a value.
    IsNotNull,
    /// The pattern matches somewhere in the value; anchor it to match the whole.
    RegexMatch,
    /// The pattern matches nowhere in the value.
    NotRegexMatch,
    /// The whole number is greater than the given one.
    GreaterThan,
    /// The whole number is the given one or greater.
    GreaterThanOrEquals,
    /// The value contains the given text.
    Includes,
    /// The value ends with the given text.
    EndsWith,
    /// `&`: all bits of the given number are set; for texts, the value occurs in the given text.
    BitAnd,
    /// `!&`: the negation of [`Operator::BitAnd`].
    NotBitAnd,
}

impl Operator {
    const ALL: [Operator; 14] = [
        Operator::Equals,
        Operator::NotEquals,
        Operator::IsTrue,
        Operator::IsFalse,
        Operator::IsNull,
        Operator::IsNotNull,
        Operator::RegexMatch,
        Operator::NotRegexMatch,
        Operator::GreaterThan,
        Operator::GreaterThanOrEquals,
        Operator::Includes,
        Operator::EndsWith,
        Operator::BitAnd,
        Operator::NotBitAnd,
    ];

    /// The name in a job file, such as `IS_NOT_NULL`.
    pub fn name(self) -> &'static str {
        match self {
            Operator::Equals => "EQUALS",
            Operator::NotEquals => "NOT_EQUALS",
            Operator::IsTrue => "IS_TRUE",
            Operator::IsFalse => "IS_FALSE",
            Operator::IsNull => "IS_NULL",
            Operator::IsNotNull => "IS_NOT_NULL",
            Operator::RegexMatch => "REGEX_MATCH",
            Operator::NotRegexMatch => "NOT_REGEX_MATCH",
            Operator::GreaterThan => "GREATER_THAN",
            Operator::GreaterThanOrEquals => "GREATER_THAN_OR_EQUALS",
            Operator::Includes => "INCLUDES",
            Operator::EndsWith => "ENDS_WITH",
            Operator::BitAnd => "BIT_AND",
            Operator::NotBitAnd => "NOT_BIT_AND",
        }
    }

    /// The name in a synchronization schema of Microsoft Graph, such as `IS NOT NULL`.
    pub fn graph_name(self) -> &'static str {
        match self {
            Operator::NotEquals => "NOT EQUALS",
            Operator::IsTrue => "IS TRUE",
            Operator::IsFalse => "IS FALSE",
            Operator::IsNull => "IS NULL",
            Operator::IsNotNull => "IS NOT NULL",
            Operator::RegexMatch => "REGEX MATCH",
            Operator::NotRegexMatch => "NOT REGEX MATCH",
            Operator::BitAnd => "&",
            Operator::NotBitAnd => "!&",
            Operator::Equals
            | Operator::GreaterThan
            | Operator::GreaterThanOrEquals
            | Operator::Includes
            | Operator::EndsWith => self.name(),
        }
    }

    /// Whether the operator takes no value.
    pub fn is_unary(self) -> bool {
        matches!(self, Operator::IsTrue | Operator::IsFalse | Operator::IsNull | Operator::IsNotNull)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// There is no such operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no operator {0:?}; hint: the operators are {names}", names = Operator::ALL.map(Operator::name).join(", "))]
pub struct UnknownOperator(String);

impl FromStr for Operator {
    type Err = UnknownOperator;

    /// Any letter case, spaces or underscores, and Entra's `&` and `!&`.
    fn from_str(text: &str) -> Result<Operator, UnknownOperator> {
        let words: Vec<_> =
            text.split(|character: char| character == '_' || character.is_whitespace()).collect();
        let name = words.join("_").to_ascii_uppercase();
        match name.as_str() {
            "&" => Ok(Operator::BitAnd),
            "!&" => Ok(Operator::NotBitAnd),
            name => {
                let found = Operator::ALL.into_iter().find(|operator| operator.name() == name);
                found.ok_or_else(|| UnknownOperator(text.to_owned()))
            }
        }
    }
}
