//! The wall clock, and ids made of it: the only implementations that look at the world.

use jiff::Timestamp;
use model::{Clock, IdSource};
use uuid::Uuid;

/// The system's clock, to the microsecond: as exact as the database keeps an instant, so that an answer and a later
/// read agree.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// UUIDs of version 7 (RFC 9562 §5.7), rising within a process.
#[derive(Clone, Copy, Debug)]
pub struct FreshIds;

impl IdSource for FreshIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// An instant for people: UTC, to the second.
pub fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
