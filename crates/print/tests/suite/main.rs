//! The print application on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod cards;
mod owners;
mod pins;
mod tenant;
mod unresolved;
