//! The source `okta`: an Okta org, read over its management API.
//!
//! A full read lists users, and groups where the job wants them; a read of changes asks the System Log who was touched
//! and fetches those anew. `docs/connectors.md` says what becomes of statuses, attributes and assignments, and which
//! permissions are needed. [`hook`] understands what Okta's event hooks deliver; whoever listens for them uses it.
//!
//! It only ever reads, does not map attributes, and decides nothing about objects.
//!
//! Invariants:
//! - An object is called removed only where Okta itself says, in JSON, that it does not exist.
//! - The watermark is taken before the objects are read: what changes during a read comes in the next one again.
//! - Credentials go to the org's own host and nowhere else: redirects are not followed, and neither is a next page
//!   elsewhere. No error holds one.
//! - A part of every rate limit is left to the org's other clients.

mod answer;
mod api;
mod application;
mod changes;
mod config;
mod directory;
mod event;
mod full;
mod group;
pub mod hook;
mod http;
mod limits;
mod link;
mod login;
mod managers;
mod org_url;
mod position;
mod rate;
mod refusal;
mod secret;
mod source;
mod system_log;
mod user;

pub use config::{Config, ConfigError, Credentials};
pub use rate::Pause;
pub use secret::Secret;
pub use source::OktaSource;
