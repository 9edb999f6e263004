//! Bounds on what a client can make the service provider do, each with its reason. Those on the content of a
//! request (lengths, depths, numbers of terms) are in [`scim::limits`].

use std::time::Duration;

use jiff::SignedDuration;

/// The largest body, in bytes. A user with every attribute of RFC 7643 takes some 4 KiB; 1 MiB holds a group with
/// 10,000 members, and larger groups arrive in several PATCH requests.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How long a client may take to send the body it announced. The slowest real clients send it with the headers; the
/// bound ends those who send a byte at a time to keep a connection busy.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a request may take altogether. Entra and Okta give up after 60 seconds; an answer before that is one that
/// they can log.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(50);

/// How long a bulk request may take before the rest of its operations is not begun any more: its answer has to say what
/// became of those that were, within [`REQUEST_TIMEOUT`].
pub const BULK_TIMEOUT: Duration = Duration::from_secs(40);

/// How many resources a page has if the client does not say (RFC 7644 §3.4.2.4 leaves it to the server). Okta asks
/// for this many.
pub const DEFAULT_PAGE: i64 = 100;

/// How many resources a page has at most; `filter.maxResults` of the service provider configuration. Some 3 MiB of
/// answer.
pub const MAX_PAGE: i64 = 1000;

/// How long a cursor is good for, in seconds (RFC 9865 §2.1, `cursorTimeout`). It holds no resources, so an hour costs
/// nothing; the bound is on how long one that leaked into a log is of use.
pub const CURSOR_TIMEOUT_SECONDS: i64 = 3600;

/// The longest cursor, in bytes: ours hold an id and what a resource was sorted by, which is cut to 512 bytes.
pub const MAX_CURSOR_BYTES: usize = 4 * 1024;

/// How long a search may take. A hundred thousand users are looked at one by one in some two seconds; a client that
/// needs more than this wants an attribute with an index.
pub const SEARCH_TIMEOUT: Duration = Duration::from_secs(15);

/// A group with more members than this answers a PATCH with 204 instead of itself, unless the client asks for members
/// by name: RFC 7644 §3.5.2 allows it, Microsoft recommends it, and otherwise the cost of adding one member would
/// grow with the group.
pub const MAX_MEMBERS_IN_PATCH_ANSWER: usize = 100;

/// What a client that met an overloaded server or an unreachable database is told to wait, in whole seconds (Okta
/// ignores any other form).
pub const RETRY_AFTER_SECONDS: &str = "5";

/// How much of a User-Agent is kept, in bytes. Real clients' take 20 to 120; the rest is somebody's joke.
pub const MAX_USER_AGENT_BYTES: usize = 200;

/// Tokens that are remembered after they were looked up: some 2 KiB each.
pub const MAX_KNOWN_TOKENS: usize = 1_024;

/// How long a token is remembered. Changes are seen at once; this bounds what a process leaves behind that died between
/// its change and saying so.
pub const MAX_KNOWN_TOKEN_AGE: Duration = Duration::from_millis(500);

/// How many tenants' own schemas are kept in memory. Each takes some 200 KiB; a tenant that is not among them costs one
/// look-up and a millisecond more.
pub const MAX_PROFILES: usize = 256;

/// Requests of one tenant that may be under way at once. Entra sends some dozens, a bulk load hundreds; what all of
/// them hold in memory ([`MAX_BODY_BYTES`] each, at worst) and in the store's queue stays bounded, whatever one tenant
/// sends.
pub const MAX_UNDER_WAY: usize = 512;

/// Requests of one tenant that may wait for news at once: each application has a few readers of its events.
pub const MAX_WAITING: usize = 64;

/// How long a request waits for news at most, so that it is answered before [`REQUEST_TIMEOUT`].
pub const MAX_WAIT: Duration = Duration::from_secs(30);

/// How often a request that waits looks for what other processes have committed. What this one commits it is told of.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tenants whose share is remembered while they send nothing: some hundred bytes each.
pub const MAX_TENANTS_REMEMBERED: usize = 10_000;

