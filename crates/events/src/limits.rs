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

/// How many batches of one webhook are delivered before others have their turn.
pub const BATCHES_IN_TURN: usize = 16;

/// How many events of different resources are on their way to one receiver at once.
pub const SIDE_BY_SIDE: usize = 8;

/// How many webhooks one process delivers to at once.
pub const MAX_UNDER_WAY: usize = 64;

/// How often the deliverer looks for news.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a deliverer that died keeps others from going on. One that lives renews it each time it looks.
pub const LEASE: SignedDuration = SignedDuration::from_secs(6);

/// The pause after the first failed attempt; each further one doubles it, up to [`LONGEST_PAUSE`].
pub const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// A receiver that comes back waits no longer than this.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// How long a webhook waits whose events could not be read: the database has no time, or the tenant's schemas are to be
/// put right first.
pub const UNREADABLE_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// A webhook that failed so often in a row is disabled: with the pauses between them these are some three days, enough
/// for a weekend.
pub const MAX_FAILURES: i64 = 152;

/// The longest URL of a webhook, in bytes.
pub const MAX_URL_BYTES: usize = 2_048;

/// How many webhooks a tenant has at most: each is sent everything.
pub const MAX_WEBHOOKS: i64 = 10;
