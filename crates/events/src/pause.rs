//! How long to wait after a failed attempt.

use jiff::{SignedDuration, Timestamp};

use crate::StreamId;
use crate::limits::{FIRST_PAUSE, LONGEST_PAUSE};

/// The pause after so many failed attempts in a row: it doubles up to a bound. Up to a fifth is added that depends on the
/// stream, so that the many that failed together do not all come back together.
fn after(failures: i64, stream: StreamId) -> SignedDuration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(16);
    let pause = (FIRST_PAUSE * (1_i32 << doublings)).min(LONGEST_PAUSE);
    pause + pause * spread(failures, stream) / 5_000
}

/// When the next attempt may be made after so many failed ones.
pub(crate) fn until(at: Timestamp, failures: i64, stream: StreamId) -> Timestamp {
    at.saturating_add(after(failures, stream)).unwrap_or(Timestamp::MAX)
}

/// 0 to 999, as good as random.
fn spread(failures: i64, stream: StreamId) -> i32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(stream.0.as_bytes());
    hasher.update(&failures.to_be_bytes());
    i32::try_from(hasher.finalize() % 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::limits::MAX_FAILURES;

    #[test]
    fn pauses_double_up_to_a_bound_and_spread() {
        let stream = StreamId(Uuid::from_u128(7));
        for (failures, seconds) in [(1, 5), (2, 10), (3, 20), (8, 640), (9, 1_280), (10, 1_800), (150, 1_800)]
        {
            let pause = after(failures, stream).as_secs();
            assert!((seconds..=seconds * 6 / 5).contains(&pause), "{failures}: {pause}");
        }
        let ones: std::collections::BTreeSet<_> =
            (0..20).map(|n| after(10, StreamId(Uuid::from_u128(n))).as_millis()).collect();
        assert!(ones.len() > 15, "{ones:?}");
    }

    #[test]
    fn a_stream_has_three_days_to_come_back() {
        let stream = StreamId(Uuid::from_u128(7));
        let all: SignedDuration = (1..MAX_FAILURES).map(|failures| after(failures, stream)).sum();
        assert!((71..=85).contains(&all.as_hours()), "{all}");
    }
}
