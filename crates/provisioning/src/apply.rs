//! Applies a plan: exactly its steps, and none about an object that moved since the plan was made.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use connector::{Entry, ObjectType, Operation, Target};
use model::cycle::Counts;
use model::plan::{Plan, PlanState};
use model::staged::StagedState;
use serde::Serialize;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::creation_ledger::Unheard;
use crate::diff;
use crate::evaluate::ObjectError;
use crate::export::Exporter;
use crate::lease::alone;
use crate::ledger::{Ending, Initiator, Ledger, Outcome};
use crate::limits::RECORD_BATCH;
use crate::lost_creates::settle;
use crate::plan::Planned;
use crate::progress::{Observer, Progress};
use crate::side_by_side::side_by_side;
use crate::step::{Decision, LinkBefore, Step};
use crate::subject::{Subject, rules};

/// A step that was refused because its object moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// The object's name for people.
    pub display: String,
    /// What moved.
    pub why: String,
}

/// What applying a plan did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Objects by decision.
    #[serde(flatten)]
    pub counts: Counts,
    /// Steps that were not done.
    pub refused: Vec<Refused>,
}

/// Applies a plan.
///
/// # Errors
/// [`Error::Plan`] when it was applied before, is of another definition of the job, or holds back deletions that
/// nobody allowed; else what concerns every object.
pub async fn run(
    context: &Context,
    job: &JobInstance,
    ends: &Ends,
    planned: Planned,
    allow_deletions: bool,
    observer: &dyn Observer,
) -> Result<Applied, Error> {
    check_plan(job, &planned, allow_deletions)?;
    let nobody = context.ids.next().to_string();
    alone(context, job, Duration::ZERO, |lease| async move {
        let work = async {
            let exporter = Exporter::new(context, job, ends);
            exporter.test(&nobody).await.map_err(Error::Target)?;
            let ledger =
                Ledger::new(context.store.clone(), job.id, None, Some(lease.clone()), context.ids.clone())
                    .by(Initiator::Plan(planned.plan.id));
            let objects = planned.steps.iter().map(|step| (step.object_type, step.source_id.clone()));
            let objects: BTreeSet<_> = objects.collect();
            settle(context, &ledger, &exporter, Some(&objects)).await?;
            let fingerprints = fingerprints_of(job, ends, objects).await?;
            mark_applied(context, &planned.plan).await?;
            Applier { context, job, exporter, ledger, fingerprints }.apply(planned.steps, observer).await
        };
        lease.hold(&context.store, &context.clock, None, work).await
    })
    .await
}

fn check_plan(job: &JobInstance, planned: &Planned, allow_deletions: bool) -> Result<(), Error> {
    if planned.plan.state != PlanState::Open {
        return Err(Error::Plan(format!("plan {} was applied already", planned.plan.id)));
    }
    if planned.detail.definition_digest != job.digest {
        return Err(Error::Plan(format!("job {} has changed since the plan was made", job.definition.name)));
    }
    match &planned.detail.held {
        Some(held) if !allow_deletions => Err(Error::PlanHeld(held.clone())),
        Some(_) | None => Ok(()),
    }
}

/// A plan is applied once, also when two try at the same time.
async fn mark_applied(context: &Context, plan: &Plan) -> Result<(), Error> {
    let applied = Plan { state: PlanState::Applied, ..plan.clone() };
    let id = plan.id;
    let first = context
        .store
        .write(move |tx| {
            // A source that tells changes by content must not call "unchanged" what the plan has brought elsewhere.
            store::job::set_watermark(tx, applied.job, None)?;
            store::plan::advance(tx, &applied, PlanState::Open)
        })
        .await?;
    if first { Ok(()) } else { Err(Error::Plan(format!("plan {id} was applied already"))) }
}

/// Steps that may be done side by side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Leaver,
    References,
    Other,
}

impl Kind {
    fn of(step: &Step) -> Self {
        if !step.references.is_empty() {
            Self::References
        } else if step.decision.is_leaver() {
            Self::Leaver
        } else {
            Self::Other
        }
    }
}

/// A step of a plan, looked at before it is sent.
enum Checked {
    /// Nothing has moved.
    Unmoved(Step),
    /// Something has.
    Refused(Refused),
    /// It could not be looked at.
    Failed(Outcome),
}

