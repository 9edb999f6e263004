//! Which jobs are told of changes, and the secrets by which those who tell are known.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use model::JobId;
use model::job::{EVENT_HOOK, JobFile, NOTIFICATION_STATE, SecretText, SourceSettings};
use store::Store;
use store::job::StoredJob;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use super::deliveries::Deliveries;
use crate::connect::secret;
use crate::failure::message;
use crate::seal::Sealer;

/// How old what is known of jobs may be: strangers who knock cost the database one look in this time.
const MAX_AGE: Duration = Duration::from_secs(2);

/// Deliveries of one job in a second. Okta sends 400,000 events a day at most, several in a delivery.
const DELIVERIES_A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);

/// A job that is told of changes.
pub(super) struct Door {
    pub(super) job: JobId,
    pub(super) name: String,
    pub(super) kind: Kind,
    traffic: Arc<Traffic>,
}

/// Who tells, and how they are known.
pub(super) enum Kind {
    /// Okta, with an event hook.
    Okta {
        secret: connector_okta::Secret,
        /// The app whose assignments count.
        app: Option<String>,
    },
    /// Microsoft Graph, with subscriptions.
    Entra {
        state: connector_entra::Secret,
        /// Whether who is in which group decides who is provisioned.
        assigned_only: bool,
    },
}

/// What came through a door lately.
struct Traffic {
    bucket: DefaultDirectRateLimiter,
    deliveries: Mutex<Deliveries>,
}

impl Default for Traffic {
    fn default() -> Self {
        let bucket = RateLimiter::direct(Quota::per_second(DELIVERIES_A_SECOND));
        Self { bucket, deliveries: Mutex::default() }
    }
}

impl Door {
    fn of(job: &StoredJob, sealer: &Sealer) -> Option<Self> {
        let JobFile { source, scope, .. } = JobFile::parse(&job.definition).ok()?;
        let kind = match source {
            SourceSettings::Okta(settings) => Kind::Okta {
                secret: connector_okta::Secret::new(opened(job, EVENT_HOOK, settings.event_hook, sealer)?),
                app: settings.app,
            },
            SourceSettings::Entra(settings) => {
                let state = opened(job, NOTIFICATION_STATE, settings.notification_state, sealer)?;
                Kind::Entra { state: connector_entra::Secret::new(state), assigned_only: scope.assigned_only }
            }
            SourceSettings::File(_)
            | SourceSettings::Ldap(_)
            | SourceSettings::Scim(_)
            | SourceSettings::Sql(_) => return None,
        };
        Some(Self { job: job.id, name: job.name.clone(), kind, traffic: Arc::default() })
    }

    /// Whether another delivery is within the rate.
    pub(super) fn admits(&self) -> bool {
        self.traffic.bucket.check().is_ok()
    }

    /// The deliveries that came.
    pub(super) fn deliveries(&self) -> MutexGuard<'_, Deliveries> {
        self.traffic.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn opened(job: &StoredJob, place: &str, text: Option<SecretText>, sealer: &Sealer) -> Option<String> {
    match secret(&job.name, place, &text?, sealer) {
        Ok(secret) => Some(secret),
        Err(error) => {
            let error = message(&error);
            tracing::warn!(job = job.name, error, "nobody can tell this job of changes");
            None
        }
    }
}

/// All doors, by the names of their jobs.
pub(super) struct Doors {
    store: Store,
    sealer: Sealer,
    known: AsyncMutex<Known>,
}

#[derive(Default)]
struct Known {
    /// When they were read; never yet.
    read: Option<Instant>,
    doors: HashMap<String, Arc<Door>>,
}

impl Doors {
    pub(super) fn new(store: Store, sealer: Sealer) -> Self {
        Self { store, sealer, known: AsyncMutex::default() }
    }

    /// The door of the job of this name.
    pub(super) async fn find(&self, name: &str) -> Option<Arc<Door>> {
        let mut known = self.known.lock().await;
        if known.read.is_none_or(|read| read.elapsed() >= MAX_AGE) {
            // A store that can't be read now is asked again later; what was known of jobs still holds.
            known.read = Some(Instant::now());
            if let Ok(jobs) = self.store.read(store::job::list).await {
                known.doors = self.doors(&jobs, &known.doors);
            }
        }
        known.doors.get(name).cloned()
    }

    fn doors(&self, jobs: &[StoredJob], before: &HashMap<String, Arc<Door>>) -> HashMap<String, Arc<Door>> {
        let doors = jobs.iter().filter_map(|job| Door::of(job, &self.sealer));
        doors
            .map(|mut door| {
                if let Some(before) = before.get(&door.name).filter(|before| before.job == door.job) {
                    door.traffic = Arc::clone(&before.traffic);
                }
                (door.name.clone(), Arc::new(door))
            })
            .collect()
    }
}
