//! Bounds on what comes from outside, each with its reason.

/// The longest posted response, in bytes of base64. Entra's with 150 groups takes 30 KiB, Okta's less.
pub const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// The longest metadata of a provider, in bytes. Entra's take 100 KiB, because it tells of WS-Federation as well.
pub const MAX_METADATA_BYTES: usize = 1024 * 1024;

/// How deep elements may be nested. What SAML describes needs fewer than 15.
pub const MAX_DEPTH: u32 = 32;

/// The most elements of one document. A response with all attributes that it may have stays below.
pub const MAX_ELEMENTS: usize = 8192;

/// The most XML attributes of one element, counted before anything is parsed: parsers compare each with each. SAML's have
/// ten.
pub const MAX_ELEMENT_ATTRIBUTES: usize = 128;

/// The most prefixes that a signature may keep although nothing visible uses them: canonicalisation looks for each in each
/// element. Providers name one or two.
pub const MAX_PREFIXES: usize = 16;

/// The most attributes of one assertion.
pub const MAX_ATTRIBUTES: usize = 256;

/// The most values of all its attributes together. Entra tells 150 groups, Okta a few hundred.
pub const MAX_ATTRIBUTE_VALUES: usize = 2048;

/// The most certificates of one provider: the current one, and those before and after it, with room.
pub const MAX_CERTIFICATES: usize = 16;

/// The smallest RSA key whose signatures are believed, in bits (NIST SP 800-131A).
pub const MIN_RSA_BITS: usize = 2048;

/// What is shown of a text from outside in a message, in characters.
pub(crate) const MAX_SHOWN: usize = 200;
