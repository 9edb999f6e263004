//! Keeps Microsoft Graph telling of changes: makes the subscriptions of jobs that are on, renews them, and ends them with
//! their job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connector_entra::{EntraSource, Listener, Subscribed};
use jiff::{SignedDuration, Timestamp};
use model::{Clock, JobId};
use provisioning::error::in_words;
use store::Store;
use store::job::StoredJob;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::clock::SystemClock;
use crate::connect::subscriber;
use crate::failure::message;
use crate::seal::Sealer;

/// How long a subscription lasts without being renewed: long enough for an outage, and one that is left over does not
/// outlive it for long. Graph allows 41,760 minutes.
const LIFETIME: SignedDuration = SignedDuration::from_hours(48);

/// How often they are renewed. One that Graph has removed is made again then.
const RENEWAL: Duration = Duration::from_secs(3600);

/// The wait after a failure; it doubles with each one up to [`RENEWAL`].
const RETRY: Duration = Duration::from_secs(10);

/// How often a process says that the subscriptions of a job are its matter.
const TURN: Duration = Duration::from_secs(60);

/// After how long without that another process takes them over.
const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// The subscriptions of the jobs that are on.
pub struct Subscriptions {
    keeper: Arc<Keeper>,
    followed: Mutex<Followed>,
}

#[derive(Default)]
struct Followed {
    tasks: JoinSet<()>,
    by_job: HashMap<JobId, (StoredJob, AbortHandle)>,
}

impl Subscriptions {
    /// Those of a server that Graph knows by `public_url`. None are made yet.
    pub fn new(store: Store, sealer: Sealer, public_url: &str) -> Self {
        let holder = Uuid::new_v4().to_string();
        let keeper = Keeper { store, sealer, public_url: public_url.to_owned(), holder };
        Self { keeper: Arc::new(keeper), followed: Mutex::default() }
    }

    /// Keeps those of these jobs, and ends those of others.
    pub fn follow(&self, jobs: &[StoredJob]) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let Followed { tasks, by_job } = &mut *followed;
        while tasks.try_join_next().is_some() {}
        let on: HashMap<JobId, &StoredJob> = jobs.iter().map(|job| (job.id, job)).collect();
        by_job.retain(|id, (known, task)| {
            let now = on.get(id);
            let is_same = now.is_some_and(|job| job.definition == known.definition);
            if !is_same {
                task.abort();
            }
            if now.is_none() {
                tasks.spawn(Arc::clone(&self.keeper).end(known.clone()));
            }
            is_same
        });
        for (id, job) in on {
            by_job
                .entry(id)
                .or_insert_with(|| (job.clone(), tasks.spawn(Arc::clone(&self.keeper).keep(job.clone()))));
        }
    }
}

struct Keeper {
    store: Store,
    sealer: Sealer,
    public_url: String,
    /// This process, as leases name it.
    holder: String,
}

impl Keeper {
    /// Keeps the subscriptions of one job. Ends where there are none to keep.
    async fn keep(self: Arc<Self>, job: StoredJob) {
        let Some((source, listener)) = self.subscriber(&job) else { return };
        let (mut subscribed, mut due, mut retry) = (None, Instant::now(), RETRY);
        loop {
            if !self.claims(job.id).await {
                (subscribed, due) = (None, Instant::now() + TURN);
            } else if due <= Instant::now() {
                match refresh(&source, &listener, subscribed.take()).await {
                    Ok(now) => (subscribed, due, retry) = (Some(now), Instant::now() + RENEWAL, RETRY),
                    Err(error) => {
                        let (job, error) = (&job.name, in_words(&error));
                        tracing::warn!(job, error, "Graph can't be subscribed to; cycles run at their times");
                        (due, retry) = (Instant::now() + retry, retry.saturating_mul(2).min(RENEWAL));
                    }
                }
            }
            sleep(TURN.min(due.saturating_duration_since(Instant::now()))).await;
        }
    }

    /// Ends the subscriptions of a job that was stopped. What can't be ended now ends by itself.
    async fn end(self: Arc<Self>, job: StoredJob) {
        let Some((source, listener)) = self.subscriber(&job) else { return };
        if !self.claims(job.id).await {
            return;
        }
        if let Err(error) = source.unsubscribe(&listener.url).await {
            let (job, error) = (&job.name, in_words(&error));
            tracing::warn!(job, error, "the subscriptions of a stopped job are left to end by themselves");
        }
        let (lease, holder) = (lease(job.id), self.holder.clone());
        // One that can't be given back runs out.
        drop(self.store.write(move |tx| store::lease::release(tx, &lease, &holder)).await);
    }

    fn subscriber(&self, job: &StoredJob) -> Option<(EntraSource, Listener)> {
        subscriber(job, &self.public_url, &self.sealer).unwrap_or_else(|error| {
            let (job, error) = (&job.name, message(&error));
            tracing::warn!(job, error, "Graph can't be subscribed to; cycles run at their times");
            None
        })
    }

    /// Whether the subscriptions of a job are this process's matter: of several only one keeps them.
    async fn claims(&self, job: JobId) -> bool {
        let (lease, holder, now) = (lease(job), self.holder.clone(), SystemClock.now());
        let claimed = self.store.write(move |tx| store::lease::claim(tx, &lease, &holder, now, LEASE)).await;
        claimed.unwrap_or(false)
    }
}

fn lease(job: JobId) -> String {
    format!("subscriptions:{job}")
}

/// Renews subscriptions, or makes them where there are none.
async fn refresh(
    source: &EntraSource,
    listener: &Listener,
    subscribed: Option<Subscribed>,
) -> Result<Subscribed, connector::Error> {
    let until = SystemClock.now().checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
    if let Some(subscribed) = subscribed
        && source.renew(&subscribed, until).await?
    {
        return Ok(subscribed);
    }
    source.subscribe(listener, until).await
}
