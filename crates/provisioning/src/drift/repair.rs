//! What the mapping wants is sent.

use connector::Target;

use super::Drift;
use super::finding::{Finding, Found};
use crate::Error;
use crate::apply::ending_of;
use crate::creation_ledger::Unheard;
use crate::evaluate::ObjectError;
use crate::guard::judge;
use crate::ledger::{Ending, Outcome};
use crate::limits::RECORD_BATCH;
use crate::side_by_side::side_by_side;

impl Drift<'_> {
    /// Those whose access a repair takes away pass the deletion guard first, all of them together.
    pub(super) async fn repair_leavers(&mut self, leavers: Vec<Found>) -> Result<(), Error> {
        let mut losses = self.ledger.losses(self.context.clock.now()).await?;
        losses.new = leavers.len() as u64;
        let job = &self.job.definition;
        let Err(held) = judge(losses, job.deletions, job.deletions_per_day) else {
            return self.repair(leavers).await;
        };
        self.report.held = Some(held.to_string());
        let duration = jiff::SignedDuration::ZERO;
        let mut outcomes = Vec::new();
        for Found { finding, step, .. } in leavers {
            outcomes.extend(step.map(|step| Outcome { step, ending: Ending::Held, duration }));
            self.report.findings.push(finding);
        }
        self.ledger.record(outcomes, self.context.clock.now()).await
    }

    pub(super) async fn repair(&mut self, found: Vec<Found>) -> Result<(), Error> {
        let mut found = found.into_iter().peekable();
        while found.peek().is_some() {
            let batch: Vec<Found> = found.by_ref().take(RECORD_BATCH).collect();
            let (job, now) = (&self.job.definition, self.context.clock.now());
            let steps = batch.iter().filter_map(|one| one.step.as_ref());
            let unheard = self.ledger.begin(job, steps, now).await?;
            let sending = batch.into_iter().map(|one| self.send(one, &unheard));
            let (done, failed) = side_by_side(&self.exporter, sending).await;
            let mut outcomes = Vec::new();
            for (finding, outcome) in done {
                self.report.findings.push(finding);
                outcomes.extend(outcome);
            }
            self.ledger.record(outcomes, self.context.clock.now()).await?;
            failed.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// Sends what puts it right, unless that is a create of which another one is `unheard`.
    async fn send(&self, found: Found, unheard: &Unheard) -> Result<(Finding, Option<Outcome>), Error> {
        let Found { mut finding, step, .. } = found;
        let Some((step, operation)) = step.and_then(|s| s.operation.clone().map(|o| (s, o))) else {
            return Ok((finding, None));
        };
        let began = self.context.clock.now();
        let exported = match unheard.check(&step) {
            Ok(()) => self.exporter.export(&operation).await.map_err(ObjectError::Connector),
            Err(unheard) => Err(unheard),
        };
        let ending = match exported {
            Ok(object) => {
                self.exporter.observe(None);
                finding.repaired = true;
                Ending::written(&operation, object)
            }
            Err(error) => {
                finding.error = Some(error.to_string());
                ending_of(&self.exporter, error)?
            }
        };
        let duration = self.context.clock.now().duration_since(began);
        Ok((finding, Some(Outcome { step, ending, duration })))
    }
}
