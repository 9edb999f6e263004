//! The target `scim`: an application behind a Tenant URL and a Secret Token (RFC 7644), in the words of a dialect.
//!
//! It sends one request for one call, retries nothing, follows no redirect, and sorts every answer into an error class
//! of [`connector::Error`]. It does not decide what to send, match, or map.
//!
//! Invariants:
//! - A preview and a sent request come from the same code (`request.rs`), so a plan shows exactly what is sent.
//! - The token goes into one header and nowhere else: no `Debug`, preview, error or log holds it.
//! - No answer is read beyond a fixed size.

mod answer;
mod body;
mod config;
mod dialect;
mod limits;
mod patch;
mod refusal;
mod request;
mod target;
mod tenant_url;

pub use config::{Config, ConfigError, Secret};
pub use dialect::Dialect;
pub use target::ScimTarget;
