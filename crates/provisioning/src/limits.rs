//! The engine's bounds, each with its reason.

use std::time::Duration;

use jiff::SignedDuration;

/// Requests under way at once. As many as a target answers side by side; a few hundred connections are what an
/// application bears from one client.
pub const MAX_IN_FLIGHT: usize = 256;

/// Objects in a row that were interrupted, after which a cycle ends. Those whose requests were under way together when
/// the target hiccuped don't count.
pub const BREAKER_FAILURES: usize = 64;

/// How often one operation is sent to a target that answers 429.
pub const RATE_LIMIT_TRIES: u32 = 10;

/// The wait after a 429 without Retry-After.
pub const RATE_LIMIT_WAIT: Duration = Duration::from_secs(1);

/// The longest wait after a 429. A target that asks for more ends the cycle.
pub const RATE_LIMIT_WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// Objects of which there is news that are worked on and recorded together. Large enough that the target has something
/// to do all the time, and as many as are done again if the process dies.
pub const WORK_BATCH: usize = 500;

/// Steps that are noted in one transaction before they are sent, at least, while others are evaluated: few transactions,
/// and still something to send early.
pub const NOTED_TOGETHER: usize = 100;

/// How long a lease holds without being renewed. A cycle whose process died is taken over after this time.
pub const LEASE: Duration = Duration::from_secs(4);

/// How often a lease is renewed, and the progress of its cycle stored.
pub const LEASE_RENEWAL: Duration = Duration::from_secs(1);

/// How often a waiting cycle looks whether the lease is free.
pub const LEASE_POLL: Duration = Duration::from_millis(100);

/// How often the schedule looks for jobs that are due, or that were started or stopped by another process.
pub const SCHEDULE_POLL: Duration = Duration::from_secs(1);

/// Links read at once when looking for who is gone.
pub const LINK_PAGE: u32 = 1_000;

/// Escrowed objects retried in one cycle; the rest waits for the next one.
pub const ESCROW_RETRIES: u32 = 10_000;

/// Leavers recorded in one transaction.
pub const RECORD_BATCH: usize = 500;

/// The longest error text kept in escrow and log, in characters.
pub const ERROR_TEXT: usize = 1_000;

/// How long after a create whose answer was lost an application may still do it. Requests end after a minute; what a
/// gateway or a queue goes on with is done long before this.
pub const LATE_CREATE: SignedDuration = SignedDuration::from_mins(10);

/// References looked at together in the second pass.
pub const REFERENCE_PAGE: u32 = 5_000;

/// References of one object sent together; a connector sends fewer at once where its target takes fewer.
pub const REFERENCES_AT_ONCE: usize = 1_000;

/// How long one process has to tell people of a job, before another one tries, or the same one again.
pub const NOTICE_RETRY: Duration = Duration::from_secs(60);

/// How often what is too old is forgotten.
pub const RETENTION_INTERVAL: Duration = Duration::from_secs(3600);

/// Rows that are forgotten in one transaction: few enough to hold nobody up.
pub const PURGED_AT_ONCE: i64 = 1_000;

/// Accounts of a target that one import lists.
pub const MAX_ACCOUNTS: usize = 5_000_000;

/// Objects that a source told of and that are looked at by themselves. A cycle over what changed costs less than so many
/// single questions.
pub const MAX_TOLD: usize = 200;

/// The longest anchor among them: ids of directories are some dozen bytes.
pub const MAX_TOLD_ANCHOR_BYTES: usize = 256;

/// How long objects that the source told of wait for a cycle that another process runs, before they are put back.
pub const NUDGE_PATIENCE: Duration = Duration::from_secs(5);

/// The wait before a source that can't be listened to is listened to again; it doubles with each failure.
pub const WATCH_RETRY: Duration = Duration::from_secs(1);

/// The longest of these waits.
pub const WATCH_RETRY_MAX: Duration = Duration::from_secs(60);
