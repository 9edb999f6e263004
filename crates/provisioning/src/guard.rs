//! The deletion guard: an accident in the directory must not empty the application. Pure.

use std::fmt;

use connector::ObjectType;
use model::job::Threshold;

/// A finished full read that holds fewer than half of the linked objects of a type is not believed, where at least this
/// many are linked: among a few, one who leaves is easily the half.
pub const FEW: u64 = 10;

/// What a cycle would take away, and what the guard compares it with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Deletions, disables and lost memberships that nobody has decided on.
    pub new: u64,
    /// Such that are staged, and wait for a person.
    pub waiting: u64,
    /// How many were sent in the last 24 hours without a person having allowed them.
    pub today: u64,
    /// How many objects the job manages.
    pub managed: u64,
}

/// Why a cycle's deletions, disables and lost memberships are held back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// How many there are.
    pub losses: u64,
    /// How many objects the job manages.
    pub managed: u64,
    /// Why.
    pub why: Why,
}

/// What holds them back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// They reach the threshold of a cycle.
    Cycle(Threshold),
    /// They reach the threshold of 24 hours.
    Day {
        /// The threshold.
        threshold: Threshold,
        /// What was sent in the last 24 hours.
        sent: u64,
    },
    /// The source came to its end, and holds too few of those that are linked to be believed.
    ShortRead {
        /// Of which type.
        object_type: ObjectType,
        /// How many of those that are linked it does not hold.
        absent: u64,
        /// How many are linked.
        linked: u64,
    },
    /// The source came to its end, and holds too few of the memberships that the target has to be believed.
    FewMembers {
        /// How many are gone.
        lost: u64,
        /// How many the target has.
        sent: u64,
    },
    /// They were staged earlier, and nobody has decided yet.
    Waiting,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { losses, managed, why } = self;
        match why {
            Why::Cycle(threshold) => {
                write!(f, "{losses} of {managed} managed users would be disabled or deleted")?;
                write_threshold(f, "; the deletion threshold is ", *threshold)
            }
            Why::Day { threshold, sent } => {
                write!(
                    f,
                    "{losses} of {managed} managed users would be disabled or deleted, {sent} were in the last 24 hours"
                )?;
                write_threshold(f, "; the deletion threshold of 24 hours is ", *threshold)
            }
            Why::ShortRead { object_type, absent, linked } => {
                let kind = if *object_type == ObjectType::User { "users" } else { "groups" };
                write!(
                    f,
                    "the directory was read to its end, but {absent} of {linked} linked {kind} are not in it"
                )
            }
            Why::FewMembers { lost, sent } => {
                write!(f, "the directory was read to its end, but {lost} of {sent} memberships are not in it")
            }
            Why::Waiting => {
                write!(
                    f,
                    "{losses} deletions, disables or lost memberships are staged, and wait for a person"
                )
            }
        }
    }
}

fn write_threshold(f: &mut fmt::Formatter<'_>, words: &str, threshold: Threshold) -> fmt::Result {
    match (threshold.count, threshold.share) {
        (Some(count), Some(share)) => write!(f, "{words}{count}, or {}", percent(share)),
        (Some(count), None) => write!(f, "{words}{count}"),
        (None, Some(share)) => write!(f, "{words}{}", percent(share)),
        (None, None) => Ok(()),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1000.0).round() / 10.0)
}

/// Judges a cycle before any deletion or disable is sent: all new ones are held when, together with those that wait,
/// their number reaches the threshold's `count`, or is more than its `share` of the managed objects; for the threshold
/// of 24 hours, together with what was sent in that time.
///
/// # Errors
/// [`Held`], when they must wait for a person.
pub fn judge(losses: Losses, per_cycle: Threshold, per_day: Threshold) -> Result<(), Held> {
    let Losses { new, waiting, today, managed } = losses;
    let held = |why| Err(Held { losses: new + waiting, managed, why });
    if new == 0 {
        return Ok(());
    }
    if reaches(per_cycle, new + waiting, managed) {
        return held(Why::Cycle(per_cycle));
    }
    // Who was taken away today was managed when the day began.
    if reaches(per_day, new + waiting + today, managed + today) {
        return held(Why::Day { threshold: per_day, sent: today });
    }
    Ok(())
}

