//! The built binary, over real HTTP: what its verbs answer, what they refuse, and what `serve` does meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod admin;
mod bad_input;
mod brake;
mod bulk;
mod check;
mod clients;
mod company;
mod connections;
mod contoso;
mod deciding;
mod demo;
mod dialects;
mod directories;
mod full_disk;
mod http;
mod jobs;
mod keys;
mod leaving;
mod mapping;
mod okta;
mod print;
mod push;
mod quarantine;
mod rollcall;
mod schemas;
mod seeing;
mod serve;
mod sign_in;
mod streams;
mod tenants;
mod traces;
mod webhooks;
mod workplace;
