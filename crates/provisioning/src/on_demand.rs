//! Provision on demand: one user or group, now, with every step shown.

use connector::{Request, Target, TargetObject};
use mapping::ScopeOutcome;
use model::log_entry::Status;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::decide::Presence;
use crate::evaluate::ObjectError;
use crate::export::Exporter;
use crate::ledger::{Ending, Ledger, Outcome};
use crate::object_summary::{ProvisioningStep, StepType, export_name};
use crate::person::Person;
use crate::progress::Unwatched;
use crate::redaction;
use crate::references;
use crate::step::{Decision, Step};
use crate::subject::rules;
use crate::walk::{Mode, Walk};

/// What provisioning one object came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provisioned {
    /// The way, step by step: import, scope, match, action.
    pub provisioning_steps: Vec<ProvisioningStep>,
    /// The step that was decided.
    pub step: Step,
    /// How it ended.
    pub status: Status,
    /// The error's code, where it failed.
    pub code: Option<String>,
    /// The error, where it failed.
    pub error: Option<String>,
    /// What to look at next, where it failed.
    pub hint: Option<String>,
    /// The resource in the target.
    pub target_id: Option<String>,
    /// What was sent.
    pub requests: Vec<Request>,
    /// How many references, such as memberships, were set or removed.
    pub references: u64,
}

/// Provisions one user or group now, as a cycle would. The deletion threshold does not apply to one.
///
/// # Errors
/// Who is meant is unknown, or an end does not work at all. A refusal of the object is an answer, not an error.
pub async fn run(context: &Context, job: &JobInstance, ends: &Ends, who: &str) -> Result<Provisioned, Error> {
    let mut person = Person::find(context, job, ends, who).await?;
    let exporter = Exporter::new(context, job, ends);
    exporter.test(&context.ids.next().to_string()).await.map_err(Error::Target)?;
    person.settle(context, &exporter).await?;
    let began = context.clock.now();
    let told = references::told(&person.subject, &job.definition, began);
    person.ledger.tell(told, began).await?;
    let (mut step, error) = person.evaluate(context, job, ends).await;
    if step.decision.is_leaver() && person.ledger.is_anothers(&step).await? {
        step.pass_on();
    }
    let found = match step.target_id() {
        Some(id) => exporter.get(step.object_type, id).await.ok().flatten(),
        None => None,
    };
    let ending = match error {
        Some(error) => Ending::failed(&error),
        None => send(&step, &exporter, &person.ledger, context, job).await?,
    };
    let outcome = Outcome { step, ending, duration: context.clock.now().duration_since(began) };
    let mut provisioned = told_of(&outcome, ends);
    provisioned.provisioning_steps = way(&person, job, found.as_ref(), &provisioned);
    person.ledger.record(vec![outcome], context.clock.now()).await?;
    if provisioned.status != Status::Failure {
        provisioned.references = refer(context, job, ends, &person).await?;
    }
    Ok(provisioned)
}

async fn send(
    step: &Step,
    exporter: &Exporter<'_>,
    ledger: &Ledger,
    context: &Context,
    job: &JobInstance,
) -> Result<Ending, Error> {
    let Some(operation) = &step.operation else { return Ok(Ending::Done { target_id: None }) };
    let unheard = ledger.begin(&job.definition, [step].into_iter(), context.clock.now()).await?;
    if let Err(unheard) = unheard.check(step) {
        return Ok(Ending::failed(&unheard));
    }
    Ok(match exporter.export(operation).await {
        Ok(object) => Ending::written(operation, object),
        Err(error) => Ending::failed(&ObjectError::from(error)),
    })
}

/// The second pass, for this object alone.
async fn refer(context: &Context, job: &JobInstance, ends: &Ends, person: &Person) -> Result<u64, Error> {
    let mode = Mode::Execute { allow_deletions: true, everybody: true };
    let mut walk = Walk::new(context, job, ends, &person.ledger, &Unwatched, mode);
    let object = &person.subject.object;
    Box::pin(walk.refer_object(object.object_type, &object.anchor)).await?;
    Ok(walk.counts().references)
}

