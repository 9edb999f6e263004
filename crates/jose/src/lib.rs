//! What an issuer says and signs: JSON Web Tokens (RFC 7519), and the documents beside them that it publishes, such as its
//! keys (RFC 7517).
//!
//! Not here: what a claim means, and whom it proves (`service-provider` for clients, `sign-in` for people).
//!
//! Invariants
//! - Only keys that the issuer publishes are believed, and only signatures that nobody but their owner can make.
//! - An issuer is asked rarely, whatever strangers send.

pub mod limits;
mod published;
mod signed;

pub use jsonwebtoken::jwk::{Jwk, JwkSet};
pub use published::Published;
pub use signed::{Audience, Refused, Signed, instant};
