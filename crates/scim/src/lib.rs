//! The SCIM 2.0 protocol without I/O (RFC 7643, RFC 7644): schemas, attribute paths, filters, PATCH,
//! resources, projections, messages and errors.
//!
//! It is not a server and not a client: it knows no HTTP, database, clock, randomness or log. What it needs
//! is an argument, what it finds wrong is an [`Error`] that a service provider can send as it is.
//!
//! # Invariants
//! - A resource is an [`Object`] in *canonical form*: attribute names in the spelling of the schema, unknown
//!   attributes dropped, values of the type the schema says, no `null`, no empty list or object. Everything
//!   that reads a resource looks attributes up by their exact name. [`resource`] and [`patch`] produce this
//!   form from whatever a client sends.
//! - Parsing and dropping what was parsed takes bounded stack ([`limits`]).
//! - Printing a [`Path`] or [`Filter`] and parsing it again yields the same value.
//! - A [`Patch`] is applied as a whole or not at all.
//!
//! # Example
//! ```
//! use scim::quirks::{ClientKind, Quirk, Tolerance};
//! use scim::{Filter, Patch, PatchRequest, ResourceType, resource};
//! use serde_json::json;
//!
//! let user = ResourceType::user();
//! let tolerance = Tolerance::of(ClientKind::Entra);
//! let mut peter = resource::create(&user, json!({ "USERNAME": "Peter", "active": "True" }), &tolerance)?;
//! let filter = Filter::parse("userName eq \"peter\" and active eq true")?.resolve(&user, &tolerance)?;
//! assert!(filter.matches(&peter));
//!
//! let request = json!({ "Operations": [
//!     { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "peter@example.com" },
//! ] });
//! let request = PatchRequest::parse(&request, &tolerance)?;
//! Patch::resolve(&request, &user, &tolerance)?.apply(&mut peter, &tolerance)?;
//! assert_eq!(peter["emails"], json!([{ "type": "work", "value": "peter@example.com" }]));
//! assert!(tolerance.fired().contains(Quirk::StringBooleans));
//! # Ok::<(), scim::Error>(())
//! ```

pub mod builtin;
pub mod bulk;
mod canonical;
pub mod definition;
pub mod error;
pub mod filter;
pub mod fit;
pub mod fold;
pub mod json;
pub mod limits;
pub mod message;
mod multi_valued;
pub mod patch;
pub mod path;
pub mod projection;
pub mod quirks;
pub mod redact;
pub mod resource;
pub mod resource_type;
pub mod schema;
pub mod search;
mod shape;
pub mod sort;
mod syntax;
pub mod value;

pub use definition::{Definition, IndexedType, Mistake};
pub use error::{Error, ScimType};
pub use filter::{Filter, ResolvedFilter};
pub use fold::{fold, fold_eq};
pub use json::parse_json;
pub use patch::{Patch, PatchRequest, ValuesChange};
pub use path::Path;
pub use projection::Projection;
pub use resource_type::{AttributeRef, Extension, ResourceType, attribute_key};
pub use schema::{Attribute, Mutability, Returned, Schema, SchemaError, Type, Uniqueness};
pub use search::{SearchRequest, SortOrder};
pub use sort::SortBy;

/// A JSON object; a resource in canonical form, or one value of a complex attribute.
pub type Object = serde_json::Map<String, serde_json::Value>;
