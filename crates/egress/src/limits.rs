//! Bounds on what a stranger's server can make us do, each with its reason.

use std::time::Duration;

/// How long a connection may take to come about. A server that is there answers within a round trip or two.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a whole exchange may take: somebody waits for what it is needed for.
pub const TIMEOUT: Duration = Duration::from_secs(10);