pub(crate) struct Applier<'a> {
    pub(crate) context: &'a Context,
    pub(crate) job: &'a JobInstance,
    pub(crate) exporter: Exporter<'a>,
    pub(crate) ledger: Ledger,
    /// What the fingerprints of the plan's objects are now; none for one that is gone.
    fingerprints: HashMap<(ObjectType, String), String>,
}

impl Applier<'_> {
    /// Steps side by side, but leavers, references and others in turn, as they stand in the plan: who takes a leaver's
    /// name comes after the leaver, and references come when all objects are there.
    async fn apply(&self, steps: Vec<Step>, observer: &dyn Observer) -> Result<Applied, Error> {
        let mut applied = Applied::default();
        let mut progress = Progress { expected: Some(steps.len() as u64), ..Progress::default() };
        let mut steps = steps.into_iter().peekable();
        while let Some(first) = steps.next() {
            let kind = Kind::of(&first);
            let mut batch = vec![first];
            while batch.len() < RECORD_BATCH
                && let Some(step) = steps.next_if(|step| Kind::of(step) == kind)
            {
                batch.push(step);
            }
            progress.read += batch.len() as u64;
            match kind {
                Kind::References => self.apply_references(batch, &mut applied).await?,
                Kind::Leaver | Kind::Other => self.apply_batch(batch, &mut applied).await?,
            }
            progress.counts = applied.counts;
            observer.progress(progress);
        }
        Ok(applied)
    }

    /// Looks what has moved, notes what is about to be sent, and sends it.
    async fn apply_batch(&self, batch: Vec<Step>, applied: &mut Applied) -> Result<(), Error> {
        let checking = batch.into_iter().map(|step| self.check(step));
        let (checked, fatal) = side_by_side(&self.exporter, checking).await;
        let (mut unmoved, mut outcomes) = (Vec::new(), Vec::new());
        for one in checked {
            match one {
                Checked::Unmoved(step) => unmoved.push(step),
                Checked::Refused(refused) => applied.refused.push(refused),
                Checked::Failed(outcome) => outcomes.push(outcome),
            }
        }
        self.record(outcomes, applied).await?;
        fatal.map_or(Ok(()), Err)?;
        let (job, now) = (&self.job.definition, self.context.clock.now());
        let unheard = self.ledger.begin(job, unmoved.iter(), now).await?;
        let sending = unmoved.into_iter().map(|step| self.send(step, &unheard));
        let (outcomes, fatal) = side_by_side(&self.exporter, sending).await;
        self.record(outcomes, applied).await?;
        fatal.map_or(Ok(()), Err)
    }

    async fn record(&self, outcomes: Vec<Outcome>, applied: &mut Applied) -> Result<(), Error> {
        for outcome in &outcomes {
            applied.counts += outcome.counts();
        }
        self.ledger.record(outcomes, self.context.clock.now()).await
    }

    /// Looks whether the step may be done.
    async fn check(&self, step: Step) -> Result<Checked, Error> {
        let began = self.context.clock.now();
        let Some(operation) = &step.operation else {
            return Ok(Checked::Refused(Refused { display: step.display, why: step.reason.text }));
        };
        let ending = match self.moved(&step, operation).await {
            Ok(None) => return Ok(Checked::Unmoved(step)),
            Ok(Some(why)) => return Ok(Checked::Refused(Refused { display: step.display, why })),
            Err(error) => self.failed(error)?,
        };
        let duration = self.context.clock.now().duration_since(began);
        Ok(Checked::Failed(Outcome { step, ending, duration }))
    }

    /// Sends the step, unless it is a create of which another one is `unheard`.
    async fn send(&self, step: Step, unheard: &Unheard) -> Result<Outcome, Error> {
        let began = self.context.clock.now();
        let ending = match (&step.operation, unheard.check(&step)) {
            (None, _) => Ending::Done { target_id: None },
            (Some(_), Err(unheard)) => self.failed(unheard)?,
            (Some(operation), Ok(())) => match self.exporter.export(operation).await {
                Ok(object) => {
                    self.exporter.observe(None);
                    Ending::written(operation, object)
                }
                Err(error) => self.failed(error.into())?,
            },
        };
        Ok(Outcome { step, ending, duration: self.context.clock.now().duration_since(began) })
    }

    /// One person's failure sends that person to escrow, unless everybody's step would fail too.
    pub(crate) fn failed(&self, error: ObjectError) -> Result<Ending, Error> {
        ending_of(&self.exporter, error)
    }

    /// Whether the directory has something else about the object.
    pub(crate) fn source_moved(&self, step: &Step) -> Option<String> {
        let now = self.fingerprints.get(&(step.object_type, step.source_id.clone()));
        (now.map_or("", String::as_str) != step.fingerprint)
            .then(|| "the directory has something else about it since the plan was made".to_owned())
    }

    /// What moved since the plan was made, if anything did: the person, the link, the resource, or the name.
    async fn moved(&self, step: &Step, operation: &Operation) -> Result<Option<String>, ObjectError> {
        if let Some(why) = self.source_moved(step) {
            return Ok(Some(why));
        }
        let link = self.ledger.link(step.object_type, &step.source_id).await?;
        if LinkBefore::of(link.as_ref()) != step.before {
            return Ok(Some("a cycle has worked on it since the plan was made".to_owned()));
        }
        if step.decision.is_leaver() && self.ledger.is_anothers(step).await? {
            return Ok(Some("the application gave what it had to somebody else of the same name".to_owned()));
        }
        if step.decision.is_leaver() && self.ledger.staged_state(step).await? == Some(StagedState::Rejected) {
            return Ok(Some("somebody has rejected its removal".to_owned()));
        }
        match operation {
            Operation::Create { object_type, values } => self.name_taken(*object_type, values).await,
            Operation::Update { object_type, id, changes } => {
                let Some(found) = self.exporter.get(*object_type, id).await? else {
                    return Ok(Some("it was deleted in the application".to_owned()));
                };
                let differs = changes.iter().find(|change| !diff::still_holds(change, &found.document));
                Ok(differs.map(|change| format!("{} has changed in the application", change.path)))
            }
            Operation::Delete { .. } => Ok(None),
        }
    }

    async fn name_taken(
        &self,
        object_type: ObjectType,
        values: &[(scim::path::Path, serde_json::Value)],
    ) -> Result<Option<String>, ObjectError> {
        let Some(rules) = rules(&self.job.definition, object_type) else { return Ok(None) };
        for matching in rules.mappings.matching() {
            let path = matching.target.path();
            let value = values.iter().find(|(p, _)| p == path).and_then(|(_, v)| v.as_str());
            let Some(value) = value else { continue };
            if !self.exporter.find(object_type, path, value).await?.is_empty() {
                return Ok(Some(format!("the application has one with {path} \"{value}\" now")));
            }
        }
        Ok(None)
    }
}

