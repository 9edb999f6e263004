//! Forgetting events that are old, and that nobody is still to be told.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use model::audit::AuditEntry;
use model::{AuditId, Clock, IdSource, TenantId};
use serde_json::json;
use store::{Error, Store, Tx, audit, feed};
use tokio::time::{MissedTickBehavior, interval};

use crate::ACTOR;
use crate::limits::{IDLE, RETENTION_INTERVAL};
use crate::stream::{self, Disabled};

/// Forgets what is older than so many days, now and every [`RETENTION_INTERVAL`], until `stop` is done.
pub async fn retain(
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    days: u16,
    stop: impl Future<Output = ()> + Send,
) {
    let mut ticks = interval(RETENTION_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = forget(&store, &ids, days, clock.now()).await {
            tracing::warn!(%error, "old events were not forgotten; they will be the next time");
        }
    }
}

/// Forgets events that happened more than so many days before an instant, but none that a live stream has not confirmed.
/// A stream whose receiver has not polled for [`IDLE`] is disabled, so that it does not keep them for ever.
///
/// # Errors
/// The store's.
pub async fn forget(store: &Store, ids: &Arc<dyn IdSource>, days: u16, at: Timestamp) -> Result<(), Error> {
    let before = ago(at, SignedDuration::from_hours(24 * i64::from(days)));
    for tenant in store.read(store::tenant::list).await? {
        let (id, store, ids) = (tenant.id, store.of_tenant(tenant.id), Arc::clone(ids));
        store.write(move |tx| disable_idle(tx, id, &*ids, at)).await?;
        let forget = move |tx: &mut Tx<'_>| {
            let held = stream::held(tx, id)?;
            feed::forget(tx, id, before, held.unwrap_or(i64::MAX))
        };
        while store.write(forget).await? > 0 {}
    }
    Ok(())
}

fn disable_idle(tx: &mut Tx<'_>, tenant: TenantId, ids: &dyn IdSource, at: Timestamp) -> Result<(), Error> {
    for id in stream::idle(tx, tenant, ago(at, IDLE))? {
        stream::disable(tx, tenant, id, Disabled::Idle)?;
        let entry = AuditEntry {
            id: AuditId(ids.next()),
            at,
            actor: ACTOR.to_owned(),
            action: "stream.disable".to_owned(),
            subject: id.to_string(),
            detail: json!({ "why": Disabled::Idle.as_str() }),
        };
        audit::append(tx, Some(tenant), &entry)?;
    }
    Ok(())
}

fn ago(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.checked_sub(time).unwrap_or(Timestamp::MIN)
}
