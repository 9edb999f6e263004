//! Forgetting what no longer counts: deleted users who can't come back any more, refusals that ended, old requests in the
//! request log, assertions that have expired, and what is too old for the tenants' applications.

use std::future::Future;
use std::sync::Arc;

use application::{Application, Applications};
use jiff::{SignedDuration, Timestamp};
use model::tenant::Tenant;
use model::{Clock, TenantId};
use store::{Error, Store, client, refusal, request_log, tombstone};
use tokio::time::{MissedTickBehavior, interval};

use crate::limits::{
    MAX_REFUSALS_OF_A_TENANT, REFUSAL_DAYS, REQUESTS_PURGED_AT_ONCE, RETENTION_INTERVAL,
    TOMBSTONES_PURGED_AT_ONCE,
};

/// Forgets what is too old, now and every [`RETENTION_INTERVAL`], until `stop` is done.
pub async fn retain(
    store: Store,
    applications: Applications,
    clock: Arc<dyn Clock>,
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
        if let Err(error) = forget(&store, &applications, clock.now()).await {
            tracing::warn!(%error, "what is too old was not forgotten; it will be the next time");
        }
    }
}

/// Forgets what is too old at an instant, in transactions that hold nobody up for long.
///
/// # Errors
/// The store's.
pub async fn forget(store: &Store, applications: &Applications, at: Timestamp) -> Result<(), Error> {
    for tenant in store.read(store::tenant::list).await? {
        let id = tenant.id;
        let application = applications.get(tenant.application).cloned();
        while purge_deleted(store, application.clone(), id, retained_since(&tenant, at)).await? > 0 {}
        let before = days_before(at, REFUSAL_DAYS);
        store.write(move |tx| refusal::purge(tx, id, before, MAX_REFUSALS_OF_A_TENANT)).await?;
        let logged = days_before(at, tenant.settings.request_log_days);
        let purge = move |tx: &mut store::Tx<'_>| request_log::purge(tx, id, logged, REQUESTS_PURGED_AT_ONCE);
        while store.write(purge).await? > 0 {}
        store.write(move |tx| client::purge_assertions(tx, id, at)).await?;
        if let Some(application) = application {
            store.write(move |tx| application.forget(tx, id, at)).await?;
        }
    }
    Ok(())
}

/// Forgets some of those who can't come back, and lets the application do so too. Answers how many there were.
async fn purge_deleted(
    store: &Store,
    application: Option<Arc<dyn Application>>,
    tenant: TenantId,
    retained: Timestamp,
) -> Result<usize, Error> {
    let purge = move |tx: &mut store::Tx<'_>| {
        let purged = tombstone::purge(tx, tenant, retained, TOMBSTONES_PURGED_AT_ONCE)?;
        if let Some(application) = &application
            && !purged.is_empty()
        {
            application.purged(tx, tenant, &purged)?;
        }
        Ok(purged.len())
    };
    store.write(purge).await
}

/// Who was deleted before this can't come back.
fn retained_since(tenant: &Tenant, at: Timestamp) -> Timestamp {
    days_before(at, tenant.settings.retention_days)
}

fn days_before(at: Timestamp, days: u16) -> Timestamp {
    at.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}
