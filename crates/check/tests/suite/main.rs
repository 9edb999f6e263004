//! The checks against a service provider in memory: all pass while it is right, and each reports the wrong that it is
//! there to find.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bulk;
mod passes;
mod server;
mod store;
mod wrong;
mod wrong_clients;
mod wrong_pages;
mod wrong_protocol;
