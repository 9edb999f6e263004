//! SCIM 2.0 over HTTP (RFC 7644), from the client's side: the target `scim`, an application behind a Tenant URL and a
//! Secret Token, in the words of a dialect; and the source `scim`, a directory that is a service provider itself.
//!
//! The target sends what a call asks for, repeats nothing that failed, follows no redirect, and sorts every answer into
//! an error class of [`connector::Error`]. Neither decides what to send, match, or map.
//!
//! Invariants:
//! - A preview and a sent request come from the same code (`request.rs`), so a plan shows exactly what is sent, or says
//!   what is not known yet.
//! - The token goes into one header and nowhere else: no `Debug`, preview, error or log holds it.
//! - No answer is read beyond a fixed size.
//! - A directory whose list changed while it was read, or that lists nobody, ends the read with an error.

mod announced;
mod answer;
mod attribute;
mod bulk;
mod config;
mod connection;
mod dialect;
mod limits;
mod members;
mod merge;
mod refusal;
mod request;
mod source;
mod target;
mod tenant_url;
mod update;

pub use config::{Config, ConfigError, Secret};
pub use dialect::Dialect;
pub use source::{ScimSource, SourceConfig};
pub use target::ScimTarget;
