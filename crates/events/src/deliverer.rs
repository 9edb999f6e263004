//! The task of a server that sends events: to webhooks, and as security event tokens. Of several servers on one database one does, by a lease.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use application::Applications;
use jiff::Timestamp;
use model::{Clock, IdSource, TenantId};
use store::feed::Head;
use store::{Error, Listener, Store, Tx, feed, lease};
use tokio::task::{self, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::limits::{GATHER, LEASE, LOOK_EVERY, MAX_OF_TENANT, MAX_UNDER_WAY, UNREADABLE_PAUSE};
use crate::stream::{self, Due};
use crate::{Hold, Issuer, SecretKey, StreamId};

/// The name of the lease.
const NAME: &str = "events";

/// What delivers, and works with.
#[derive(Clone)]
pub struct Deliverer {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    /// What stands behind the tenants.
    pub applications: Applications,
    /// What asks receivers.
    pub egress: egress::Client,
    /// The key of webhooks' secrets.
    pub key: SecretKey,
    /// What issues security event tokens.
    pub issuer: Issuer,
}

/// The streams that this process delivers to now.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    which: HashMap<task::Id, (TenantId, StreamId)>,
}

impl UnderWay {
    fn contains(&self, id: StreamId) -> bool {
        self.which.values().any(|(_, other)| *other == id)
    }

    /// Those of the streams that there is room for: [`MAX_UNDER_WAY`], and [`MAX_OF_TENANT`] of a tenant.
    fn admit(&self, due: Vec<Due>) -> Vec<Due> {
        let mut of_tenants: HashMap<TenantId, usize> = HashMap::new();
        for (tenant, _) in self.which.values() {
            *of_tenants.entry(*tenant).or_default() += 1;
        }
        let has_room = |due: &Due| {
            let count = of_tenants.entry(due.tenant).or_default();
            *count += 1;
            *count <= MAX_OF_TENANT
        };
        due.into_iter().filter(has_room).take(MAX_UNDER_WAY.saturating_sub(self.which.len())).collect()
    }

    fn begin(&mut self, due: Due, turn: impl Future<Output = ()> + Send + 'static) {
        self.which.insert(self.tasks.spawn(turn).id(), (due.tenant, due.id));
    }

    /// Forgets those that have ended.
    fn reap(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let task = ended.map_or_else(|error| error.id(), |(task, ())| task);
            self.which.remove(&task);
        }
    }

    /// Stops all. What they had sent and not noted is sent again.
    fn abort(&mut self) {
        self.tasks.abort_all();
    }
}

impl Deliverer {
    /// Delivers until `stop` is done.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let holder = self.ids.next().to_string();
        let hold = Hold::since(Timestamp::MIN);
        let mut stop = pin!(stop);
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut under_way = UnderWay::default();
        let mut listener = self.store.listen();
        loop {
            let is_tick = tokio::select! {
                () = &mut stop => break,
                _ = ticks.tick() => true,
                () = gathered(&mut listener) => false,
            };
            under_way.reap();
            if let Err(error) = self.round(&holder, &hold, &mut under_way, is_tick).await {
                tracing::warn!(%error, "deliveries of events wait for the database");
            }
        }
        under_way.tasks.shutdown().await;
        let released = self.store.write(move |tx| lease::release(tx, NAME, &holder)).await;
        if let Err(error) = released {
            tracing::warn!(%error, "the lease on deliveries was not given back; it runs out by itself");
        }
    }

    /// Begins with the streams that have news. Where nothing is to be done nothing is written; the lease is renewed with
    /// each tick while anything is under way.
    async fn round(
        &self,
        holder: &str,
        hold: &Hold,
        under_way: &mut UnderWay,
        is_tick: bool,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let due = self.store.read(move |tx| with_news(tx, now)).await?;
        let due: Vec<Due> = due.into_iter().filter(|due| !under_way.contains(due.id)).collect();
        if due.is_empty() && (under_way.which.is_empty() || !is_tick) {
            return Ok(());
        }
        let holder = holder.to_owned();
        let is_ours = self.store.write(move |tx| lease::claim(tx, NAME, &holder, now, LEASE)).await?;
        if !is_ours {
            under_way.abort();
            return Ok(());
        }
        hold.renew(now);
        for due in under_way.admit(due) {
            let (deliverer, hold) = (self.clone(), hold.clone());
            under_way.begin(due, async move { deliverer.take_turn(due, &hold).await });
        }
        Ok(())
    }

    /// Delivers, or lets the stream wait if its events can't be read.
    async fn take_turn(&self, Due { tenant, id, .. }: Due, hold: &Hold) {
        let Err(error) = self.deliver((tenant, id), hold).await else { return };
        tracing::warn!(%tenant, stream = %id, %error, "events can't be read; they are delivered later");
        let until = self.clock.now().saturating_add(UNREADABLE_PAUSE).unwrap_or(Timestamp::MAX);
        let put_off = self.store.write(move |tx| stream::put_off(tx, tenant, id, until)).await;
        if let Err(error) = put_off {
            tracing::warn!(%tenant, stream = %id, %error, "a stream was not put off");
        }
    }
}

/// Waits until this process has committed changes, and a moment more.
async fn gathered(listener: &mut Listener) {
    listener.any().await;
    sleep(GATHER).await;
    *listener = listener.anew();
}

/// The streams that may be sent to and have something to be told.
fn with_news(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Due>, Error> {
    let due = stream::due(tx, now)?;
    if due.is_empty() {
        return Ok(due);
    }
    let tenants: HashSet<TenantId> = due.iter().map(|due| due.tenant).collect();
    let tenants: Vec<TenantId> = tenants.into_iter().collect();
    let heads: HashMap<TenantId, Head> =
        feed::heads(tx, &tenants)?.into_iter().map(|head| (head.tenant, head)).collect();
    let has_news = |due: &Due| heads.get(&due.tenant).is_some_and(|head| head.is_beyond(due.delivered));
    Ok(due.into_iter().filter(has_news).collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn due(tenant: u128, id: u128) -> Due {
        Due { tenant: TenantId(Uuid::from_u128(tenant)), id: StreamId(Uuid::from_u128(id)), delivered: 0 }
    }

    #[tokio::test]
    async fn one_tenant_leaves_room_for_others() {
        let mut under_way = UnderWay::default();
        under_way.begin(due(1, 0), std::future::pending());
        let of_one = (1..10).map(|id| due(1, id));
        let of_others = (100..200).map(|id| due(id, id));
        let admitted = under_way.admit(of_one.chain(of_others).collect());
        let of_tenant = |tenant| admitted.iter().filter(|one| one.tenant == due(tenant, 0).tenant).count();
        assert_eq!((of_tenant(1), of_tenant(100), admitted.len()), (MAX_OF_TENANT - 1, 1, MAX_UNDER_WAY - 1));
    }
}
