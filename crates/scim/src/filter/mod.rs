//! Filters (RFC 7644 §3.4.2.2): what a client asks for, before any schema is known.

mod evaluate;
mod parse;
mod resolve;
mod terms;

use std::cmp::Ordering;
use std::fmt;

use serde_json::Number;

pub use resolve::{ResolvedFilter, ValueFilter};
pub use terms::{Match, Term};

pub(crate) use parse::value_filter as parse_value_filter;

/// A filter expression.
///
/// `And` and `Or` hold all operands of a chain, so a long chain is not a deep tree. Grouping parentheses
/// show as nesting; those around a single expression leave no trace.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All operands match.
    And(Vec<Filter>),
    /// At least one operand matches.
    Or(Vec<Filter>),
    /// The operand does not match.
    Not(Box<Filter>),
    /// An attribute compares with a literal.
    Compare {
        /// The attribute.
        path: AttributePath,
        /// The comparison.
        op: Op,
        /// The literal on the right.
        value: Literal,
    },
    /// `pr`: the attribute has a value.
    Present(AttributePath),
    /// `path[filter]`: one value of the attribute satisfies the whole inner filter.
    ValuePath {
        /// The multi-valued attribute.
        path: AttributePath,
        /// The condition on one value; its paths are relative to the value.
        filter: Box<Filter>,
    },
}

/// `[URN ":"] attribute ["." sub-attribute]` as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttributePath {
    /// URN of the schema.
    pub urn: Option<String>,
    /// Attribute name.
    pub attribute: String,
    /// Sub-attribute name.
    pub sub: Option<String>,
}

/// Comparison operators (RFC 7644 Table 3), without `pr`, which takes no literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

/// The right side of a comparison: a JSON literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    String(String),
    /// Whole or real number.
    Number(Number),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`: no value.
    Null,
}

impl Op {
    /// The operator as written in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Whether the operator orders its operands.
    #[must_use]
    pub fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// Whether operands in this order satisfy the operator. Substring operators do not order.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Co | Self::Sw | Self::Ew => false,
        }
    }

    /// Whether the operator looks at parts of a text.
    #[must_use]
    pub fn is_substring(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.attribute)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => write!(f, "{}", serde_json::Value::String(text.clone())),
            Self::Number(number) => write!(f, "{number}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(operands) => {
                write_chain(f, operands, " and ", |operand| matches!(operand, Self::And(_) | Self::Or(_)))
            }
            Self::Or(operands) => write_chain(f, operands, " or ", |operand| matches!(operand, Self::Or(_))),
            Self::Not(operand) => write!(f, "not ({operand})"),
            Self::Compare { path, op, value } => write!(f, "{path} {op} {value}"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::ValuePath { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

fn write_chain(
    f: &mut fmt::Formatter<'_>,
    operands: &[Filter],
    separator: &str,
    needs_parentheses: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        if needs_parentheses(operand) {
            write!(f, "({operand})")?;
        } else {
            write!(f, "{operand}")?;
        }
    }
    Ok(())
}
