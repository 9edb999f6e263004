//! Makes requests wait for their turn.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use connector::{BulkOutcome, Error};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::pace::{Outcome, Pace, When};
use crate::limits::RATE_LIMIT_WAIT_MAX;

/// The pace of one job's target, shared by all that asks it.
#[derive(Debug)]
pub struct Pacer {
    began: Instant,
    pace: Mutex<Pace>,
    /// Who is first in the line; the others wait behind, in the order in which they came.
    line: tokio::sync::Mutex<()>,
    ended: Notify,
}

/// The turn of one request. One that is dropped was abandoned.
#[derive(Debug)]
pub struct Turn<'a> {
    pacer: &'a Pacer,
    sent: Duration,
    outcome: Option<Outcome>,
}

impl Pacer {
    /// The pacer of a target that nothing is known of but the job's bound, in requests a second.
    #[must_use]
    pub fn new(cap: Option<f64>) -> Self {
        Self {
            began: Instant::now(),
            pace: Mutex::new(Pace::new(cap)),
            line: tokio::sync::Mutex::default(),
            ended: Notify::new(),
        }
    }

    /// Waits for the turn of a call that takes so many requests.
    ///
    /// # Errors
    /// [`Error::RateLimited`], when the target wants nothing to be sent for longer than anybody waits.
    pub async fn turn(&self, requests: f64) -> Result<Turn<'_>, Error> {
        let _first = self.line.lock().await;
        loop {
            let now = self.now();
            let retry_after = self.pace().closed_for(now);
            if retry_after > RATE_LIMIT_WAIT_MAX {
                return Err(Error::RateLimited { retry_after: Some(retry_after) });
            }
            // Whoever ends from here on wakes this one.
            let another = self.ended.notified();
            let when = self.pace().take(now, requests);
            match when {
                When::Now => return Ok(Turn { pacer: self, sent: now, outcome: None }),
                When::At(instant) => tokio::time::sleep(instant.saturating_sub(now)).await,
                When::AfterAnother => another.await,
            }
        }
    }

    /// How many objects are worth being worked on at once: those whose requests are under way, and as many that can
    /// take their place.
    #[must_use]
    pub fn objects_at_once(&self) -> usize {
        2 * self.pace().bound()
    }

    /// How many requests are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.pace().under_way()
    }

    /// Whether the target wants nothing to be sent for longer than anybody waits.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.pace().closed_for(self.now()) > RATE_LIMIT_WAIT_MAX
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The request has ended so.
    pub fn ended<T>(mut self, result: &Result<T, Error>) {
        self.outcome = Some(outcome(result));
    }

    /// The request has ended so for the writes that it held. One of them that is refused is a refusal, and only if all
    /// of them failed the request did.
    pub fn ended_with(mut self, outcomes: &[BulkOutcome]) {
        let told: Vec<Outcome> = outcomes.iter().flatten().map(outcome).collect();
        let refused = told.iter().find(|one| matches!(one, Outcome::Refused(_))).copied();
        let failed = !told.is_empty() && told.iter().all(|one| *one == Outcome::Failed);
        self.outcome = refused.or(Some(if failed { Outcome::Failed } else { Outcome::Answered }));
    }
}

fn outcome<T>(result: &Result<T, Error>) -> Outcome {
    match result {
        Err(Error::RateLimited { retry_after }) => Outcome::Refused(*retry_after),
        Err(Error::Transient { .. }) => Outcome::Failed,
        Ok(_) | Err(_) => Outcome::Answered,
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let now = self.pacer.now();
        let mut pace = self.pacer.pace();
        match self.outcome {
            Some(outcome) => pace.ended(now, self.sent, outcome),
            None => pace.abandoned(now),
        }
        drop(pace);
        self.pacer.ended.notify_waiters();
    }
}
