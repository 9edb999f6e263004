//! The only place with a database behind it: an embedded SQLite file, or a PostgreSQL server.
//!
//! [`Store::write`] and [`Store::read`] run a closure whole on a thread that owns a connection. The modules below hold
//! one kind of record each, as plain functions over the closure's [`Tx`]: `resource::get(tx, …)`. Applications keep
//! their own tables through the same `Tx` ([`Tree`], [`params!`], [`Column`]).
//!
//! Not here: what a filter means (`scim`), what a change of a user entails (`application`), when a job runs
//! (`provisioning`), the time and new ids (arguments).
//!
//! Invariants
//! - Nobody is told `Ok` about a change that is not durable.
//! - A closure's effects are kept whole or not at all.
//! - One text per statement for both engines, in PostgreSQL's words; `translate` knows SQLite's. No statement is put
//!   together from values.
//! - Rows of a tenant are only ever reached with that tenant's id; rows of a job with the job's.
//! - Order and equality of text are those of its bytes, on both engines: case is folded before it comes here.

mod crew;
mod error;
mod list;
mod migrate;
mod news;
mod param;
mod postgres;
mod queue;
mod row;
mod sqlite;
mod store;
mod translate;
mod tx;
mod url;
mod work;

pub mod admin_token;
pub mod attr;
pub mod audit;
pub mod brake;
pub mod client;
pub mod connection;
pub mod creation;
pub mod cycle;
pub mod drift;
pub mod escrow;
pub mod feed;
pub mod job;
pub mod job_status;
pub mod known_target;
pub mod lease;
pub mod link;
pub mod log;
pub mod loss;
pub mod member;
pub mod member_of;
pub mod namesake;
pub mod nesting;
pub mod plan;
pub mod position;
pub mod quarantine;
pub mod quirk;
pub mod reference;
pub mod refusal;
pub mod request_log;
pub mod resource;
pub mod schema;
pub mod search;
pub mod setting;
pub mod staged;
pub mod tenant;
pub mod token;
pub mod tombstone;

pub use crew::Waiting;
pub use error::{Cause, Error};
pub use migrate::{Tree, is_migrated};
pub use news::Listener;
pub use param::Param;
pub use row::{Column, Row};
pub use store::Store;
pub use tx::Tx;
pub use url::DatabaseUrl;
pub use work::TRACES;
