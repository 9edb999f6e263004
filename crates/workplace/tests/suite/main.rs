//! What a workplace keeps of its users, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod leaving;
mod people;
mod places;
mod spaces;
mod support;
