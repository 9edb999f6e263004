//! The source `entra`: users, groups and app role assignments of a Microsoft Entra tenant, read over Microsoft Graph.
//!
//! A first read takes everything from delta queries and the recycle bin; later reads ask what changed, compare the
//! assignments with those of last time, and fetch the present state of whoever is concerned. `docs/connectors.md` says
//! what it needs and delivers. It writes nothing to Graph but subscriptions of its own, and maps no attributes.
//!
//! Invariants:
//! - The token is sent to the Graph of the settings and nowhere else: a link that leads to another host is an error,
//!   and redirects are not followed.
//! - A read of changes delivers the present state of each object, never a state pieced together from change records:
//!   those come twice, late and in any order.
//! - Whoever's attributes or assignment changed comes in the next read. Where that cannot be told - a group with
//!   assigned members is gone, a token is forgotten - the read says `WatermarkExpired` and everything is read.
//! - Every answer, list and wait is bounded ([`limits`]).

mod answer;
mod assertion;
mod assigned;
mod batch;
mod changes;
mod client;
mod config;
mod delta;
mod endpoint;
mod fetch;
mod full;
mod groups;
pub mod limits;
mod lookup;
mod mark;
mod members;
pub mod notifications;
mod object;
mod patience;
mod principals;
mod roster;
mod select;
mod source;
mod subscriptions;
mod token;

pub use config::{Config, ConfigError, Credential, Secret};
pub use source::EntraSource;
pub use subscriptions::{Listener, Subscribed};
