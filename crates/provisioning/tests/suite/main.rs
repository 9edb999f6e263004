//! The engine on a directory and an application in memory, and a real store.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod crash;
mod drift;
mod escrow;
mod faults;
mod guard;
mod nudge;
mod on_demand;
mod plan;
mod references;
mod rollback;
mod scope;
mod staged;
mod story;
mod world;
