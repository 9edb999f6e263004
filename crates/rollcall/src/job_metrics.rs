//! What Prometheus is told of jobs.

use std::sync::atomic::AtomicI64;

use jiff::Timestamp;
use model::JobId;
use model::cycle::CycleState;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use store::Store;

/// Numbers of jobs. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct JobMetrics {
    cycles: Family<Ended, Counter>,
    pushes: Family<Pushed, Counter>,
    escrowed: Family<OfJob, Gauge>,
    quarantined: Family<OfJob, Gauge>,
    since_success: Family<OfJob, Gauge<i64, AtomicI64>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfJob {
    job: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    job: String,
    state: &'static str,
}

/// What became of a request that tells a job of changes.
#[derive(Clone, Copy, Debug)]
pub enum Push {
    /// What it names is looked at.
    Accepted,
    /// It came before.
    Repeated,
    /// It does not know the secret.
    Refused,
    /// It is not what it should be.
    Malformed,
    /// There are too many to look at each.
    TooMany,
}

impl Push {
    fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::TooMany => "too_many",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pushed {
    job: String,
    outcome: &'static str,
}

/// What the store knows of a job.
struct Known {
    job: String,
    escrowed: i64,
    is_quarantined: bool,
    succeeded: Option<Timestamp>,
}

impl JobMetrics {
    /// Puts them into a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "job_cycles",
            "Cycles that this process ran, by their end: completed, held or failed",
            self.cycles.clone(),
        );
        registry.register(
            "job_pushes",
            "Requests that told of changes, by what became of them: accepted, repeated, refused, malformed or too_many",
            self.pushes.clone(),
        );
        registry.register("job_escrowed", "Objects in escrow", self.escrowed.clone());
        registry.register("job_quarantined", "1 while the job is in quarantine", self.quarantined.clone());
        registry.register_with_unit(
            "job_since_success",
            "Time since the last cycle that completed",
            Unit::Seconds,
            self.since_success.clone(),
        );
    }

    /// Counts a cycle that ended.
    pub fn count(&self, job: &str, state: CycleState) {
        self.cycles.get_or_create(&Ended { job: job.to_owned(), state: state.as_str() }).inc();
    }

    /// Counts a request that told of changes.
    pub fn count_push(&self, job: &str, push: Push) {
        self.pushes.get_or_create(&Pushed { job: job.to_owned(), outcome: push.as_str() }).inc();
    }

    /// Reads what only the store knows.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(&self, store: &Store, now: Timestamp) -> Result<(), store::Error> {
        let jobs = store.read(|tx| {
            let jobs = store::job::list(tx)?.into_iter();
            jobs.map(|job| known(tx, job.id, job.name)).collect::<Result<Vec<_>, store::Error>>()
        });
        let jobs = jobs.await?;
        // A job that was deleted has no numbers any more.
        self.escrowed.clear();
        self.quarantined.clear();
        self.since_success.clear();
        for Known { job, escrowed, is_quarantined, succeeded } in jobs {
            let job = OfJob { job };
            self.escrowed.get_or_create(&job).set(escrowed);
            self.quarantined.get_or_create(&job).set(i64::from(is_quarantined));
            if let Some(succeeded) = succeeded {
                self.since_success.get_or_create(&job).set(now.duration_since(succeeded).as_secs());
            }
        }
        Ok(())
    }
}

fn known(tx: &mut store::Tx<'_>, id: JobId, job: String) -> Result<Known, store::Error> {
    Ok(Known {
        job,
        escrowed: store::escrow::count(tx, id)?,
        is_quarantined: store::quarantine::get(tx, id)?.is_some(),
        succeeded: store::job_status::get(tx, id)?.steady_last,
    })
}
