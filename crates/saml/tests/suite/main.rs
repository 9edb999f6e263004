//! What is believed of a provider's response, and which attacks are refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets the unexpected has failed"
)]

mod content;
mod documents;
mod metadata;
mod mutations;
mod provider;
mod requests;
mod signatures;
mod wrapping;
