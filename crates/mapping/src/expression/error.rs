//! What can be wrong with an expression, and with a value it meets.

use std::fmt;

use crate::pattern::PatternError;

/// An expression or mapping source that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}, at byte {offset}{}", Hint(.hint.as_deref()))]
pub struct ParseError {
    /// Where in the source, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub message: String,
    /// What to write instead, when that can be told.
    pub hint: Option<String>,
}

impl ParseError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> ParseError {
        ParseError { offset, message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> ParseError {
        ParseError { hint: Some(hint.into()), ..self }
    }

    /// The offending line of `source` with a caret under the place, the message and the hint.
    pub fn render(&self, source: &str) -> String {
        let hint = self.hint.iter().map(|hint| format!("\nhint: {hint}")).collect::<String>();
        format!("{}{hint}", self.shown_in(source))
    }

    /// The offending line of `source` with a caret under the place, and the message beside it.
    pub fn shown_in(&self, source: &str) -> String {
        let (before, after) = source.split_at_checked(self.offset).unwrap_or((source, ""));
        let line_start = before.rsplit('\n').next().unwrap_or_default();
        let line_end = after.split('\n').next().unwrap_or_default();
        let indent = " ".repeat(line_start.chars().count());
        format!("{line_start}{line_end}\n{indent}^ {}", self.message)
    }
}

struct Hint<'a>(Option<&'a str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |hint| write!(formatter, "; hint: {hint}"))
    }
}

/// An expression met values it cannot work with. The text names no value but what an `Error()` says, so it may be logged.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{expression}: {fault}")]
pub struct EvaluateError {
    /// The innermost call that failed, as text.
    pub expression: String,
    /// What was wrong.
    pub fault: Fault,
}

/// What a function can find wrong with the values it is given.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// A required argument was left empty or is null.
    #[error("{parameter} has no value")]
    Missing {
        /// The parameter's name.
        parameter: &'static str,
    },
    /// Several values where one is expected.
    #[error("{parameter} has several values where one is expected")]
    SeveralValues {
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A value of the wrong kind.
    #[error("{parameter} is not {expected}")]
    Unexpected {
        /// The parameter's name.
        parameter: &'static str,
        /// What it should be, with its article.
        expected: &'static str,
    },
    /// `Item` was asked for a value that is not there.
    #[error("there is no value number {index}: the attribute has {count}")]
    OutOfRange {
        /// The number asked for, from 1.
        index: i64,
        /// How many values there are.
        count: usize,
    },
    /// A pattern that came from an attribute does not compile.
    #[error("{0}")]
    Pattern(PatternError),
    /// The pattern does not name the group.
    #[error("the pattern has no group named {group:?}")]
    NoSuchGroup {
        /// The group asked for.
        group: String,
    },
    /// A pattern search gave up at its limit of steps.
    #[error("the pattern needs too many steps on this value")]
    PatternTooExpensive,
    /// A date or time does not have the given format.
    #[error("{parameter} does not have the format {format:?}")]
    DateFormat {
        /// The parameter's name.
        parameter: &'static str,
        /// The .NET format it was read with.
        format: String,
    },
    /// A date outside of what can be represented.
    #[error("the date is out of range")]
    DateOutOfRange,
    /// The expression's own `Error`.
    #[error("{message}")]
    Raised {
        /// What the expression says.
        message: String,
    },
    /// A number out of the bounds that the function documents.
    #[error("{parameter} is not {bounds}")]
    OutOfBounds {
        /// The parameter's name.
        parameter: &'static str,
        /// The bounds, in words.
        bounds: String,
    },
    /// All characters that a `RandomString` may take are to be avoided.
    #[error("charactersToAvoid leaves none of the {what} that are asked for")]
    NothingLeft {
        /// The kind of characters.
        what: &'static str,
    },
    /// The result would be longer than an expression may build.
    #[error("the text becomes too long")]
    TooLong,
}
