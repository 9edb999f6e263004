//! What happened to a tenant's users and groups, told to whatever application stands behind it.
//!
//! The change feed (`store::feed`) has a row for each change, written by the transaction that makes it. An application
//! reads it ([`operations`]), or has it sent ([`webhook`], [`Deliverer`]).
//!
//! Not here: HTTP for callers (`service-provider` serves the operations), which addresses may be asked (`egress`), who
//! manages webhooks (`rollcall webhook`).
//!
//! Invariants
//! - Nothing is lost: what was delivered is a place in the feed, stored after the receiver has confirmed. So an event may
//!   come twice, with the same id.
//! - Of one resource, no event is sent before the one that came earlier has been confirmed.
//! - What a receiver answers besides its status is not read.
//! - A webhook's secret is nowhere in the database.

mod deliverer;
mod delivery;
mod event;
mod feed_api;
pub mod limits;
mod pause;
mod sending;
mod signature;
pub mod webhook;

use store::Tree;

pub use deliverer::Deliverer;
pub use event::{Data, Event, View};
pub use feed_api::operations;
pub use signature::{Secret, SecretKey};
pub use webhook::{Webhook, WebhookId};

/// The tables of webhooks, for `store::Store::open_with`.
pub const TABLES: Tree = Tree {
    name: "events",
    migrations: &[("V1000__events", include_str!("../migrations/V1000__events.sql"))],
};

/// The statements that remove a tenant's rows, for `store::tenant::delete`.
pub const REMOVE_TENANT: &[&str] = &["DELETE FROM webhook WHERE tenant_id = $1"];
