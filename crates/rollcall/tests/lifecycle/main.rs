//! Who leaves, who comes back, and what they have then: the engine on one side, speaking as Entra does, and the service
//! provider with the workplace application on the other, over HTTP and over months.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod checking;
#[path = "../suite/company.rs"]
mod company;
mod desks;
mod directory;
mod expected;
mod firm;
mod guidance;
mod histories;
mod months;
mod office;
