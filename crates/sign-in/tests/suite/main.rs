//! Signing in over HTTP, as browsers and providers do it; on both engines where the store decides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod browser;
mod emergency;
mod just_in_time;
mod log;
mod matching;
mod oidc;
mod pages;
mod provider;
mod saml;
mod saml_provider;
mod sessions;
mod site;
