//! The sealer of the audit log: a task of `serve` that gives rows their place in the chain soon after they are written.
//!
//! Any number of processes may seal: each log has a row that is their lock.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use model::audit::chain::Head;
use model::{Clock, TenantId};
use store::audit::seal::{self, SEALED_AT_ONCE};
use store::{Error, Store};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::audit_key::AuditKey;

/// How long a row may wait. What is not sealed yet is not protected.
const EVERY: Duration = Duration::from_secs(1);

/// Logs that are sealed in one round; those that are left come with the next.
const LOGS_A_ROUND: i64 = 1_000;

/// How often the heads of logs that grew are told to the program's own log. Where that is shipped to another machine,
/// each of them is a checkpoint that nobody on this one can take back.
const TOLD_EVERY: Duration = Duration::from_secs(3600);

/// What seals.
pub struct Sealer {
    store: Store,
    clock: Arc<dyn Clock>,
    key: Arc<AuditKey>,
    /// The logs that grew since they were told.
    grown: BTreeSet<Option<TenantId>>,
}

impl Sealer {
    /// A sealer with a key.
    pub fn new(store: Store, clock: Arc<dyn Clock>, key: AuditKey) -> Self {
        Self { store, clock, key: Arc::new(key), grown: BTreeSet::new() }
    }

    /// Seals until `stop` is done, and then what was written last.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = Instant::now();
        loop {
            let stopping = tokio::select! {
                () = &mut stop => true,
                _ = ticks.tick() => false,
            };
            let is_due = stopping || told.elapsed() >= TOLD_EVERY;
            if let Err(error) = self.round(is_due).await {
                tracing::warn!(%error, "rows of the audit log are not sealed yet");
            }
            if stopping {
                return;
            }
            if is_due {
                told = Instant::now();
            }
        }
    }

    async fn round(&mut self, is_due: bool) -> Result<(), Error> {
        for tenant in self.store.read(|tx| seal::unsealed(tx, LOGS_A_ROUND)).await? {
            self.seal(tenant).await?;
            self.grown.insert(tenant);
        }
        while is_due && let Some(tenant) = self.grown.pop_first() {
            self.tell(tenant).await?;
        }
        Ok(())
    }

    async fn seal(&self, tenant: Option<TenantId>) -> Result<(), Error> {
        loop {
            let (at, key) = (self.clock.now(), Arc::clone(&self.key));
            let sealed = self.store.write(move |tx| seal::seal(tx, tenant, at, |head: &Head| key.sign(head)));
            if i64::try_from(sealed.await?).unwrap_or(i64::MAX) < SEALED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Tells a head to the program's log, in the form that `audit verify --checkpoint` reads.
    async fn tell(&self, tenant: Option<TenantId>) -> Result<(), Error> {
        let head = self.store.read(move |tx| seal::head(tx, tenant)).await?;
        if let Some(text) = head.and_then(|head| serde_json::to_string(&head).ok()) {
            tracing::info!(checkpoint = text, "audit log sealed");
        }
        Ok(())
    }
}
