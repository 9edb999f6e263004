//! Webhooks and security event tokens, delivered over real HTTP to receivers that fail, are slow and lie; on both engines.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod bounds;
mod delivering;
mod failing;
mod polling;
mod pushing;
mod receiver;
mod retention;
mod sharing;
mod tenant;
