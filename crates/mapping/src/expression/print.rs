//! The text of an expression; parsing it gives the same expression again.

use std::fmt::{Display, Formatter, Result};

use super::{Call, Comparison, ComparisonOperator, Node};

impl Display for Node {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Node::Attribute(name) => write!(formatter, "[{name}]"),
            Node::Text(text) => write!(formatter, "{}", Quoted(text)),
            Node::Integer(number) => write!(formatter, "{number}"),
            Node::Name(name) => formatter.write_str(name),
            Node::Comparison(comparison) => comparison.fmt(formatter),
            Node::Call(call) => call.fmt(formatter),
        }
    }
}

impl Display for Call {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{}(", self.function.name)?;
        for (index, argument) in self.arguments.iter().enumerate() {
            formatter.write_str(if index == 0 { "" } else { ", " })?;
            if let Some(argument) = argument {
                argument.fmt(formatter)?;
            }
        }
        formatter.write_str(")")
    }
}

impl Display for Comparison {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{} {} {}", self.left, self.operator.symbol(), self.right)
    }
}

impl ComparisonOperator {
    /// Longer symbols first, so that `<=` is not read as `<`.
    pub(crate) const ALL: [ComparisonOperator; 6] = [
        ComparisonOperator::NotEqual,
        ComparisonOperator::GreaterOrEqual,
        ComparisonOperator::LessOrEqual,
        ComparisonOperator::Equal,
        ComparisonOperator::Greater,
        ComparisonOperator::Less,
    ];

    /// The operator as it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            ComparisonOperator::Equal => "=",
            ComparisonOperator::NotEqual => "<>",
            ComparisonOperator::Greater => ">",
            ComparisonOperator::GreaterOrEqual => ">=",
            ComparisonOperator::Less => "<",
            ComparisonOperator::LessOrEqual => "<=",
        }
    }
}

/// A text in quotes with `\` and `"` escaped.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