/// One object's failure ends it, unless it tells that every other would fail too.
pub(crate) fn ending_of(exporter: &Exporter<'_>, error: ObjectError) -> Result<Ending, Error> {
    match error {
        ObjectError::Store(error) => Err(error.into()),
        ObjectError::Connector(error) => {
            exporter.observe(Some(&error));
            if matches!(error, connector::Error::Credential { .. }) || exporter.is_broken() {
                return Err(Error::Target(error));
            }
            Ok(Ending::failed(&error.into()))
        }
        other => Ok(Ending::failed(&other)),
    }
}

/// The fingerprints of objects as the directory has them now; none of those that are gone.
pub(crate) async fn fingerprints_of(
    job: &JobInstance,
    ends: &Ends,
    objects: BTreeSet<(ObjectType, String)>,
) -> Result<HashMap<(ObjectType, String), String>, Error> {
    let mut fingerprints = HashMap::new();
    for object_type in [ObjectType::User, ObjectType::Group] {
        let of_type = objects.iter().filter(|(kind, _)| *kind == object_type);
        let anchors: Vec<String> = of_type.map(|(_, anchor)| anchor.clone()).collect();
        if anchors.is_empty() {
            continue;
        }
        for entry in ends.source.get(object_type, &anchors).await.map_err(Error::Source)? {
            if let Entry::Present(object) = entry {
                let subject = Subject::judge(object, &job.definition, &job.digest);
                fingerprints.insert((object_type, subject.object.anchor.clone()), subject.fingerprint);
            }
        }
    }
    Ok(fingerprints)
}

/// How a plan reads in one line a step: the decision, the object, and what changes.
#[must_use]
pub fn summary(step: &Step) -> String {
    match (&step.operation, step.decision) {
        (Some(Operation::Update { changes, .. }), _) => {
            changes.iter().map(|c| c.path.to_string()).collect::<Vec<_>>().join(", ")
        }
        (_, Decision::Create | Decision::Update | Decision::Disable | Decision::Delete) => {
            step.reason.text.clone()
        }
        (_, Decision::Skip | Decision::Fail) => format!("{}: {}", step.reason.code, step.reason.text),
    }
}
