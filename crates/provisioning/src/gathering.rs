//! Writes that wait share a request, where the target takes several in one (RFC 7644 §3.7). Whoever is first in the line
//! waits for the turn, and takes along all who wait behind when it comes, as transactions share a commit. A write with
//! which nobody waits goes as it would without.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use connector::{Bulk, BulkOutcome, Error, Interruption, Operation, Target};
use tokio::sync::oneshot;

use crate::pacing::Pacer;

/// The writes of one cycle that wait for their turn.
pub struct Gathering {
    waiting: Mutex<VecDeque<Waiting>>,
    /// The most writes in one request, besides what the target says of itself.
    most: AtomicUsize,
    /// Who is first; the others wait behind, in the order in which they came.
    line: tokio::sync::Mutex<()>,
    last_ticket: AtomicU64,
    /// Writes that were sent with others, and of whose end nobody has taken notice.
    sent_together: AtomicUsize,
}

struct Waiting {
    ticket: u64,
    operation: Operation,
    outcome: oneshot::Sender<BulkOutcome>,
}

impl Default for Gathering {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            most: AtomicUsize::new(usize::MAX),
            line: tokio::sync::Mutex::default(),
            last_ticket: AtomicU64::new(0),
            sent_together: AtomicUsize::new(0),
        }
    }
}

impl Gathering {
    /// Sends a write, with others where there are any that wait. `None`: it has to be sent by itself.
    ///
    /// # Errors
    /// [`Error::RateLimited`], when the target wants nothing to be sent for longer than anybody waits.
    pub async fn write(
        &self,
        target: &dyn Target,
        pacer: &Pacer,
        operation: &Operation,
    ) -> Result<BulkOutcome, Error> {
        if target.bulk().is_none_or(|bulk| bulk.fit(&[operation]) == 0) {
            return Ok(None);
        }
        let (ticket, mut outcome) = self.wait(operation);
        let first = tokio::select! {
            biased;
            outcome = &mut outcome => return Ok(self.took_notice(outcome)),
            first = self.line.lock() => first,
        };
        let Some(own) = self.called(ticket) else {
            drop(first);
            return Ok(self.took_notice(outcome.await));
        };
        let turn = pacer.turn(1.0).await?;
        let bulk = target.bulk();
        let batch = self.batch(own, bulk);
        drop(first);
        let Some(bulk) = bulk.filter(|_| batch.len() > 1) else {
            let result = target.export(operation).await;
            turn.ended(&result);
            return Ok(Some(result));
        };
        self.sent_together.fetch_add(batch.len(), Ordering::Relaxed);
        let operations: Vec<&Operation> = batch.iter().map(|one| &one.operation).collect();
        let outcomes = bulk.write(&operations).await;
        turn.ended_with(&outcomes);
        self.heed(&outcomes);
        for (one, outcome) in batch.into_iter().zip(outcomes) {
            // Who does not wait any more has been stopped, and is looked at again.
            drop(one.outcome.send(outcome));
        }
        Ok(self.took_notice(outcome.await))
    }

    /// How many writes were sent with others, and have not been looked at since.
    pub fn sent_together(&self) -> usize {
        self.sent_together.load(Ordering::Relaxed)
    }

    fn wait(&self, operation: &Operation) -> (u64, oneshot::Receiver<BulkOutcome>) {
        let (outcome, received) = oneshot::channel();
        let ticket = self.last_ticket.fetch_add(1, Ordering::Relaxed);
        self.waiting().push_back(Waiting { ticket, operation: operation.clone(), outcome });
        (ticket, received)
    }

    /// Takes out who has come first in the line, unless another has taken it along.
    fn called(&self, ticket: u64) -> Option<Waiting> {
        let mut waiting = self.waiting();
        let place = waiting.iter().position(|one| one.ticket == ticket)?;
        waiting.remove(place)
    }

    /// Takes along as many as go into one request.
    fn batch(&self, own: Waiting, bulk: Option<&dyn Bulk>) -> Vec<Waiting> {
        let Some(bulk) = bulk else { return vec![own] };
        let mut waiting = self.waiting();
        waiting.retain(|one| !one.outcome.is_closed());
        let operations = std::iter::once(&own).chain(waiting.iter()).map(|one| &one.operation);
        let fit = bulk.fit(&operations.collect::<Vec<_>>()).min(self.most.load(Ordering::Relaxed));
        let others = fit.saturating_sub(1).min(waiting.len());
        std::iter::once(own).chain(waiting.drain(..others)).collect()
    }

    /// An application may count each operation, and never allow so many at once: half as many, where all are refused.
    fn heed(&self, outcomes: &[BulkOutcome]) {
        let is_refused = |outcome: &BulkOutcome| matches!(outcome, Some(Err(Error::RateLimited { .. })));
        if outcomes.iter().all(is_refused) {
            self.most.fetch_min((outcomes.len() / 2).max(1), Ordering::Relaxed);
        }
    }

    fn took_notice(&self, outcome: Result<BulkOutcome, oneshot::error::RecvError>) -> BulkOutcome {
        self.sent_together.fetch_sub(1, Ordering::Relaxed);
        outcome.unwrap_or_else(|_| {
            let detail = "the request that this write was part of was given up";
            Some(Err(Error::transient(Interruption::Connection, detail)))
        })
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
