//! The source `ldap`: OpenLDAP and Active Directory.
//!
//! What is read and how is described in `docs/connectors.md`. This crate reads; it never writes, and it does not map
//! attributes.
//!
//! Invariants:
//! - A password crosses the network under TLS only, and certificates are always checked.
//! - Every read lists everybody by anchor, so absence means gone; an answer cut short by a limit is an error.
//! - A directory without users, and assigned groups without members, are errors: that is what a reader without rights
//!   sees.
//! - Referrals are never followed.

mod assigned;
mod attributes;
mod dialect;
mod entry;
mod fault;
mod key;
mod layout;
mod limits;
mod listing;
mod lookup;
mod members;
mod nested;
mod push;
mod ranges;
mod reading;
mod session;
mod shape;
mod source;
mod stamps;
mod watermark;

pub use source::LdapSource;
