//! The source `scim`: a directory that is itself a SCIM service provider.
//!
//! Everybody is listed in every read, because SCIM does not tell who was deleted; who has not changed is called
//! unchanged (`watermark.rs`). Groups are read first and held in memory, because they say who is assigned; users are
//! then streamed page by page.

mod groups;
mod listing;
mod person;
mod reading;
mod scim_source;
mod watermark;

pub use scim_source::{ScimSource, SourceConfig};
