//! Forgets what is too old of jobs: log entries, cycles and plans.

use std::future::Future;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use model::Clock;
use store::{Store, Tx};
use tokio::time::{MissedTickBehavior, interval};

use crate::limits::{PURGED_AT_ONCE, RETENTION_INTERVAL};

/// For how many days something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Entries of the provisioning log.
    pub log_days: u16,
    /// Cycles. The last one of a job is always kept, and the last that succeeded.
    pub cycle_days: u16,
    /// Plans.
    pub plan_days: u16,
}

/// Forgets what is too old, now and once an hour, until `stop` is done. What could not be forgotten is told to `failed`,
/// and will be the next time.
pub async fn retain(
    store: Store,
    clock: Arc<dyn Clock>,
    kept: Kept,
    failed: impl Fn(store::Error) + Send,
    stop: impl Future<Output = ()> + Send,
) {
    let mut ticks = interval(RETENTION_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = forget(&store, kept, clock.now()).await {
            failed(error);
        }
    }
}

/// Forgets what is too old at an instant, in transactions that hold nobody up for long.
///
/// # Errors
/// The store's.
pub async fn forget(store: &Store, kept: Kept, at: Timestamp) -> Result<(), store::Error> {
    let before = |days: u16| {
        at.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
    };
    let (log, cycle, plan) = (before(kept.log_days), before(kept.cycle_days), before(kept.plan_days));
    for job in store.read(store::job::list).await? {
        let id = job.id;
        drain(store, move |tx| store::log::purge(tx, id, log, PURGED_AT_ONCE)).await?;
        drain(store, move |tx| store::cycle::purge(tx, id, cycle, PURGED_AT_ONCE)).await?;
        drain(store, move |tx| store::plan::purge(tx, id, plan, PURGED_AT_ONCE)).await?;
    }
    Ok(())
}

/// Purges until nothing is left.
async fn drain<F>(store: &Store, purge: F) -> Result<(), store::Error>
where
    F: Fn(&mut Tx<'_>) -> Result<u64, store::Error> + Send + Clone + 'static,
{
    while store.write(purge.clone()).await? > 0 {}
    Ok(())
}
