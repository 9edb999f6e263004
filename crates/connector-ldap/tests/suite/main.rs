//! The source `ldap` against a real slapd.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod active_directory;
mod contoso;
mod contract;
mod directory;
mod groups;
mod incremental;
mod pushed;
mod tls;
