//! Bounds, each with its reason.

use jiff::SignedDuration;

/// The largest document of an issuer, in bytes. Entra's keys take 20 KiB.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// How long a document is used without asking again: what its issuer withdrew is not believed any longer than that.
pub const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// How long it is used if its issuer can't be asked.
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// How often an issuer is asked at most, so that made-up key ids don't make us trouble others.
pub const REFRESH: SignedDuration = SignedDuration::from_mins(1);

/// Documents that are remembered.
pub const MAX_DOCUMENTS: usize = 1_000;

/// The shortest RSA modulus that is believed, in characters of base64url: 2048 bits (RFC 7518 §3.3).
pub const MIN_RSA_MODULUS_CHARACTERS: usize = 342;
