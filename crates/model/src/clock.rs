//! Where the time comes from: an argument, so that a test needs no sleeping.

use jiff::Timestamp;

/// Tells the time. The binary has the only implementation that looks at the wall clock.
pub trait Clock: Send + Sync + 'static {
    /// The instant now, in UTC.
    fn now(&self) -> Timestamp;
}

/// A clock that always tells the same instant; for tests and for replays.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(pub Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}
