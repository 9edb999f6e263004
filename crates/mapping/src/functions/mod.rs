//! The functions of the expression language: a table a family, one family a file.
//!
//! Positions and lengths count Unicode characters, from 1.

mod arguments;
mod bounded_text;
mod convert;
mod date;
mod date_arithmetic;
pub(crate) mod date_format;
mod diacritics;
mod edges;
mod edition;
mod identifiers;
mod letter_case;
mod list;
mod logic;
mod lookup;
mod made_up;
mod replace;
mod replace_chars;
mod roles;
mod signature;
mod text;

use std::fmt;

pub(crate) use arguments::Arguments;
pub(crate) use bounded_text::BoundedText;
pub use edition::Edition;
pub(crate) use logic::REDACT;
pub(crate) use lookup::{Lookup, find};
pub use signature::{Parameter, Signature, signatures};

use crate::expression::{Failure, Node, ParseError};
use crate::pattern::Pattern;
use crate::value::Value;

/// Enum names that may stand as an argument.
pub(crate) const NAMES: &[&str] = &[text::BINARY_COMPARE, text::TEXT_COMPARE];

/// A function of the expression language.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Names of the parameters as documented; the last ones may repeat.
    pub(crate) parameters: &'static [&'static str],
    required: usize,
    /// How many of the last parameters repeat together any number of times.
    repeated: usize,
    /// Which of Microsoft's editions has it.
    pub(crate) edition: Edition,
    /// Whether its value is another one each time.
    pub(crate) random: bool,
    /// Whether the first argument may be a comparison.
    pub(crate) condition: bool,
    /// Checks what can be checked without an object, and compiles a constant pattern.
    pub(crate) prepare: Prepare,
    pub(crate) body: Body,
}

type Prepare = fn(&[Option<Node>]) -> Result<Option<Pattern>, ParseError>;
type Body = fn(&mut Arguments<'_, '_>) -> Result<Value, Failure>;

impl Function {
    /// A function all of whose parameters are required.
    const fn new(name: &'static str, parameters: &'static [&'static str], body: Body) -> Function {
        let required = parameters.len();
        Function {
            name,
            parameters,
            required,
            repeated: 0,
            edition: Edition::Provisioning,
            random: false,
            condition: false,
            prepare: |_| Ok(None),
            body,
        }
    }

    /// The same function with only the first `required` parameters required.
    const fn required(self, required: usize) -> Function {
        Function { required, ..self }
    }

    /// The same function with its last parameters repeated together any number of times.
    const fn repeating(self, repeated: usize) -> Function {
        Function { repeated, ..self }
    }

    /// The same function, of cloud sync's edition.
    const fn cloud_sync(self) -> Function {
        Function { edition: Edition::CloudSync, ..self }
    }

    /// The same function, of Connect's edition.
    const fn connect(self) -> Function {
        Function { edition: Edition::Connect, ..self }
    }

    /// The same function, with another value each time.
    const fn random(self) -> Function {
        Function { random: true, ..self }
    }

    /// The number of arguments a call may have at most.
    fn maximum(&self) -> usize {
        if self.repeated > 0 { usize::MAX } else { self.parameters.len() }
    }

    /// Removes empty arguments beyond the last parameter, which Entra allows.
    pub(crate) fn drop_surplus(&self, arguments: &mut Vec<Option<Node>>) {
        while arguments.len() > self.maximum() && arguments.pop_if(|last| last.is_none()).is_some() {}
    }

    /// Checks the number of arguments, which a message names when it does not fit.
    pub(crate) fn check_count(&self, given: usize) -> Result<(), String> {
        if (self.required..=self.maximum()).contains(&given) {
            return Ok(());
        }
        let bound = match self.maximum() {
            maximum if maximum == self.required => "",
            _ if given < self.required => "at least ",
            _ => "at most ",
        };
        let count = if given < self.required { self.required } else { self.parameters.len() };
        let plural = if count == 1 { "" } else { "s" };
        let parameters = self.parameters.join(", ");
        Err(format!("{} takes {bound}{count} argument{plural} ({parameters}), {given} given", self.name))
    }

    /// What it is called and takes.
    fn signature(&self) -> Signature {
        let first_repeated = self.parameters.len().saturating_sub(self.repeated);
        let parameter = |(index, name): (usize, &&'static str)| Parameter {
            name,
            required: index < self.required,
            allow_multiple_occurrences: index >= first_repeated,
        };
        let parameters = self.parameters.iter().enumerate().map(parameter).collect();
        Signature { name: self.name, parameters, edition: self.edition }
    }

    /// The documented name of the parameter an argument stands for.
    pub(crate) fn parameter(&self, index: usize) -> &'static str {
        let count = self.parameters.len();
        let index = match index.checked_sub(count) {
            Some(surplus) if self.repeated > 0 => count - self.repeated + surplus % self.repeated,
            Some(_) | None => index,
        };
        self.parameters.get(index).copied().unwrap_or_default()
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}
