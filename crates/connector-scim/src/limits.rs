//! Bounds, each with its reason.

/// An answer. A user is some KiB; a group that ignores `excludedAttributes=members` is larger than this and refused.
pub(crate) const MAX_ANSWER_BYTES: usize = 10 << 20;

/// Idle connections kept: the engine sends at most so many requests at once.
pub(crate) const MAX_IDLE_CONNECTIONS: usize = 64;

/// How much of an application's own words goes into an error.
pub(crate) const MAX_DETAIL_CHARS: usize = 300;

/// How much of an answer that is no JSON goes into an error: enough to recognise a login page or a firewall.
pub(crate) const MAX_EXCERPT_CHARS: usize = 80;
