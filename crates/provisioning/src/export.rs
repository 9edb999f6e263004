//! The target as one cycle sees it: every request waits for its turn, and a target that is gone is noticed.
//! Writes that wait go together where the target takes several in one request ([`crate::gathering`]). Nothing is sent
//! again but what the target says it has not done.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use connector::{Error, ObjectType, Operation, Page, Request, Target, TargetObject};
use scim::path::Path;

use crate::context::{Context, Ends, JobInstance};
use crate::gathering::Gathering;
use crate::limits::{BREAKER_FAILURES, RATE_LIMIT_TRIES, WORK_BATCH};
use crate::pacing::Pacer;

/// A test asks for a user and a group.
const REQUESTS_OF_A_TEST: f64 = 2.0;

/// A target that waits its turn, for one cycle.
pub struct Exporter<'a> {
    target: &'a dyn Target,
    pacer: Arc<Pacer>,
    /// Whether the job bounds its requests, so that each is counted.
    is_capped: bool,
    gathering: Gathering,
    failures_in_a_row: AtomicUsize,
    /// Objects whose requests were under way when the first of them failed.
    forgiven: AtomicUsize,
}

impl<'a> Exporter<'a> {
    /// An exporter to a job's target.
    #[must_use]
    pub fn new(context: &Context, job: &JobInstance, ends: &'a Ends) -> Self {
        Self {
            target: ends.target.as_ref(),
            pacer: context.paces.of(job),
            is_capped: job.definition.target.requests_per_second().is_some(),
            gathering: Gathering::default(),
            failures_in_a_row: AtomicUsize::new(0),
            forgiven: AtomicUsize::new(0),
        }
    }

    /// How many objects are worth being worked on at once: where they are written together, enough for two requests.
    #[must_use]
    pub fn objects_at_once(&self) -> usize {
        let together = self.target.bulk().map_or(0, |bulk| 2 * bulk.most());
        self.pacer.objects_at_once().max(together.min(WORK_BATCH))
    }

    /// Learns how an object ended. Many interruptions in a row mean that the target is gone; going on would only
    /// send everybody to escrow.
    pub fn observe(&self, error: Option<&Error>) {
        match error {
            Some(Error::Transient { .. }) => {
                if self.failures_in_a_row.fetch_add(1, Ordering::Relaxed) == 0 {
                    let under_way = self.pacer.under_way() + self.gathering.sent_together();
                    self.forgiven.store(under_way, Ordering::Relaxed);
                }
            }
            Some(_) | None => self.failures_in_a_row.store(0, Ordering::Relaxed),
        }
    }

    /// Whether the target has failed too often in a row to go on, or wants to be left alone for long.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let tolerated = BREAKER_FAILURES + self.forgiven.load(Ordering::Relaxed);
        self.failures_in_a_row.load(Ordering::Relaxed) >= tolerated || self.pacer.is_closed()
    }

    /// Asks, and asks again after a 429, a bounded number of times.
    async fn patiently<T, F>(&self, requests: f64, ask: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut tries = 1;
        loop {
            let turn = self.pacer.turn(requests).await?;
            let result = ask().await;
            turn.ended(&result);
            match result {
                Err(Error::RateLimited { .. }) if tries < RATE_LIMIT_TRIES => tries += 1,
                result => return result,
            }
        }
    }

    /// How many requests a write takes, where that matters: some dialects ask before they write.
    fn requests(&self, operation: &Operation) -> f64 {
        if !self.is_capped {
            return 1.0;
        }
        u32::try_from(self.target.preview(operation).len()).map_or(1.0, f64::from).max(1.0)
    }
}

#[async_trait]
impl Target for Exporter<'_> {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.patiently(REQUESTS_OF_A_TEST, || self.target.test(nobody)).await
    }

    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        self.patiently(1.0, || self.target.find(object_type, attribute, value)).await
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.patiently(1.0, || self.target.get(object_type, id)).await
    }

    async fn list(&self, object_type: ObjectType, from: u64) -> Result<Page, Error> {
        self.patiently(1.0, || self.target.list(object_type, from)).await
    }

    async fn members(&self, id: &str, known: Option<&str>) -> Result<Option<Vec<String>>, Error> {
        self.patiently(1.0, || self.target.members(id, known)).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.target.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        let mut tries = 1;
        loop {
            match self.gathering.write(self.target, &self.pacer, operation).await? {
                Some(Err(Error::RateLimited { .. })) if tries < RATE_LIMIT_TRIES => tries += 1,
                Some(result) => return result,
                None => break,
            }
        }
        self.patiently(self.requests(operation), || self.target.export(operation)).await
    }
}
