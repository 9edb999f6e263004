//! Bounds, each with its reason.

use std::time::Duration;

/// An answer. The largest page, 1,000 events of the System Log, is some 5 MiB.
pub(crate) const MAX_ANSWER_BYTES: usize = 32 << 20;

/// Pages of one list: 20 million users. A list that goes on is one whose pages lead in a circle.
pub(crate) const MAX_PAGES: usize = 100_000;

/// Users a page, Okta's own largest.
pub(crate) const USERS_A_PAGE: usize = 200;

/// Groups a page, what Okta recommends.
pub(crate) const GROUPS_A_PAGE: usize = 200;

/// Assignments of users a page, Okta's own largest.
pub(crate) const APP_USERS_A_PAGE: usize = 500;

/// Events a page, Okta's own largest.
pub(crate) const EVENTS_A_PAGE: usize = 1000;

/// Pages of the System Log that one read of changes looks at. After so many events everything is read.
pub(crate) const MAX_LOG_PAGES: usize = 200;

/// Objects that one read of changes fetches one by one. Lists are faster beyond.
pub(crate) const MAX_TOUCHED: usize = 5000;

/// Touched objects in a page of the read.
pub(crate) const TOUCHED_A_PAGE: usize = 100;

/// Requests under way at once. Okta's smallest orgs allow 15 concurrent transactions, for everybody together.
pub(crate) const PARALLEL: usize = 4;

/// Managers asked for in one request, so that its URL stays far below 8 KiB.
pub(crate) const MANAGERS_A_REQUEST: usize = 20;

/// How far behind the latest event the next read begins: an event may become visible after later ones.
pub(crate) const OVERLAP: Duration = Duration::from_secs(15 * 60);

/// Events that are remembered as seen. Beyond, objects are fetched again, which does no harm.
pub(crate) const MAX_SEEN: usize = 5000;

/// Okta returns the log of 90 days; a day less, because the clocks need not agree.
pub(crate) const RETENTION: Duration = Duration::from_secs(89 * 24 * 3600);

/// The part of each rate limit that is left to the org's other clients, in percent.
pub(crate) const HEADROOM_PERCENT: u64 = 10;

/// The longest wait for a rate limit. Okta's windows last a minute.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(120);

/// How often a request is sent that is answered 429 each time.
pub(crate) const MAX_LIMITED: u32 = 10;

/// The waits before a read that failed on the way is tried again; afterwards the next cycle tries.
pub(crate) const RETRY_WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// How long an assertion of the OAuth client is valid. Okta takes up to an hour.
pub(crate) const ASSERTION_LIFETIME: Duration = Duration::from_secs(300);

/// How long before its end an access token is replaced.
pub(crate) const TOKEN_MARGIN: Duration = Duration::from_secs(60);

/// How much of Okta's own words goes into an error.
pub(crate) const MAX_DETAIL_CHARS: usize = 300;

/// How much of an answer that is no JSON goes into an error: enough to recognise a login page or a firewall.
pub(crate) const MAX_EXCERPT_CHARS: usize = 80;

/// The delivery of an event hook. Okta's are some KiB.
pub(crate) const MAX_DELIVERY_BYTES: usize = 4 << 20;

/// The challenge of an event hook's verification. Okta's is some dozen characters.
pub(crate) const MAX_CHALLENGE_BYTES: usize = 1024;
