//! Bounds on what is read, each with its reason.

/// One line of users or assignments. Graph's users stay below 64 KiB with every attribute selected.
pub(crate) const MAX_LINE_BYTES: usize = 1 << 20;

/// One line of groups, which holds all direct members: about 1.6 million ids.
pub(crate) const MAX_GROUP_LINE_BYTES: usize = 64 << 20;

/// One file. More is a directory for a real connector, and would take minutes to check in every cycle.
pub(crate) const MAX_FILE_BYTES: u64 = 2 << 30;

/// Objects in a page: large enough to share a database transaction, small enough to forget.
pub(crate) const PAGE_OBJECTS: usize = 500;

/// A page ends early when it holds this much text, so that large groups do not add up.
pub(crate) const PAGE_BYTES: usize = 8 << 20;
