//! What the schedule asks of the binary: making a job ready, telling how its cycle ended, and telling people of a job that
//! needs them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use model::cycle::{Counts, CycleState};
use provisioning::Connected;
use provisioning::cycle::Report;
use provisioning::notice::Notice;
use provisioning::nudge::Nudged;
use provisioning::schedule::Host;
use store::job::StoredJob;

use crate::connections::Connections;
use crate::failure::message;
use crate::hooks::Subscriptions;
use crate::job_metrics::JobMetrics;
use crate::mail::Mailer;
use crate::seal::Sealer;

/// Runs scheduled jobs in this process.
pub struct ScheduleHost {
    connections: Connections,
    subscriptions: Subscriptions,
    mailer: Option<Mailer>,
    metrics: JobMetrics,
}

impl ScheduleHost {
    /// A host that opens sealed tokens, keeps subscriptions, sends e-mails where it has a mailer, and counts cycles.
    pub fn new(
        sealer: Sealer,
        subscriptions: Subscriptions,
        mailer: Option<Mailer>,
        metrics: JobMetrics,
    ) -> Self {
        Self { connections: Connections::new(sealer), subscriptions, mailer, metrics }
    }
}

#[async_trait]
impl Host for ScheduleHost {
    async fn connect(&self, job: &StoredJob) -> Result<Arc<Connected>, String> {
        self.connections.of(job).map_err(|error| message(&error))
    }

    fn are_on(&self, jobs: &[StoredJob]) {
        self.connections.keep_only(jobs);
        self.subscriptions.follow(jobs);
    }

    fn ended(&self, job: &str, result: &Result<Report, String>) {
        let state = result.as_ref().map_or(CycleState::Failed, |report| report.cycle.state);
        self.metrics.count(job, state);
        match result {
            Ok(report) => log_report(job, report),
            Err(error) => {
                // Whatever is wrong with the connection is not kept.
                self.connections.forget(job);
                tracing::error!(job, error, "cycle failed");
            }
        }
    }

    fn nudged(&self, job: &str, result: &Result<Nudged, String>) {
        match result {
            Ok(Nudged { counts, held }) => log_nudge(job, *counts, held.as_deref()),
            Err(error) => tracing::error!(job, error, "nudge failed; a cycle follows"),
        }
    }

    fn unheard(&self, job: &str, error: &str) {
        tracing::warn!(job, error, "the source can't be listened to; cycles run at their times");
    }

    async fn notify(&self, notice: &Notice) -> Result<(), String> {
        let Notice { job, about, .. } = notice;
        tracing::warn!(job, about, "{}", notice.subject);
        if notice.to.is_empty() {
            return Ok(());
        }
        let Some(mailer) = &self.mailer else {
            tracing::warn!(job, "nobody is told by e-mail: ROLLCALL_SMTP_URL is not set");
            return Ok(());
        };
        mailer.send(notice).await.map_err(|error| {
            let error = message(&error);
            tracing::error!(job, error, "an e-mail was not sent; it is tried again in a minute");
            error
        })
    }
}

fn log_nudge(job: &str, counts: Counts, held: Option<&str>) {
    tracing::info!(
        job,
        created = counts.created,
        updated = counts.updated,
        disabled = counts.disabled,
        deleted = counts.deleted,
        skipped = counts.skipped,
        escrowed = counts.escrowed,
        held,
        "nudge ended"
    );
}

fn log_report(job: &str, report: &Report) {
    let cycle = &report.cycle;
    let counts = cycle.counts;
    let elapsed = cycle.ended.map(|ended| ended.duration_since(cycle.began));
    let elapsed = elapsed.and_then(|e| Duration::try_from(e).ok()).unwrap_or_default();
    tracing::info!(
        job,
        cycle = %cycle.id,
        kind = cycle.kind.as_str(),
        state = cycle.state.as_str(),
        created = counts.created,
        updated = counts.updated,
        disabled = counts.disabled,
        deleted = counts.deleted,
        skipped = counts.skipped,
        escrowed = counts.escrowed,
        held = counts.held,
        elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        "cycle ended"
    );
    if let Some(held) = &report.held {
        tracing::warn!(job, held, "deletions and disables are held back; look at `rollcall plan`");
    }
}
