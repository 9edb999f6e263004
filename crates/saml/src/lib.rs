//! SAML 2.0 web browser sign-on (Profiles §4.1) from the service provider's side: what a provider's metadata say, the
//! request that a browser carries to it, and whether the response that comes back is to be believed.
//!
//! Not here: HTTP, sessions, whom an assertion means, and that an assertion signs in only once - the caller remembers
//! [`Assertion::id`]. Not supported: encrypted assertions, signed requests, artifacts, single logout.
//!
//! Invariants
//! - No I/O, clock, randomness or logging: what is needed is an argument.
//! - What [`verify`] answers was read from the very bytes that a signature covers, never looked up in the document again
//!   ([decision 0060](../../../docs/decisions/0060-what-a-signature-covers-is-what-is-read.md)).
//! - Only certificates in the provider's metadata are believed, whatever a signature brings with it. Their dates and
//!   issuers mean nothing (SAML V2.0 Metadata Interoperability Profile §2.5.1).
//! - Everything from outside is bounded by [`limits`], and no input panics.

mod assertion;
mod conditions;
mod envelope;
pub mod limits;
mod metadata;
mod names;
mod reading;
mod rejection;
mod response;
mod service_provider;
mod signature;
mod xml;

pub use assertion::{Assertion, Attribute};
pub use envelope::{UnverifiedEnvelope, unverified_envelope};
pub use metadata::{IdentityProvider, MetadataError};
pub use rejection::Rejection;
pub use response::{Expected, verify};
pub use service_provider::{NoBinding, ServiceProvider};
