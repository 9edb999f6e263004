//! The lease on a job: one cycle of a job at a time, whoever runs it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::Clock;
use model::JobId;
use store::{Store, Tx};
use tokio::time::Instant;

use crate::Error;
use crate::context::{Context, JobInstance};
use crate::limits::{LEASE, LEASE_POLL, LEASE_RENEWAL};

/// What is stored with each renewal, in its transaction.
pub type Beat = Arc<dyn Fn(&mut Tx<'_>, Timestamp) -> Result<(), store::Error> + Send + Sync>;

/// A lease that this process took.
#[derive(Clone, Debug)]
pub struct Lease {
    name: String,
    holder: String,
}

impl Lease {
    /// The lease on a job, for a holder whose name nobody else has.
    #[must_use]
    pub fn of(job: JobId, holder: String) -> Self {
        Self { name: format!("cycle:{job}"), holder }
    }

    /// Takes the lease, if it is free or has run out.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim(&self, store: &Store, now: Timestamp) -> Result<bool, store::Error> {
        let lease = self.clone();
        store.write(move |tx| store::lease::claim(tx, &lease.name, &lease.holder, now, duration())).await
    }

    /// Gives it back.
    ///
    /// # Errors
    /// The store's.
    pub async fn release(&self, store: &Store) -> Result<(), store::Error> {
        let lease = self.clone();
        store.write(move |tx| store::lease::release(tx, &lease.name, &lease.holder)).await
    }

    /// Takes the lease from whoever holds it, for as long as a holder may need to notice. Answers whether anybody did.
    ///
    /// # Errors
    /// The store's.
    pub fn seize(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, store::Error> {
        if store::lease::holder(tx, &self.name, now)?.is_none() {
            return Ok(false);
        }
        store::lease::seize(tx, &self.name, &self.holder, now, duration()).map(|()| true)
    }

    /// Refuses when somebody else has taken the lease, in the transaction that depends on it.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub fn check(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Error> {
        let held = store::lease::renew(tx, &self.name, &self.holder, now, duration())?;
        if held { Ok(()) } else { Err(Error::LeaseLost) }
    }

    /// Runs `work` and renews the lease meanwhile, with what `beat` stores; stops it when the lease is lost.
    ///
    /// # Errors
    /// What `work` answers, or [`Error::LeaseLost`].
    pub async fn hold<T>(
        &self,
        store: &Store,
        clock: &Arc<dyn Clock>,
        beat: Option<Beat>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            result = work => result,
            lost = self.keep(store, clock, beat) => Err(lost),
        }
    }

    /// Renews for ever; ends with the reason why it can't any more.
    async fn keep(&self, store: &Store, clock: &Arc<dyn Clock>, beat: Option<Beat>) -> Error {
        loop {
            tokio::time::sleep(LEASE_RENEWAL).await;
            let (lease, now, beat) = (self.clone(), clock.now(), beat.clone());
            let renewed = store.write(move |tx| {
                lease.check(tx, now)?;
                beat.as_ref().map_or(Ok(()), |beat| beat(tx, now).map_err(Error::Store))
            });
            if let Err(error) = renewed.await {
                return error;
            }
        }
    }
}

/// Works on a job while nobody else does: takes its lease, waiting for it as long as `patience` lasts, and gives it back.
///
/// # Errors
/// What `work` answers; [`Error::Busy`] when somebody else works on the job for longer.
pub async fn alone<T, W: Future<Output = Result<T, Error>>>(
    context: &Context,
    job: &JobInstance,
    patience: Duration,
    work: impl FnOnce(Lease) -> W,
) -> Result<T, Error> {
    let lease = Lease::of(job.id, context.ids.next().to_string());
    let deadline = Instant::now() + patience;
    while !lease.claim(&context.store, context.clock.now()).await? {
        if Instant::now() >= deadline {
            return Err(Error::Busy { job: job.definition.name.clone() });
        }
        tokio::time::sleep(LEASE_POLL).await;
    }
    let result = work(lease.clone()).await;
    // A lease that can't be given back runs out by itself; the work's own result counts.
    let released = lease.release(&context.store).await;
    result.and_then(|done| released.map(|()| done).map_err(Error::Store))
}

fn duration() -> SignedDuration {
    SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::from_secs(4))
}
