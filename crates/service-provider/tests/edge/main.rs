//! The router in process: status, headers and body of what real clients send.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod concurrency;
mod conditional;
mod discovery;
mod entra;
mod failures;
mod groups;
mod hostile;
mod large;
mod nested;
mod okta;
mod resources;
mod schemas;
mod seeing;
mod support;
mod tenancy;
