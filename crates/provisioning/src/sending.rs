//! From an object that is looked at to what is recorded of it: evaluated, sent, and how that ended.

use connector::Target;
use jiff::SignedDuration;

use crate::Error;
use crate::evaluate::{Evaluator, ObjectError, Verdict};
use crate::ledger::{Ending, Outcome};
use crate::line::{Kept, Line, Processed};
use crate::search::Fates;
use crate::side_by_side::side_by_side;
use crate::step::{Decision, Step};
use crate::steps;
use crate::walk::{Evaluated, Mode, Waiting, Walk, Work, fatal};

/// A step of which it is noted that it is about to be sent.
pub(crate) struct Noted {
    step: Step,
    /// How long evaluating it has taken.
    took: SignedDuration,
    /// Unless it would create somebody a second time.
    allowed: Result<(), ObjectError>,
}

impl Walk<'_> {
    /// Evaluates objects, sends what can be sent now, and records what came of it in one transaction.
    pub(crate) async fn process(&mut self, work: Vec<Work>) -> Result<(), Error> {
        let evaluator = self.evaluator(None);
        let Processed { outcomes, kept, fatal } = Line::new(self, &evaluator).run(work).await;
        for one in kept {
            match one {
                Kept::Step(step) => self.collect(step),
                Kept::Waiting(waiting) => self.waiting.push(waiting),
            }
        }
        self.record(outcomes).await?;
        fatal.map_or(Ok(()), Err)
    }

    /// Sends steps side by side, and records what came of them in one transaction.
    pub(crate) async fn send_batch(&mut self, steps: Vec<(Step, SignedDuration)>) -> Result<(), Error> {
        let sending = self.note(steps).await?.into_iter().map(|noted| self.send(noted));
        let (outcomes, fatal) = side_by_side(&self.exporter, sending).await;
        self.record(outcomes).await?;
        fatal.map_or(Ok(()), Err)
    }

    /// Notes, in one transaction, that steps are about to be sent: should nobody hear the answer, the next cycle finds
    /// out what became of them.
    pub(crate) async fn note(&self, steps: Vec<(Step, SignedDuration)>) -> Result<Vec<Noted>, Error> {
        let (job, now) = (&self.job.definition, self.context.clock.now());
        let unheard = self.ledger.begin(job, steps.iter().map(|(step, _)| step), now).await?;
        let noted = steps.into_iter().map(|(step, took)| Noted { allowed: unheard.check(&step), step, took });
        Ok(noted.collect())
    }

    pub(crate) fn evaluator<'e>(&'e self, fates: Option<&'e Fates>) -> Evaluator<'e> {
        Evaluator {
            job: &self.job.definition,
            target: &self.exporter,
            ledger: self.ledger,
            now: self.now,
            fates,
            claims: &self.claims,
        }
    }

    pub(crate) async fn one(&self, evaluator: &Evaluator<'_>, work: Work) -> Result<Evaluated, Error> {
        let began = self.context.clock.now();
        let Work { subject, link } = work;
        let error = match evaluator.evaluate(&subject, link.as_ref()).await {
            Ok(Verdict::Step(step)) if self.mode == Mode::Collect || step.decision.is_leaver() => {
                self.exporter.observe(None);
                return Ok(Evaluated::Collected(*step));
            }
            Ok(Verdict::Step(step)) => {
                return Ok(Evaluated::Decided(*step, self.context.clock.now().duration_since(began)));
            }
            Ok(Verdict::Waits { wants, .. }) if evaluator.fates.is_none() => {
                return Ok(Evaluated::Waits(Waiting { subject, wants }));
            }
            Ok(Verdict::Waits { error, .. }) | Err(error) => error,
        };
        let step = steps::unevaluated(&subject, link.as_ref(), &error);
        if self.mode == Mode::Collect {
            return fatal(error).map_or(Ok(Evaluated::Collected(step)), Err);
        }
        let ending = self.failed(error)?;
        Ok(Evaluated::Failed(Outcome {
            step,
            ending,
            duration: self.context.clock.now().duration_since(began),
        }))
    }

    /// Sends one step, if it is allowed.
    pub(crate) async fn send(&self, noted: Noted) -> Result<Outcome, Error> {
        let Noted { mut step, took, allowed } = noted;
        let began = self.context.clock.now();
        if step.decision.is_leaver() && Box::pin(self.ledger.is_anothers(&step)).await? {
            step.pass_on();
        }
        let mut sent = match allowed {
            Ok(()) => self.export(&step).await,
            Err(unheard) => Err(unheard),
        };
        // Nobody stays active because the application refuses another attribute of theirs, such as a name that somebody
        // else has by now.
        if sent.as_ref().is_err_and(ObjectError::is_refusal) && step.deactivate_only() {
            sent = self.export(&step).await;
        }
        let ending = match sent {
            Ok(ending) => {
                self.exporter.observe(None);
                self.claim_created(&step, &ending);
                ending
            }
            Err(error) => self.failed(error)?,
        };
        let duration = took.saturating_add(self.context.clock.now().duration_since(began));
        Ok(Outcome { step, ending, duration })
    }

    /// What was created is linked when the batch is recorded; until then nobody else must take it for theirs.
    fn claim_created(&self, step: &Step, ending: &Ending) {
        if let (Decision::Create, Ending::Done { target_id: Some(id) }) = (step.decision, ending) {
            self.claims.resource(step.object_type, id, &step.source_id);
        }
    }

    async fn export(&self, step: &Step) -> Result<Ending, ObjectError> {
        let Some(operation) = &step.operation else { return Ok(Ending::Done { target_id: None }) };
        Ok(Ending::written(operation, self.exporter.export(operation).await?))
    }

    /// An object's failure sends it to escrow, unless it tells that every other would fail too.
    fn failed(&self, error: ObjectError) -> Result<Ending, Error> {
        if let ObjectError::Connector(error) = &error {
            self.exporter.observe(Some(error));
        }
        match error {
            ObjectError::Connector(error) if self.exporter.is_broken() => Err(Error::Target(error)),
            error => {
                let ending = Ending::failed(&error);
                fatal(error).map_or(Ok(ending), Err)
            }
        }
    }

    pub(crate) fn collect(&mut self, step: Step) {
        self.take_over(&step);
        if step.decision.is_leaver() {
            self.leavers.push(step);
        } else {
            self.progress.counts += step.decision.counts();
            self.steps.push(step);
        }
    }

    pub(crate) async fn record(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.progress.count(&outcomes);
        for outcome in outcomes.iter().filter(|outcome| matches!(outcome.ending, Ending::Done { .. })) {
            self.take_over(&outcome.step);
        }
        self.ledger.record(outcomes, self.context.clock.now()).await
    }

    fn take_over(&mut self, step: &Step) {
        self.taken.extend(step.takes_over.clone().map(|leaver| (step.object_type, leaver)));
    }
}
