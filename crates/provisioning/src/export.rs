//! The target as a cycle sees it: one 429 slows everybody down, and a target that is gone is noticed.
//! Nothing is sent again but what the target says it has not done (429).

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use connector::{Error, ObjectType, Operation, Request, Target, TargetObject};
use scim::path::Path;
use tokio::sync::RwLock;
use tokio::time::Instant;

use crate::limits::{BREAKER_FAILURES, RATE_LIMIT_TRIES, RATE_LIMIT_WAIT, RATE_LIMIT_WAIT_MAX};

/// A target that waits its turn, for one cycle.
pub struct Exporter<'a> {
    target: &'a dyn Target,
    /// Nobody asks before this instant.
    not_before: RwLock<Option<Instant>>,
    failures_in_a_row: AtomicU32,
}

impl<'a> Exporter<'a> {
    /// An exporter to that target.
    #[must_use]
    pub fn new(target: &'a dyn Target) -> Self {
        Self { target, not_before: RwLock::new(None), failures_in_a_row: AtomicU32::new(0) }
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

    /// Asks, and asks again after a 429, a bounded number of times.
    async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut tries = 1;
        loop {
            self.wait_for_turn().await;
            match ask().await {
                Err(Error::RateLimited { retry_after }) if tries < RATE_LIMIT_TRIES => {
                    tries += 1;
                    self.slow_down(retry_after).await;
                }
                result => return result,
            }
        }
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

#[async_trait]
impl Target for Exporter<'_> {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.patiently(|| self.target.test(nobody)).await
    }

    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        self.patiently(|| self.target.find(object_type, attribute, value)).await
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.patiently(|| self.target.get(object_type, id)).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.target.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        self.patiently(|| self.target.export(operation)).await
    }
}
