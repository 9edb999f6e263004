//! Bounds on what events cost us and their receivers, each with its reason.

use std::time::Duration;

use jiff::SignedDuration;

/// How many events a page of the feed has unless the caller says.
pub const DEFAULT_PAGE: u32 = 100;

/// How many at most: each is read and shown one by one, while the store's thread waits.
pub const MAX_PAGE: u32 = 500;

/// A page ends early once its resources are longer than this, in bytes: one with a photo takes some 260 KiB.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A group with more members than this is told without them: they can be read page by page, and otherwise the cost of
/// telling that one came would grow with the group.
pub const MAX_MEMBERS: usize = 100;

/// How many members a page has at most.
pub const MAX_MEMBER_PAGE: u32 = 1_000;

/// How many events are taken from the feed at once to be delivered.
pub const BATCH: i64 = 32;

/// How long after a batch was taken a request of it may begin: who disables, removes or rotates waits for it.
pub const BATCH_TIME: SignedDuration = SignedDuration::from_secs(15);

/// How many batches of one stream are delivered before others have their turn.
pub const BATCHES_IN_TURN: usize = 16;

/// How long after a turn began a batch of it may be taken: a slow receiver holds up others no longer.
pub const TURN_TIME: SignedDuration = SignedDuration::from_secs(30);

/// How many events of different resources are on their way to one receiver at once.
pub const SIDE_BY_SIDE: usize = 8;

/// How many streams one process delivers to at once.
pub const MAX_UNDER_WAY: usize = 64;

/// How many of these are a tenant's at most: slow receivers of one tenant leave room for other tenants.
pub const MAX_OF_TENANT: usize = 8;

/// How often the deliverer looks for what other processes have committed. What its own commits it is told of.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the deliverer lets news gather after it has looked, so that a thousand commits a second do not make it look a
/// thousand times.
pub const GATHER: Duration = Duration::from_millis(50);

/// How long a deliverer that died keeps others from going on. One that lives renews it each time it looks, and begins no
/// request that could last longer.
pub const LEASE: SignedDuration = SignedDuration::from_secs(16);

/// How long a request to a receiver lasts at most.
pub(crate) const LONGEST_REQUEST: SignedDuration =
    SignedDuration::from_secs(egress::limits::TIMEOUT.as_secs().cast_signed());

const _: () = assert!(LEASE.as_secs() > LONGEST_REQUEST.as_secs(), "nothing could be sent");

/// The pause after the first failed attempt; each further one doubles it, up to [`LONGEST_PAUSE`].
pub const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// A receiver that comes back waits no longer than this.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// How long a stream waits whose events could not be read: the database has no time, or the tenant's schemas are to be
/// put right first.
pub const UNREADABLE_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// A stream that failed so often in a row is disabled: with the pauses between them these are some three days, enough
/// for a weekend.
pub const MAX_FAILURES: i64 = 152;

/// The longest URL of a receiver and the longest audience, in bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// How many streams a tenant has at most: each is told everything.
pub const MAX_STREAMS: i64 = 10;

/// The longest answer of a receiver to a security event token, in bytes: empty, or a code and a description (RFC 8935 §2.3).
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long who asks for events may wait for some, in seconds. Proxies end a request that is silent for 60.
pub const MAX_WAIT_SECONDS: u64 = 30;

/// How many security event tokens a poll gets unless it says: RFC 8936 §2.4 leaves it to the server.
pub const DEFAULT_SETS: usize = 32;

/// How many at most: each is read, shown and signed while the store's thread waits.
pub const MAX_SETS: usize = 100;

/// How far a poll looks beyond the first event that is not confirmed. So many of others are told while one is not.
pub const POLL_WINDOW: i64 = 256;

/// A stream whose receiver has not polled for so long, or confirmed nothing, is disabled, because events are kept until it
/// does.
pub const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How often old events are forgotten.
pub const RETENTION_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// For how many days events are kept at least: longer than a receiver may fail until its stream is disabled, so that it
/// finds them when it is enabled again.
pub const LEAST_RETENTION_DAYS: u16 = 7;

/// For how many days events are kept unless the operator says.
pub const RETENTION_DAYS: u16 = 30;
