//! Sends a step to the target. Nothing is retried but what the target says it has not done (429).

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use connector::{Error, Operation, Target};
use tokio::sync::RwLock;
use tokio::time::Instant;

use crate::limits::{BREAKER_FAILURES, RATE_LIMIT_TRIES, RATE_LIMIT_WAIT, RATE_LIMIT_WAIT_MAX};

/// Sends operations to one target for one cycle, and notices when the target is gone altogether.
pub struct Exporter<'a> {
    target: &'a dyn Target,
    /// Nobody sends before this instant: one 429 slows everybody down.
    not_before: RwLock<Option<Instant>>,
    failures_in_a_row: AtomicU32,
}

impl<'a> Exporter<'a> {
    /// An exporter to that target.
    #[must_use]
    pub fn new(target: &'a dyn Target) -> Self {
        Self { target, not_before: RwLock::new(None), failures_in_a_row: AtomicU32::new(0) }
    }

    /// Sends one operation. `Ok` is the id of the resource that was written.
    ///
    /// # Errors
    /// The target's error, after waiting out 429 answers a bounded number of times.
    pub async fn export(&self, operation: &Operation) -> Result<String, Error> {
        let mut tries = 1;
        loop {
            self.wait_for_turn().await;
            match self.target.export(operation).await {
                Err(Error::RateLimited { retry_after }) if tries < RATE_LIMIT_TRIES => {
                    tries += 1;
                    self.slow_down(retry_after).await;
                }
                Ok(object) => return Ok(operation.id().map_or(object.id, str::to_owned)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Learns how an object ended. Many interruptions in a row mean that the target is gone; going on would only
    /// send everybody to escrow.
    pub fn observe(&self, error: Option<&Error>) {
        match error {
            Some(Error::Transient { .. }) => {
                self.failures_in_a_row.fetch_add(1, Ordering::Relaxed);
            }
            Some(_) | None => self.failures_in_a_row.store(0, Ordering::Relaxed),
        }
    }

    /// Whether the target has failed too often in a row to go on.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.failures_in_a_row.load(Ordering::Relaxed) >= BREAKER_FAILURES
    }

    async fn wait_for_turn(&self) {
        let until = *self.not_before.read().await;
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }

    async fn slow_down(&self, retry_after: Option<Duration>) {
        let until = Instant::now() + retry_after.unwrap_or(RATE_LIMIT_WAIT).min(RATE_LIMIT_WAIT_MAX);
        let mut not_before = self.not_before.write().await;
        *not_before = Some(not_before.map_or(until, |now| now.max(until)));
    }
}
