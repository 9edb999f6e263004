//! The Entra source against a simulator of Microsoft Graph.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod assignments;
mod company;
mod contract;
mod days;
mod delta;
mod lookup;
mod nested;
mod sign_in;
mod size;
mod subscriptions;
mod throttling;
