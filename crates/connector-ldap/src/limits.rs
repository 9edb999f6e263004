//! Bounds on what is asked and taken, each with its reason.

use std::time::Duration;

/// Entries in a page of the listing. Active Directory answers no more than 1,000 (`MaxPageSize`).
pub(crate) const LISTING_PAGE: i32 = 1000;

/// Users in a page of objects: small enough to be held in memory many times over.
pub(crate) const USERS_PAGE: i32 = 500;

/// Groups in a page of objects: each may bring very many members.
pub(crate) const GROUPS_PAGE: i32 = 20;

/// Anchors in one filter. Servers bound the size of a filter, and work through its clauses one by one.
pub(crate) const ANCHORS_A_FILTER: usize = 100;

/// When more has changed than this, everybody is searched once rather than asked for by anchors.
pub(crate) const MANY_CHANGES: usize = 2000;

/// Objects in a directory: some 150 bytes of each are held while it is read.
pub(crate) const MAX_OBJECTS: usize = 5_000_000;

/// Pages of a search; a server that answers with a cookie again and again does not hold a cycle for ever.
pub(crate) const MAX_PAGES: usize = 1_000_000;

/// Ranges of one attribute: 1,500 members each, so ten million members.
pub(crate) const MAX_RANGES: usize = 7000;

/// Objects that a person may mean by one name.
pub(crate) const MAX_FOUND: i32 = 100;

/// Entries named in `assigned`.
pub(crate) const MAX_ASSIGNED: usize = 1000;

/// How long a connection, TLS included, may take.
pub(crate) const CONNECT_TIME: Duration = Duration::from_secs(20);

/// How long a server may be silent within an operation.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(120);
