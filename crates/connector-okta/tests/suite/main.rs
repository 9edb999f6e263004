//! The source over a simulated org.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod assignments;
mod changes;
mod contract;
mod days;
mod failures;
mod limits;
mod login;
mod reading;
mod world;
