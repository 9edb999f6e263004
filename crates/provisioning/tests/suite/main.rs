//! The engine on a directory and an application in memory, and a real store.

mod crash;
mod escrow;
mod guard;
mod on_demand;
mod plan;
mod scope;
mod story;
mod world;
