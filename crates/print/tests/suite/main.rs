//! The print application on both engines.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod cards;
mod misses;
mod owners;
mod pins;
mod tenant;
mod unresolved;
