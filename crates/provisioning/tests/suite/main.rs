//! The engine on a directory and an application in memory, and a real store.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bulk;
mod capabilities;
mod crash;
mod deadly;
mod distant;
mod drift;
mod drift_of_members;
mod escrow;
mod faults;
mod guard;
mod import;
mod lost_creates;
mod nudge;
mod on_demand;
mod pace;
mod plan;
mod quarantine;
mod references;
mod restart;
mod retention;
mod rollback;
mod schedule;
mod scope;
mod staged;
mod story;
mod world;
