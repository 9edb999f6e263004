//! The org's time.

use std::time::Duration;

use jiff::Timestamp;

/// A clock that is set, or this machine's.
pub(super) enum OrgClock {
    Set(Timestamp),
    System,
}

impl OrgClock {
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Set(now) => *now,
            Self::System => Timestamp::now(),
        }
    }

    /// Sets it forward; this machine's goes by itself.
    pub(super) fn pass(&mut self, time: Duration) {
        if let Self::Set(now) = self {
            *now = now.checked_add(time).expect("a test within the calendar");
        }
    }

    /// The time of something that happens: a moment after whatever happened before.
    pub(super) fn tick(&mut self) -> Timestamp {
        self.pass(Duration::from_millis(1));
        self.now()
    }
}

/// As the API writes an instant.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
