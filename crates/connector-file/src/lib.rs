//! The source `file`: a company in files, as JSON lines shaped like Microsoft Graph or as CSV.
//!
//! The files and their rules are described in `docs/connectors.md`. This crate reads them; it never writes or
//! fetches, and it does not map attributes.
//!
//! Invariants:
//! - Every line of every file is checked before the first object is delivered, so a broken directory provisions nobody
//!   and deletes nobody.
//! - What is delivered is what was checked: the files are opened once, and a digest of the second pass must equal that
//!   of the first.
//! - Objects are streamed; what is held in memory is the ids, and the members of assigned groups (of all groups where those
//!   of nested groups count).

mod assignments;
mod csv_rows;
mod fields;
mod hashing;
mod json_rows;
mod layout;
mod limits;
mod object;
mod pages;
mod quoting;
mod row;
mod snapshot;
mod source;
mod watching;

pub use source::FileSource;
