//! When a job goes into quarantine, and when it is tried again. Pure.
//!
//! The numbers are those that Microsoft documents for Entra's provisioning service. What it does not document - test
//! calls, and how long an end may be out of reach - is named as ours.

use connector::Peer;
use jiff::{SignedDuration, Timestamp};
use model::cycle::Tally;
use model::job_status::JobStatus;
use model::quarantine::QuarantineReason;

use crate::Error;

/// With fewer failures a cycle's share of them is not looked at.
pub const EVALUATED_FROM: u64 = 5_000;
/// The share of a cycle's provisioning events, in percent, that may fail. References are not counted.
pub const SHARE_PERCENT: u64 = 40;
/// How many objects may fail in a cycle.
pub const MOST_OBJECTS: u64 = 40_000;
/// From this number on a cycle has too many failures, objects and references together.
pub const TOO_MANY_IN_ALL: u64 = 60_000;
/// How long the engine goes on trying.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(28 * 24);

/// Ours: an end that can't be reached fails this many cycles in a row, …
pub const LASTING_FAILURES: i64 = 3;
/// … for this long, before the job goes into quarantine: a restart of the application is no reason to.
pub const LASTING: SignedDuration = SignedDuration::from_hours(1);
/// Ours: the wait before the first test call. It doubles with each, …
const FIRST_TEST: SignedDuration = SignedDuration::from_mins(1);
/// … to this.
const LONGEST_TEST: SignedDuration = SignedDuration::from_mins(15);
/// Ours: the wait once a cycle has failed although the test call succeeded, so that test calls tell little.
const VAIN_TEST: SignedDuration = SignedDuration::from_hours(1);

/// Judges the failures of a cycle that reached its end.
#[must_use]
pub fn judge(tally: &Tally) -> Option<QuarantineReason> {
    if tally.failed > MOST_OBJECTS {
        Some(QuarantineReason::EncounteredBaseEscrowThreshold)
    } else if tally.failed + tally.failed_references >= TOO_MANY_IN_ALL {
        Some(QuarantineReason::EncounteredTotalEscrowThreshold)
    } else if tally.failed >= EVALUATED_FROM && tally.failed * 100 > tally.tried * SHARE_PERCENT {
        Some(QuarantineReason::EncounteredEscrowProportionThreshold)
    } else {
        None
    }
}

/// What an error that ended a cycle means for its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Quarantine: no further request would succeed until somebody acts.
    AtOnce,
    /// Quarantine when it lasts ([`is_lasting`]).
    WhenItLasts,
    /// None of the job's ends is to blame.
    Never,
}

/// Judges the error that ended a cycle.
#[must_use]
pub fn severity(error: &Error) -> Severity {
    match error {
        Error::Source(connector::Error::Credential { .. })
        | Error::Target(
            connector::Error::Credential { .. } | connector::Error::Protocol { peer: Peer::Target, .. },
        ) => Severity::AtOnce,
        Error::Source(_) | Error::Target(_) => Severity::WhenItLasts,
        Error::Busy { .. }
        | Error::LeaseLost
        | Error::Store(_)
        | Error::Nobody { .. }
        | Error::SeveralPeople { .. }
        | Error::Plan(_)
        | Error::PlanHeld(_) => Severity::Never,
    }
}

/// Whether failures that may pass by themselves have lasted too long.
#[must_use]
pub fn is_lasting(status: &JobStatus, now: Timestamp) -> bool {
    let long = status.failing_since.is_some_and(|since| now.duration_since(since) >= LASTING);
    long && status.failures >= LASTING_FAILURES
}

/// The next cycle of a job in quarantine: 6, 12 and 24 hours after it was imposed, then every 24 hours. `None` after
/// 28 days: the engine gives up.
#[must_use]
pub fn next_attempt(series_began: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let hours = [6, 12].into_iter().chain((1..=28).map(|day| day * 24));
    let attempts = hours.filter_map(|hours| series_began.checked_add(SignedDuration::from_hours(hours)).ok());
    attempts.into_iter().find(|attempt| *attempt > now)
}

/// The wait before the next test call of a job whose ends could not be used: 1 minute, doubled with each, 15 minutes
/// at most; an hour after a cycle that failed although its test call succeeded.
#[must_use]
pub fn test_wait(tests: i64, is_vain: bool) -> SignedDuration {
    if is_vain {
        return VAIN_TEST;
    }
    let doublings = tests.clamp(0, 4);
    (FIRST_TEST * (1_i32 << doublings)).min(LONGEST_TEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(failed: u64, succeeded: u64, failed_references: u64, expect: Option<QuarantineReason>) {
        let tally = Tally { tried: failed + succeeded, failed, failed_references, ..Tally::default() };
        assert_eq!(judge(&tally), expect, "{failed} failed, {succeeded} succeeded, {failed_references}");
    }

    #[test]
    fn the_documents_worked_examples() {
        use QuarantineReason as Reason;
        check(45_000, 0, 0, Some(Reason::EncounteredBaseEscrowThreshold));
        check(30_000, 5_000, 0, Some(Reason::EncounteredEscrowProportionThreshold));
        check(20_000, 100_000, 0, None);
        check(40_000, 1_000_000, 21_000, Some(Reason::EncounteredTotalEscrowThreshold));
    }

    #[test]
    fn each_number_at_its_edge() {
        use QuarantineReason as Reason;
        check(4_000, 0, 0, None);
        check(4_999, 0, 0, None);
        check(5_000, 0, 0, Some(Reason::EncounteredEscrowProportionThreshold));
        check(5_000, 7_500, 0, None);
        check(5_000, 7_499, 0, Some(Reason::EncounteredEscrowProportionThreshold));
        check(40_000, 1_000_000, 0, None);
        check(40_001, 1_000_000, 0, Some(Reason::EncounteredBaseEscrowThreshold));
        check(0, 1_000_000, 59_999, None);
        check(0, 1_000_000, 60_000, Some(Reason::EncounteredTotalEscrowThreshold));
        check(5_000, 10_000, 50_000, None);
    }

    fn after(hours: i64) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
    }

    #[test]
    fn attempts_become_seldom_and_end() {
        for (now, next) in [
            (0, Some(6)),
            (5, Some(6)),
            (6, Some(12)),
            (12, Some(24)),
            (13, Some(24)),
            (24, Some(48)),
            (27 * 24, Some(28 * 24)),
            (28 * 24, None),
            (1000, None),
        ] {
            assert_eq!(next_attempt(after(0), after(now)), next.map(after), "{now} hours");
        }
    }

    #[test]
    fn test_calls_become_seldom() {
        for (tests, minutes) in [(0, 1), (1, 2), (2, 4), (3, 8), (4, 15), (i64::MAX, 15)] {
            assert_eq!(test_wait(tests, false), SignedDuration::from_mins(minutes), "{tests}");
            assert_eq!(test_wait(tests, true), SignedDuration::from_hours(1));
        }
    }

    #[test]
    fn only_what_repeats_for_an_hour_lasts() {
        for (failures, since, lasts) in [(3, Some(0), true), (2, Some(0), false), (900, None, false)] {
            let status = JobStatus { failures, failing_since: since.map(after), ..JobStatus::default() };
            assert_eq!(is_lasting(&status, after(1)), lasts, "{failures} since {since:?}");
            assert!(!is_lasting(&status, after(0)));
        }
    }
}
