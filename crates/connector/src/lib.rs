//! What the provisioning engine needs from a directory and from an application, and nothing else.
//!
//! A [`Source`] is read (files, Microsoft Graph, LDAP), a [`Target`] is queried and written (a SCIM endpoint). Both are
//! object-safe, so a job names its connectors at run time. The crate holds the traits, the records that cross them, the
//! error classes that tell the engine what to do next, the rules for Entra's altered user names, what connectors share
//! ([`Nesting`], [`trust`]), and the [`contract`] that every source must pass.
//!
//! It is not a connector, does no I/O but reading certificates ([`trust`]), does not map attributes, and decides nothing
//! about objects.
//!
//! Invariants:
//! - Only a read that reached its end yields a [`Completed`], and nothing may be deleted, and no watermark stored, without one.
//! - An object's *anchor* never changes and is never used again for another object of the same type.
//! - No error, preview or debug text holds a secret.

mod bulk;
mod capability;
pub mod contract;
pub mod entra_names;
mod error;
mod needs;
mod nesting;
mod object;
mod paged;
mod source;
mod target;
mod text;
pub mod trust;

pub use bulk::{Bulk, BulkOutcome};
pub use capability::{Capabilities, Capability, Learned};
pub use error::{BoxError, Error, Interruption, Lack, Peer};
pub use needs::Needs;
pub use nesting::Nesting;
pub use object::{Assignment, Entry, Member, Members, Object, ObjectType};
pub use paged::{Paged, Remaining};
pub use source::{Completed, Coverage, Reading, Source, Watermark};
pub use target::{Change, Operation, Page, Request, Target, TargetObject};
