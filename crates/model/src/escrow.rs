//! Operations that failed and wait for another try.

use jiff::{SignedDuration, Timestamp};

/// One object whose last operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escrow {
    /// The kind of object: `User` or `Group`; or its references: `User references`, `Group references`.
    pub object_type: String,
    /// The object's anchor in the source.
    pub source_id: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Not before then.
    pub next_attempt: Timestamp,
    /// The error's code, for example `EntryConflict`.
    pub code: String,
    /// What the target or the mapping said.
    pub detail: String,
    /// The object's fingerprint when it failed (see [`crate::link::Link::fingerprint`]): another one ends the wait.
    pub fingerprint: String,
    /// When the first try failed.
    pub began: Timestamp,
}

/// The kind under which an object's references are in escrow, apart from the object itself.
#[must_use]
pub fn references_of(object_type: &str) -> String {
    format!("{object_type} references")
}

/// How long an object waits after its `attempts`-th failed try: 1 minute, doubled with each, a day at most.
/// Microsoft documents only that the distance grows; a change of the object ends the wait at once.
#[must_use]
pub fn back_off(attempts: i64) -> SignedDuration {
    const DAY_MINUTES: i64 = 24 * 60;
    let doublings = attempts.clamp(1, 12) - 1;
    SignedDuration::from_mins((1_i64 << doublings).min(DAY_MINUTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_to_a_day() {
        for (attempts, minutes) in [(0, 1), (1, 1), (2, 2), (5, 16), (11, 1024), (12, 1440), (i64::MAX, 1440)]
        {
            assert_eq!(back_off(attempts), SignedDuration::from_mins(minutes), "{attempts}");
        }
    }
}