fn reaches(threshold: Threshold, losses: u64, managed: u64) -> bool {
    let many = threshold.count.is_some_and(|count| losses >= count);
    // Exact enough: a directory has far fewer than 2^52 users.
    #[allow(clippy::cast_precision_loss)]
    let large = threshold.share.is_some_and(|share| losses as f64 > share * managed as f64);
    many || large
}

/// Whether a finished full read of a type is too short to be believed: it holds nobody at all, or fewer than half of
/// those that are linked, where these are at least [`FEW`].
#[must_use]
pub fn is_short(read: u64, absent: u64, linked: u64) -> bool {
    absent > 0 && (read == 0 || are_most(absent, linked))
}

/// Whether more than half of at least [`FEW`] are gone.
#[must_use]
pub fn are_most(gone: u64, of: u64) -> bool {
    of >= FEW && gone.saturating_mul(2) > of
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Threshold = Threshold { count: None, share: None };

    fn check(new: u64, managed: u64, count: Option<u64>, share: Option<f64>, passes: bool) {
        let losses = Losses { new, managed, ..Losses::default() };
        let verdict = judge(losses, Threshold { count, share }, NONE);
        assert_eq!(verdict.is_ok(), passes, "{new} of {managed}, {count:?} {share:?}");
    }

    #[test]
    fn the_number_is_reached_at_the_number() {
        check(49, 10_000, Some(50), None, true);
        check(50, 10_000, Some(50), None, false);
        check(0, 0, Some(1), None, true);
        check(1, 1, Some(1), None, false);
    }

    #[test]
    fn the_share_is_passed_above_the_share() {
        check(10, 100, None, Some(0.1), true);
        check(11, 100, None, Some(0.1), false);
        check(0, 0, None, Some(0.0), true);
        check(1, 0, None, Some(1.0), false);
    }

    #[test]
    fn either_holds_and_none_holds_nothing() {
        check(49, 400, Some(50), Some(0.1), false);
        check(50, 4_000, Some(50), Some(0.1), false);
        check(49, 4_000, Some(50), Some(0.1), true);
        check(1_000_000, 1_000_000, None, None, true);
    }

    #[test]
    fn what_waits_counts_with_what_is_new_and_holds_nothing_by_itself() {
        let threshold = Threshold { count: Some(50), share: None };
        let losses = |new, waiting| Losses { new, waiting, today: 0, managed: 1_000 };
        assert_eq!(judge(losses(0, 600), threshold, NONE), Ok(()));
        assert_eq!(judge(losses(1, 48), threshold, NONE), Ok(()));
        assert!(judge(losses(1, 49), threshold, NONE).is_err());
    }

    #[test]
    fn a_day_adds_its_cycles_up() {
        let day = Threshold { count: Some(100), share: Some(0.1) };
        let losses = |new, today, managed| Losses { new, waiting: 0, today, managed };
        assert_eq!(judge(losses(19, 80, 10_000), NONE, day), Ok(()));
        let held = judge(losses(20, 80, 10_000), NONE, day).unwrap_err();
        assert_eq!(
            held.to_string(),
            "20 of 10000 managed users would be disabled or deleted, 80 were in the last 24 hours; \
             the deletion threshold of 24 hours is 100, or 10 %"
        );
        assert_eq!(judge(losses(1, 9, 91), NONE, day), Ok(()), "10 of the 100 that were managed");
        assert!(judge(losses(2, 9, 91), NONE, day).is_err());
    }

    #[test]
    fn an_empty_or_short_read_is_not_believed() {
        for (read, absent, linked, short) in [
            (0, 1, 1, true),
            (0, 0, 0, false),
            (1, 1, 1, false),
            (1, 8, 9, false),
            (5, 5, 10, false),
            (4, 6, 10, true),
            (40_000, 6, 10, true),
        ] {
            assert_eq!(is_short(read, absent, linked), short, "{read} read, {absent} of {linked} absent");
        }
    }

    #[test]
    fn what_is_held_says_why() {
        let losses = Losses { new: 61, managed: 500, ..Losses::default() };
        let held = judge(losses, Threshold { count: Some(50), share: Some(0.125) }, NONE).unwrap_err();
        assert_eq!(
            held.to_string(),
            "61 of 500 managed users would be disabled or deleted; the deletion threshold is 50, or 12.5 %"
        );
    }
}
