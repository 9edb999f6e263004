//! How many requests a second a target allows, learned from its refusals. Pure.
//!
//! A refusal (429) says that the rate of that moment was too high, and nothing else. So the rate goes down to what seems
//! to have been allowed, comes back soon to just below the rate that was refused, stays there for long, and only then
//! looks for more, slowly at first: the cubic that TCP uses for the same purpose (RFC 9438 §4.2). How long it stays depends
//! on what a refusal costs: the wait that the target asks for.

use std::time::Duration;

/// How far below the refused rate the rate stays.
const BELOW: f64 = 0.99;
/// The smallest and the largest part of that to which a refusal brings the rate down.
const LEAST: f64 = 0.25;
const MOST: f64 = 0.99;
/// What the first refusal may have been too much by, less the longer it went well: a target may let many through before
/// it counts.
const FIRST: f64 = 0.5;
/// For each second that a refusal costs, so many seconds go by before more is looked for: it may cost a fortieth.
const STAY: f64 = 40.0;
/// The wait that is reckoned with where the target asks for less, in seconds.
const SHORTEST_WAIT_SECONDS: f64 = 1.0;
/// A rate that is so much above the one that was refused is no bound any more.
const FORGOTTEN: f64 = 16.0;

/// What is known of a target's allowance.
#[derive(Debug, Default)]
pub struct Allowance {
    learned: Option<Learned>,
}

/// What the last refusal has taught.
#[derive(Debug)]
struct Learned {
    /// The rate to stay at, in requests a second.
    ceiling: f64,
    /// The part of it to begin with.
    start: f64,
    /// The wait that the refusal asked for, in seconds.
    wait: f64,
    /// Requests sent since, and the seconds that these take at the rates that they were sent at.
    sent: f64,
    seconds: f64,
}

impl Learned {
    /// Requests a second: a cubic through `start`, flat at `ceiling`.
    fn rate(&self) -> f64 {
        let stay = STAY * self.wait.max(SHORTEST_WAIT_SECONDS);
        let way = (self.seconds - stay) / stay;
        self.ceiling * (1.0 + (1.0 - self.start) * way.powi(3))
    }

    /// What seems to have been allowed since the last refusal. Whether the target counted on while nobody asked it can't
    /// be told from one refusal, so this lies between both readings; either mistake shrinks with the next refusal.
    fn estimate(&self) -> f64 {
        self.sent.max(1.0) / (self.seconds * (self.seconds + self.wait)).sqrt().max(f64::MIN_POSITIVE)
    }
}

impl Allowance {
    /// The rate to keep, in requests a second; `None` as long as nothing was refused.
    pub fn rate(&self) -> Option<f64> {
        self.learned.as_ref().map(Learned::rate)
    }

    /// So many requests were sent.
    pub fn sent(&mut self, requests: f64) {
        let Some(learned) = &mut self.learned else { return };
        learned.sent += requests;
        learned.seconds += requests / learned.rate();
        if learned.rate() > FORGOTTEN * learned.ceiling {
            self.learned = None;
        }
    }

    /// A request was refused that had been sent after the last refusal came; the target asks for that wait. Where none is
    /// learned yet, it was asked at the rate `asked`, for so many seconds.
    pub fn refused(&mut self, asked: f64, seconds: f64, wait: Duration) {
        let (rate, estimate) = match &self.learned {
            Some(learned) => (learned.rate(), learned.estimate()),
            None => (asked, asked * (1.0 - FIRST / (1.0 + seconds))),
        };
        let ceiling = rate * BELOW;
        // Between what it was on the way and what it was at last.
        let start = (estimate / ceiling).sqrt().clamp(LEAST, MOST);
        let wait = wait.as_secs_f64();
        self.learned = Some(Learned { ceiling, start, wait, sent: 0.0, seconds: 0.0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rate: f64) -> Allowance {
        let learned = Learned { ceiling: rate, start: MOST, wait: 1.0, sent: rate * 60.0, seconds: 60.0 };
        Allowance { learned: Some(learned) }
    }

    fn after(allowance: &mut Allowance, seconds: f64) -> f64 {
        let mut left = seconds;
        while left > 0.0 {
            left -= 1.0 / allowance.rate().unwrap();
            allowance.sent(1.0);
        }
        allowance.rate().unwrap()
    }

    fn is_about(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 0.005, "{found} instead of {expected}");
    }

    #[test]
    fn nothing_is_bounded_before_a_refusal() {
        let mut allowance = Allowance::default();
        allowance.sent(1.0);
        assert_eq!(allowance.rate(), None);
    }

    #[test]
    fn a_first_refusal_takes_much_and_a_late_one_little() {
        let mut allowance = Allowance::default();
        allowance.refused(100.0, 0.0, Duration::from_secs(1));
        is_about(allowance.rate().unwrap(), 99.0 * (0.5_f64 / 0.99).sqrt());
        let mut allowance = at(25.0);
        allowance.refused(0.0, 0.0, Duration::from_secs(1));
        let rate = allowance.rate().unwrap();
        assert!((24.0..25.0).contains(&rate), "{rate}");
    }

    #[test]
    fn the_rate_comes_back_stays_and_looks_for_more() {
        let mut allowance = Allowance::default();
        allowance.refused(100.0, 0.0, Duration::from_secs(1));
        let lacking = 1.0 - (0.5_f64 / 0.99).sqrt();
        is_about(after(&mut allowance, STAY / 2.0), 99.0 * (1.0 - lacking / 8.0));
        is_about(after(&mut allowance, STAY / 2.0), 99.0);
        is_about(after(&mut allowance, STAY / 8.0), 99.0);
        assert!(after(&mut allowance, STAY) > 130.0);
    }

    #[test]
    fn a_longer_wait_makes_more_careful() {
        let mut allowance = Allowance::default();
        allowance.refused(100.0, 0.0, Duration::from_secs(10));
        assert!(after(&mut allowance, 5.0 * STAY) < 98.0);
        is_about(after(&mut allowance, 5.0 * STAY), 99.0);
    }

    #[test]
    fn a_refusal_of_long_ago_is_forgotten() {
        let mut allowance = at(10.0);
        for _ in 0..1_000_000 {
            allowance.sent(1.0);
        }
        assert_eq!(allowance.rate(), None);
    }
}
