//! Tells how well any SCIM endpoint conforms, and how it gets on with the clients that matter: it asks what
//! RFC 7643 and RFC 7644 say, and repeats the requests that Microsoft Entra and Okta send.
//!
//! [`run()`] carries out [`Check`]s, which [`THEMES`] lists, one after another; [`Report`] tells what they found, for a
//! terminal, as JSON, JUnit XML or one HTML page. Each check stands in its theme's file: a row that names the rule and
//! where it is written, and a function that sends requests through a [`Probe`] and asserts answers.
//!
//! Not here: what a service provider should do otherwise than answer (load, security beyond authentication), the
//! command line, clocks and randomness - what is needed of these is an argument.
//!
//! # Invariants
//! - Only what a check made is changed or removed: resources whose names begin with [`PREFIX`] and the run's nonce.
//! - Whatever a check made is removed when it ends, also when it fails, is stopped, or never got the answer.
//! - Only features that are announced are examined as RFC 7644 has them; one that is announced must work.
//! - A finding names what was expected, what came, and the exchange that shows it.
//! - The token is never shown, also where an endpoint repeats it. No redirect is followed.

mod announced;
mod answer;
mod check;
mod endpoint;
mod exchange;
mod finding;
mod json;
mod limits;
mod litter;
mod probe;
mod query;
pub mod report;
mod run;
mod themes;
mod wire;

pub use announced::Feature;
pub use check::{Check, Client, Requirement, Run, Theme};
pub use endpoint::{Endpoint, EndpointError};
pub use exchange::Exchange;
pub use finding::{Finding, Outcome, Verdict, Wrong};
pub use probe::{PREFIX, Probe};
pub use report::{Entry, Report, Summary};
pub use run::{Error, Order, Selection, full_name, run};
pub use themes::THEMES;
