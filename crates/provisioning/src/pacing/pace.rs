//! When the next request may be sent. Pure: instants are given, as the time since some beginning.

use std::time::Duration;

use super::allowance::Allowance;
use super::in_flight::InFlight;
use crate::limits::{RATE_LIMIT_WAIT, RATE_LIMIT_WAIT_MAX};

/// How late a request may be without the next one coming later as well. It makes up for timers that are late, and is
/// all that may ever be sent at once of a configured rate.
const LATENESS: Duration = Duration::from_millis(10);

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered, whatever the answer was.
    Answered,
    /// Not answered in time, or with the answer that the target is in trouble (5xx).
    Failed,
    /// Refused because there are too many (429): not done, and not to be sent again before that time has passed.
    Refused(Option<Duration>),
}

/// Whether a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Now, and it counts as sent.
    Now,
    /// Not before this instant.
    At(Duration),
    /// When another one has ended.
    AfterAnother,
}

/// The pace of one target.
#[derive(Debug, Default)]
pub struct Pace {
    /// The most requests a second that the job allows.
    cap: Option<f64>,
    in_flight: InFlight,
    allowance: Allowance,
    /// Nothing is sent before: the target asked for a pause.
    closed_until: Duration,
    /// Nothing is sent before: the rate allows no more.
    next: Duration,
    /// Refusals of requests that were sent before this are part of one that was heeded.
    heeded: Duration,
    /// Refusals without an answer in between.
    refusals_in_a_row: u32,
    /// Since when requests are counted, and how many were answered since: the rate before one is learned.
    counted: Option<(Duration, f64)>,
}

impl Pace {
    /// The pace of a target of which nothing is known but the job's bound, in requests a second.
    pub fn new(cap: Option<f64>) -> Self {
        Self { cap, ..Self::default() }
    }

    /// Takes the turn for a call that takes so many requests, if it has come.
    pub fn take(&mut self, now: Duration, requests: f64) -> When {
        let not_before = self.closed_until.max(self.next);
        if now < not_before {
            return When::At(not_before);
        }
        if !self.in_flight.has_room() {
            return When::AfterAnother;
        }
        if let Some(rate) = self.rate() {
            let turn = self.next.max(now.saturating_sub(LATENESS));
            self.next = turn.saturating_add(seconds(requests / rate));
        }
        self.allowance.sent(requests);
        self.in_flight.sent(now);
        self.counted.get_or_insert((now, 0.0));
        When::Now
    }

    /// A request has ended that was sent at `sent`.
    pub fn ended(&mut self, now: Duration, sent: Duration, outcome: Outcome) {
        match outcome {
            Outcome::Answered => {
                self.refusals_in_a_row = 0;
                self.in_flight.answered(now, sent);
                self.count(now);
            }
            Outcome::Failed => self.in_flight.failed(now, sent),
            Outcome::Refused(asked) => self.refused(now, sent, asked),
        }
    }

    /// A request was sent, and nobody waits for its answer.
    pub fn abandoned(&mut self, now: Duration) {
        self.in_flight.abandoned(now);
    }

    /// How many requests are under way.
    pub fn under_way(&self) -> usize {
        self.in_flight.under_way()
    }

    /// How many may be at once.
    pub fn bound(&self) -> usize {
        self.in_flight.bound()
    }

    /// For how long the target wants nothing to be sent.
    pub fn closed_for(&self, now: Duration) -> Duration {
        self.closed_until.saturating_sub(now)
    }

    /// Requests a second; `None`: only answers set the pace.
    fn rate(&self) -> Option<f64> {
        let learned = self.allowance.rate();
        self.cap.map(|cap| learned.map_or(cap, |learned| learned.min(cap))).or(learned)
    }

    fn refused(&mut self, now: Duration, sent: Duration, asked: Option<Duration>) {
        let wait = asked.unwrap_or_else(|| self.wait_unasked());
        self.closed_until = self.closed_until.max(now.saturating_add(wait));
        self.in_flight.abandoned(now);
        if sent < self.heeded {
            return;
        }
        self.heeded = now;
        self.refusals_in_a_row = self.refusals_in_a_row.saturating_add(1);
        let (since, answered) = self.counted.take().unwrap_or((sent, 0.0));
        let elapsed = now.saturating_sub(since).max(LATENESS).as_secs_f64();
        let asked = self.cap.unwrap_or((answered + 1.0) / elapsed);
        self.allowance.refused(asked, elapsed, wait);
    }

    /// The wait after a refusal that names none: doubled with each that follows without an answer in between.
    fn wait_unasked(&self) -> Duration {
        RATE_LIMIT_WAIT.saturating_mul(1 << self.refusals_in_a_row.min(10)).min(RATE_LIMIT_WAIT_MAX)
    }

    /// Counts an answer, and begins anew before the count is old.
    fn count(&mut self, now: Duration) {
        const OLD: Duration = Duration::from_secs(10);
        let Some((since, answered)) = &mut self.counted else { return };
        if now.saturating_sub(*since) > OLD {
            *since += OLD / 2;
            *answered /= 2.0;
        }
        *answered += 1.0;
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
#[path = "simulation.rs"]
mod simulation;
