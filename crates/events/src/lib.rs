//! What happened to a tenant's users and groups, told to whatever application stands behind it.
//!
//! The change feed (`store::feed`) has a row for each change, written by the transaction that makes it. An application
//! reads it ([`operations`]), fetches security event tokens ([`polling`]), or has either sent ([`stream`], [`Deliverer`]).
//!
//! Not here: HTTP for callers (`service-provider` serves the operations), which addresses may be asked (`egress`), who
//! manages streams (`rollcall webhook`, `rollcall stream`).
//!
//! Invariants
//! - Nothing is lost: what was delivered is a place in the feed, stored after the receiver has confirmed. So an event may
//!   come twice, with the same id.
//! - Of one resource, no event is told before the one that came earlier has been confirmed.
//! - Whoever sends has the lease until the answer is there.
//! - What a live stream has not confirmed is not forgotten, and whoever comes for what is forgotten is told so.
//! - Of what a receiver answers its status is read, and of its error a code that is known: nothing of its own text.
//! - No secret of a webhook and no private key is anywhere in the database.

mod deliverer;
mod delivery;
mod event;
mod feed_api;
mod hold;
pub mod limits;
mod pause;
mod poll;
pub mod retention;
mod security_event;
mod sending;
mod signature;
mod signing_key;
pub mod stream;

use store::Tree;

pub use deliverer::Deliverer;
pub use event::{Data, Event, View};
pub use feed_api::operations;
pub use hold::Hold;
pub use poll::polling;
pub use security_event::{Issuer, announced};
pub use signature::{Secret, SecretKey};
pub use signing_key::{Numbers, SigningKeys};
pub use stream::{Stream, StreamId};

/// Who acts, as the audit log names it.
const ACTOR: &str = "events";

/// The tables of streams, for `store::Store::open_with`.
pub const TABLES: Tree = Tree {
    name: "events",
    migrations: &[
        ("V1000__events", include_str!("../migrations/V1000__events.sql")),
        ("V1001__streams", include_str!("../migrations/V1001__streams.sql")),
    ],
};

/// The statements that remove a tenant's rows, for `store::tenant::delete`.
pub const REMOVE_TENANT: &[&str] = &["DELETE FROM stream WHERE tenant_id = $1"];
