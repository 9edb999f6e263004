//! The mappings and scoping filters of a job as a synchronization schema of Microsoft Graph, and back.
//!
//! A schema says what of whom: attribute mappings, scoping filters, target object actions. It knows no source, target,
//! interval or threshold. What one side cannot say of the other is a [`Warning`] that names the place.

mod attribute;
mod document;
mod export;
mod filter;
mod import;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

pub use document::Schema;
pub use export::{Exported, export};
pub use import::{ImportError, Imported, import};

/// Something that was not carried over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Where it stands, for example `synchronizationRules[0].objectMappings[1].scope`.
    pub place: String,
    /// What was not carried over, and what that means.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// The warnings so far.
#[derive(Debug, Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    fn add(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Warning { place: place.into(), message: message.into() });
    }
}
