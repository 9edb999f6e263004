//! What tests of several crates share: stores on both engines, and a directory and an application that fail on demand.
//!
//! Real parts where they can be had: [`stores()`] opens SQLite files and databases of a real PostgreSQL server,
//! [`Tenant`] is one of an application on them, and [`slapd`] is a real LDAP server.
//! [`FakeSource`] and [`FakeTarget`] stand for the other side of a connector, so that a test decides what it answers
//! and when it breaks; [`okta`] stands for an org behind HTTP, [`graph`] for a tenant;
//! [`contoso`] is what they can hold, and what must come of it. Nothing here is part of Rollcall as it ships.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a harness fails its test by panicking"
)]

pub mod contoso;
mod fake_source;
mod fake_target;
pub mod graph;
mod hands;
mod ids;
pub mod issuer;
pub mod okta;
mod server;
pub mod slapd;
mod smtp;
mod stores;
mod tenant;

pub use fake_source::{FakeSource, group, user};
pub use fake_target::{Call, FakeTarget, Fault};
pub use hands::Hands;
pub use ids::Numbers;
pub use smtp::{Mail, SmtpServer};
pub use stores::{Database, TestStore, postgres, sqlite, stores};
pub use tenant::Tenant;
