//! The source `sql`: the rows of queries over PostgreSQL.
//!
//! The queries and their columns are described in `docs/connectors.md`. This crate reads; it never writes, and it does
//! not map attributes.
//!
//! Invariants:
//! - All queries of a read see one snapshot, in a transaction that cannot write; each is one statement.
//! - Ids are checked before the first object is delivered, so a broken query provisions nobody and deletes nobody.
//! - The connection is under TLS unless the server is on this machine, and certificates are always checked.
//! - Users are streamed; what is held in memory is the groups, their members, and who is assigned.

mod assigned;
mod census;
mod fault;
mod limits;
mod memberships;
mod object;
mod reading;
mod row;
mod session;
mod source;

pub use source::SqlSource;
