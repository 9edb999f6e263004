//! Attribute mappings, their expression language, and scoping filters.
//!
//! This crate turns the attributes of a source object into the values of a target resource, and says whether
//! the object is in scope at all. It follows the behaviour Microsoft documents for the Entra provisioning
//! service: the expression language and its functions, direct, constant and expression mappings, "default value
//! if null", matching precedence, and the clauses of a scoping filter.
//!
//! It is not the engine: it reads no directory, knows no target's schema, compares nothing with the target's
//! current values and decides no operation. It does no I/O and has neither clock nor entropy; the
//! current instant and the seed of made-up values are part of [`Environment`].
//!
//! Invariants:
//! - An [`Expression`] that parsed has known functions, the right number of arguments and valid constant
//!   patterns; evaluating it can only fail because of the object's values.
//! - Printing an expression and parsing the text gives the same expression.
//! - Evaluation is a function of the attributes and the environment alone, is bounded in depth and in the
//!   length of the text it builds, and never panics.
//! - An argument that is not needed (the other branch of an `IIF`, later candidates of a `Coalesce`) is not
//!   evaluated, so it cannot fail.

mod attribute_mapping;
mod attributes;
mod expression;
mod flow;
mod functions;
mod limits;
mod mapping_fault;
mod mappings;
mod pattern;
mod preset;
mod scope;
mod source;
mod target_path;
#[cfg(test)]
mod tests;
mod value;

pub use attribute_mapping::{AttributeMapping, MappedValue, MappingError};
pub use attributes::{Attributes, graph_name, redact};
pub use expression::{
    Environment, EvaluateError, Evaluation, Expression, Fault, ParseError, Part, PartKind, REDACTED, Seed,
    Trace,
};
pub use flow::{Apply, Flow, Phase};
pub use functions::{Edition, Parameter, Signature, signatures};
pub use mapping_fault::MappingFault;
pub use mappings::Mappings;
pub use pattern::PatternError;
pub use preset::{PRESETS, preset};
pub use scope::{
    Clause, ClauseError, ClauseFault, ClauseOutcome, FilterOutcome, Operator, Scope, ScopeOutcome,
    ScopingFilter, UnknownOperator,
};
pub use source::{Source, UnreadableSource};
pub use target_path::TargetPath;
pub use value::Value;