/// The same refusal so often, never more than [`STORM_HOURS`] after the one before, is shown to the administrator.
/// Entra repeats what failed in each cycle of 40 minutes, then at longer distances: what failed five times does not go
/// away by itself.
pub const STORM_COUNT: i64 = 5;

/// See [`STORM_COUNT`]. Longer than the distance at which Entra ends up.
pub const STORM_HOURS: i64 = 24;

/// How often refusals are written. A person looks at them, who does not see the difference to at once.
pub const REFUSALS_INTERVAL: Duration = Duration::from_secs(1);

/// How many different refusals of a tenant wait to be written; more than this in a second are not counted. They are
/// written in one transaction, for which other writes wait some milliseconds.
pub const MAX_REFUSALS_PENDING: usize = 100;

/// How many different refusals of a tenant are kept, those that happened most often: nobody reads more.
pub const MAX_REFUSALS_OF_A_TENANT: i64 = 1000;

/// For how many days a refusal is kept after it happened last.
pub const REFUSAL_DAYS: u16 = 30;

/// How much of a name is kept in a refusal, in bytes: more than a userPrincipalName has.
pub const MAX_SUBJECT_BYTES: usize = 256;

/// How often what is too old is looked for. Days are what people count retention in.
pub const RETENTION_INTERVAL: Duration = Duration::from_mins(10);

/// How many deleted users are forgotten in one transaction: other writes wait some milliseconds.
pub const TOMBSTONES_PURGED_AT_ONCE: i64 = 200;

/// How often the counts of quirks are written: an administrator who tries a client sees them at once, and a thousand
/// requests a second cost one transaction.
pub const QUIRK_COUNTS_INTERVAL: Duration = Duration::from_secs(1);

/// The largest body that the request log keeps, in bytes: four users with every attribute of RFC 7643.
pub const MAX_LOGGED_BODY_BYTES: usize = 16 * 1024;

/// How much of a path and query the request log keeps, in characters. Real filters take 50 to 200.
pub const MAX_LOGGED_PATH_CHARACTERS: usize = 1024;

/// Requests that wait to be written to the request log. Half a second's worth at 8,000 a second; what comes on top is
/// dropped and counted, because the log must not slow anybody down, nor fill the memory with bodies.
pub const LOG_QUEUE: usize = 4096;

/// Requests that are written to the request log in one statement.
pub const LOG_BATCH: usize = 512;

/// Reads of one tenant that are logged in a second, when nothing was wrong with them: four times what Entra sends. Further ones are counted only, because a row costs as much as the read itself. Writes, and whatever was
/// refused, are logged always.
pub const MAX_LOGGED_READS: u32 = 100;

/// How long a request waits for others to be written with it: a quiet server syncs its disk once a second for the
/// log, and nobody who looks waits longer than that.
pub const LOG_BATCH_AGE: Duration = Duration::from_secs(1);

/// Requests that are purged in one transaction: some 10 ms, in which others can't write.
pub const REQUESTS_PURGED_AT_ONCE: i64 = 1_000;

/// The largest body of a request to the token endpoint, in bytes: an assertion, and some parameters.
pub const MAX_TOKEN_REQUEST_BYTES: usize = 32 * 1024;

/// The longest assertion, in bytes. Entra's take less than 2 KiB.
pub const MAX_ASSERTION_BYTES: usize = 16 * 1024;

/// How far an issuer's clock may be from ours.
pub const ASSERTION_LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// How long an assertion may still live. Entra's live for 65 minutes; one that lives for long is a password.
pub const MAX_ASSERTION_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// How long an issued token lives. Entra asks for one when the last one ends, and takes 60 minutes to 6 hours.
pub const ISSUED_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// How often it is written when tokens were last used. A person who looks at it thinks in minutes.
pub const USAGE_INTERVAL: Duration = Duration::from_mins(1);

/// Tokens whose last use is remembered until it is written: some 200 bytes each.
pub const MAX_TOKENS_IN_USE: usize = 10_000;

/// How often tokens that end soon are looked for.
pub const EXPIRY_INTERVAL: Duration = Duration::from_hours(1);

/// So many days before a token ends its administrator is warned: time for a change request, for a week's work, and for
/// an emergency.
pub const WARNING_DAYS: [u8; 3] = [30, 7, 1];
