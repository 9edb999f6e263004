//! Bounds, each with its reason.

use std::time::Duration;

/// How long an answer may take: Entra and Okta give up after this time.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a connection may take to be made; a host that is slower is not there.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An answer. Pages are asked for in tens of resources, so a larger one is not an answer to what was asked.
pub(crate) const MAX_ANSWER_BYTES: usize = 10 << 20;

/// How much of a body a report shows: a resource or an error whole, a page of strangers not.
pub(crate) const MAX_SHOWN_BYTES: usize = 4_096;

/// How often a request that was answered with 429 is sent again.
pub(crate) const MAX_RETRIES: u32 = 5;

/// The longest wait that a `Retry-After` can ask for; an endpoint that wants more is told to let the check through.
pub(crate) const MAX_RETRY_WAIT: Duration = Duration::from_secs(60);

/// Pages that are followed: the checks make a few resources and ask for small pages of just these.
pub(crate) const MAX_PAGES: usize = 20;