fn told_of(outcome: &Outcome, ends: &Ends) -> Provisioned {
    let step = outcome.step.shown().into_owned();
    let known = step.target_id().map(str::to_owned);
    let provisioned = Provisioned {
        provisioning_steps: Vec::new(),
        status: Status::Warning,
        code: None,
        error: None,
        hint: None,
        target_id: known.clone(),
        requests: crate::plan::requests(&step, ends),
        references: 0,
        step,
    };
    match outcome.ending.clone() {
        Ending::Done { target_id } => {
            let written = provisioned.step.operation.is_some();
            let status = if written { Status::Success } else { Status::Skipped };
            Provisioned { status, target_id: known.or(target_id), ..provisioned }
        }
        Ending::Failed { code, text, hint, .. } => Provisioned {
            status: Status::Failure,
            code: Some(code),
            error: Some(text),
            hint: Some(hint),
            ..provisioned
        },
        Ending::Held => Provisioned { requests: Vec::new(), ..provisioned },
    }
}

/// The steps that Entra shows; the first one, the test of the connection, only shows when it fails, as an error.
fn way(
    person: &Person,
    job: &JobInstance,
    found: Option<&TargetObject>,
    provisioned: &Provisioned,
) -> Vec<ProvisioningStep> {
    let object = &person.subject.object;
    let rules = rules(&job.definition, object.object_type);
    let shown = redaction::attributes(rules, &object.attributes);
    let present =
        |(name, value): (&String, &Value)| (!value.is_null()).then(|| (name.clone(), value.clone()));
    let import = ProvisioningStep {
        name: "EntryImport",
        provisioning_step_type: StepType::Import,
        status: Status::Success,
        description: format!("read {} {} from the source", object.object_type, object.display),
        details: Value::Object(shown.iter().filter_map(present).collect()),
    };
    let mut steps = vec![import, scoping(person, job)];
    if provisioned.step.decision != Decision::Skip || provisioned.step.target_id().is_some() {
        steps.push(matching(
            found.map(|found| (found, redaction::document(rules, &found.document))),
            provisioned,
        ));
        steps.push(action(provisioned));
    }
    steps
}

fn scoping(person: &Person, job: &JobInstance) -> ProvisioningStep {
    let subject = &person.subject;
    let outcome = rules(&job.definition, subject.object.object_type)
        .map(|rules| rules.scope.evaluate(subject.attributes()))
        .unwrap_or_else(|| ScopeOutcome { in_scope: false, filters: Vec::new() });
    let yes = |is: bool| if is { "True" } else { "False" };
    ProvisioningStep {
        name: "EntrySynchronizationScoping",
        provisioning_step_type: StepType::Scoping,
        status: if subject.in_scope { Status::Success } else { Status::Skipped },
        description: if subject.in_scope { "in scope" } else { "out of scope" }.to_owned(),
        details: json!({
            "IsActive": yes(subject.presence == Presence::Active),
            "Assigned": yes(subject.object.assignment != connector::Assignment::Unassigned),
            "AssignedOnly": yes(job.definition.assigned_only),
            "ScopeEvaluationResult": outcome.filters,
        }),
    }
}

/// `found`: the resource, and its document as people may see it.
fn matching(
    found: Option<(&TargetObject, Map<String, Value>)>,
    provisioned: &Provisioned,
) -> ProvisioningStep {
    let failed = matches!(
        provisioned.code.as_deref(),
        Some("DuplicateTargetEntries" | "DuplicateSourceEntries" | "MappingFailed")
    );
    let description = match (&provisioned.error, &found) {
        (Some(error), _) if failed => error.clone(),
        (_, Some((found, _))) => format!("it is {} in the target", found.id),
        (_, None) => "nobody in the target matches".to_owned(),
    };
    ProvisioningStep {
        name: "EntryImport",
        provisioning_step_type: StepType::Matching,
        status: if failed { Status::Failure } else { Status::Success },
        description,
        details: found.map_or(Value::Null, |(_, document)| Value::Object(document)),
    }
}

fn action(provisioned: &Provisioned) -> ProvisioningStep {
    let step = &provisioned.step;
    let skipped = step.decision == Decision::Skip;
    ProvisioningStep {
        name: export_name(step.decision.action()),
        provisioning_step_type: StepType::Export,
        status: provisioned.status,
        description: provisioned.error.clone().unwrap_or_else(|| step.reason.text.clone()),
        details: match &step.operation {
            _ if skipped => json!({ "SkipReason": step.reason.code }),
            Some(operation) => {
                json!({ "modifiedProperties": crate::entries::modified_properties(operation) })
            }
            None => Value::Null,
        },
    }
}
