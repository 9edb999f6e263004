//! The pages of `docs/how-to`, done as they are written: each block of commands runs in a shell with the built binary,
//! what is shown is compared with what came out, and the steps in somebody else's portal are done in a simulated one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod application;
mod cloud;
mod entra;
mod guides;
mod ldap;
mod okta;
mod page;
mod pages;
mod people;
mod run;
mod seen;
mod service;
mod shell;
