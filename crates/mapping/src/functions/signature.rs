//! What functions there are, for people.

use std::fmt;

use serde::Serialize;

use super::edition::Edition;
use super::lookup;

/// A function's name and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// The name; names are case-sensitive.
    pub name: &'static str,
    /// The parameters in order.
    pub parameters: Vec<Parameter>,
    /// Which of Microsoft's products has it.
    pub edition: Edition,
}

/// A parameter, as Graph's `attributeMappingParameterSchema` tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// The name in the documentation.
    pub name: &'static str,
    /// Whether the argument may not be left out. Empty is something else: `f(, "x")`.
    pub required: bool,
    /// Whether it may be repeated, together with the others of which that holds.
    pub allow_multiple_occurrences: bool,
}

/// Every function, by name.
pub fn signatures() -> Vec<Signature> {
    let mut all: Vec<_> = lookup::all().map(super::Function::signature).collect();
    all.sort_by_key(|signature| signature.name);
    all
}

impl fmt::Display for Signature {
    /// `Join(separator, source, …)`; what may be left out is in brackets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}(", self.name)?;
        for (index, Parameter { name, required, .. }) in self.parameters.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            if *required {
                write!(formatter, "{comma}{name}")?
            } else {
                write!(formatter, "[{comma}{name}]")?
            }
        }
        let repeats = self.parameters.iter().any(|parameter| parameter.allow_multiple_occurrences);
        formatter.write_str(if repeats { ", …)" } else { ")" })
    }
}
