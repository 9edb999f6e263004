//! The router in process: status, headers and body of what real clients send.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod addresses;
mod application_api;
mod brake;
mod bulk;
mod concurrency;
mod conditional;
mod discovery;
mod embedding;
mod entra;
mod events_feed;
mod failures;
mod groups;
mod hostile;
mod large;
mod limits;
mod mangled;
mod me;
mod nested;
mod oauth;
mod okta;
mod paging;
mod print;
mod quirks;
mod refusals;
mod relink;
mod replay;
mod replay_entra;
mod replay_gallery;
mod replay_okta;
mod replay_validator;
mod resources;
mod schemas;
mod search;
mod seeing;
mod sort;
mod support;
mod tenancy;
mod usage;
mod workplace;
