//! The deletion threshold: an accident in the directory must not empty the application. Pure.

use std::fmt;

use model::job::Threshold;

/// Why a cycle's deletions and disables are held back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// How many there are.
    pub leavers: u64,
    /// How many objects the job manages.
    pub managed: u64,
    /// The threshold they reach.
    pub threshold: Threshold,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} managed users would be disabled or deleted", self.leavers, self.managed)?;
        match (self.threshold.count, self.threshold.share) {
            (Some(count), Some(share)) => {
                write!(f, "; the deletion threshold is {count}, or {}", percent(share))
            }
            (Some(count), None) => write!(f, "; the deletion threshold is {count}"),
            (None, Some(share)) => write!(f, "; the deletion threshold is {}", percent(share)),
            (None, None) => Ok(()),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1000.0).round() / 10.0)
}

/// Judges a cycle before any deletion or disable is sent: all of them are held when their number reaches
/// `threshold.count`, or when they are more than `threshold.share` of the managed objects.
///
/// # Errors
/// [`Held`], when they must wait for a person.
pub fn judge(leavers: u64, managed: u64, threshold: Threshold) -> Result<(), Held> {
    let many = threshold.count.is_some_and(|count| leavers >= count);
    // Exact enough: a directory has far fewer than 2^52 users.
    #[allow(clippy::cast_precision_loss)]
    let large = threshold.share.is_some_and(|share| leavers as f64 > share * managed as f64);
    if leavers > 0 && (many || large) { Err(Held { leavers, managed, threshold }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(leavers: u64, managed: u64, count: Option<u64>, share: Option<f64>, passes: bool) {
        let verdict = judge(leavers, managed, Threshold { count, share });
        assert_eq!(verdict.is_ok(), passes, "{leavers} of {managed}, {count:?} {share:?}");
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
    fn what_is_held_says_why() {
        let held = judge(61, 500, Threshold { count: Some(50), share: Some(0.125) }).unwrap_err();
        assert_eq!(
            held.to_string(),
            "61 of 500 managed users would be disabled or deleted; the deletion threshold is 50, or 12.5 %"
        );
    }
}
