//! Bounds, each with its reason.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::SignedDuration;

/// How long somebody may take at the provider: a password, a second factor, a colleague's question.
pub const START_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// How long a link that works once works.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// How far a provider's clock may be from ours.
pub const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The longest life of an ID token. Entra's live for 65 minutes; one that lives for long is a password.
pub const MAX_ID_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The longest ID token, in bytes. One with the names of two hundred groups takes 12 KiB.
pub const MAX_ID_TOKEN_BYTES: usize = 32 * 1024;

/// The longest answer of a token endpoint, in bytes: three such tokens.
pub const MAX_TOKEN_ANSWER_BYTES: usize = 96 * 1024;

/// The longest form that a browser posts, in bytes: a SAML response with the names of many groups, in base 64.
pub const MAX_FORM_BYTES: usize = 384 * 1024;

/// How long a form may take to arrive.
pub const FORM_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest path to return to, in bytes.
pub const MAX_RETURN_TO_BYTES: usize = 1024;

/// The longest name of a provider or of a subject, in bytes. OpenID Connect Core §2 has 255 for `sub`, SAML 256 for a
/// persistent name and 1024 for an entity id; an index row of PostgreSQL takes 2,700 with both.
pub const MAX_ISSUER_BYTES: usize = 1024;
/// See [`MAX_ISSUER_BYTES`].
pub const MAX_SUBJECT_BYTES: usize = 512;

/// The longest metadata of a SAML provider, in bytes: what can be understood.
pub const MAX_METADATA_BYTES: usize = saml::limits::MAX_METADATA_BYTES;

/// How often metadata is read again: a new key is known a day before it signs.
pub const METADATA_FRESH: SignedDuration = SignedDuration::from_hours(6);

/// How often it is read at most, when a signature is by no key that is known.
pub const METADATA_REFRESH: SignedDuration = SignedDuration::from_mins(1);

/// How often it is looked whose metadata is due.
pub const METADATA_INTERVAL: Duration = Duration::from_mins(10);

/// A session's last use is written so often at most.
pub const TOUCH: SignedDuration = SignedDuration::from_mins(1);

/// Sessions that a user has at most; the oldest ends for a new one. More than the devices that somebody has.
pub const MAX_SESSIONS: i64 = 50;

/// Attempts that are kept of a tenant: so many of those whom a provider named, and as many of all others.
pub const MAX_ATTEMPTS: i64 = 1_000;

/// The longest text in one, in characters; it is cut.
pub const MAX_ATTEMPT_TEXT: usize = 500;

/// For how many days they are.
pub const ATTEMPT_DAYS: i64 = 30;

/// Attempts from one address at one tenant in a minute: an office behind one address in the morning.
pub const ATTEMPTS_A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(119);

/// Refusals of one tenant that are written down in a second, whoever is refused: more than anybody reads, and less than
/// what hurts the database.
pub const LINES_A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// Break-glass keys that are tried from one address at one tenant in a minute.
pub const KEYS_A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

/// Addresses and tenants whose attempts are remembered: some hundred bytes each.
pub const MAX_REMEMBERED: usize = 10_000;

/// E-mail domains that a tenant claims.
pub const MAX_DOMAINS: usize = 100;
