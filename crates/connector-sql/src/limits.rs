//! Bounds on what is read, each with its reason.

use std::time::Duration;

/// Rows in a page: large enough to share a database transaction, small enough to forget.
pub(crate) const PAGE_ROWS: usize = 500;

/// One row as JSON. Graph's users stay below 64 KiB with every attribute selected.
pub(crate) const MAX_ROW_BYTES: usize = 1 << 20;

/// Rows of a query whose rows are held in memory: some 100 bytes each.
pub(crate) const MAX_HELD_ROWS: i64 = 20_000_000;

/// How long a connection, TLS included, may take.
pub(crate) const CONNECT_TIME: Duration = Duration::from_secs(20);

/// How long one statement may run at the server, in its own syntax.
pub(crate) const STATEMENT_TIME: &str = "300s";

/// How long an answer is waited for: longer than the server lets a statement run.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(330);
