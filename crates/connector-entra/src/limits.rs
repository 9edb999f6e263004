//! Bounds on what Graph can make us do, each with its reason.

use std::time::Duration;

/// One exchange. Graph ends its own work on a request after about a minute.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);

/// How long one request waits while Graph says that there are too many, or that it is busy. Graph's windows of
/// throttling are between ten seconds and five minutes long.
pub const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How often one request is sent at most.
pub const MAX_ATTEMPTS: u32 = 12;

/// The wait after the first refusal that names none; it doubles with each further one.
pub const FIRST_WAIT: Duration = Duration::from_secs(1);

/// One answer. A page of 999 users with every attribute stays below 16 MiB.
pub const MAX_ANSWER_BYTES: usize = 32 << 20;

/// The answer of the token endpoint. A token is some KiB.
pub const MAX_TOKEN_BYTES: usize = 64 << 10;

/// Pages of one list: 20 million objects, of which Graph's delta queries put about 200 on a page.
pub const MAX_PAGES: usize = 100_000;

/// Objects on a page of a plain list; Graph's own limit.
pub const LIST_PAGE: usize = 999;

/// Requests in a batch; Graph's own limit.
pub const BATCH: usize = 20;

/// Batches under way at once: enough to hide the latency, few enough to leave other clients of the tenant their share.
pub const BATCHES_AT_ONCE: usize = 4;

/// Groups that one `checkMemberGroups` may ask for; Graph's own limit.
pub const CHECKED_GROUPS: usize = 20;

/// Entries in a page that the engine gets.
pub const PAGE_ENTRIES: usize = 400;

/// Changed users after which reading everything is cheaper than fetching them one by one.
pub const MAX_CHANGES: usize = 100_000;

/// Memberships that are held while everything is read: about 100 bytes each.
pub const MAX_MEMBERSHIPS: usize = 20_000_000;

/// Principals that a watermark remembers; a tenant that assigns more of them singly is read whole each time. The
/// watermark is then some MiB long.
pub const MAX_PRINCIPALS: usize = 50_000;

/// How much of Graph's own words goes into an error.
pub const MAX_DETAIL_CHARS: usize = 300;

/// The longest body of a change notification. Graph sends up to some hundred in one.
pub const MAX_NOTIFICATION_BYTES: usize = 4 << 20;

/// The longest token of a handshake. Graph's are some hundred characters.
pub const MAX_VALIDATION_BYTES: usize = 4096;
