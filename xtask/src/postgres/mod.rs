//! A throw-away PostgreSQL server for tests and benchmarks.

mod account;
mod programs;
mod server;

pub use server::{Server, free_port};
