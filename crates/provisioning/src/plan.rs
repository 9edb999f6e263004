//! A plan: the walk without export, stored, to be read by a person and applied as it is.

use connector::Request;
use model::PlanId;
use model::cycle::Counts;
use model::plan::{Plan, PlanState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::plan::PlanStep;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::ledger::Ledger;
use crate::lost_creates::settle_alone;
use crate::progress::Observer;
use crate::rollback::Undoes;
use crate::step::{Decision, Step};
use crate::walk::{Mode, Walk};

/// What a plan was made from, stored with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// The digest of the job's definition: under another definition the plan is void.
    pub definition_digest: String,
    /// Objects by decision.
    pub counts: Counts,
    /// What the deletion guard holds back, in words.
    pub held: Option<String>,
    /// The cycle that the plan undoes, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Undoes>,
}

/// A plan with its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The plan as it is stored.
    pub plan: Plan,
    /// What it was made from.
    pub detail: Detail,
    /// What is to be done, in this order.
    pub steps: Vec<Step>,
}

/// Makes a plan of everything a cycle would do now, and stores it. The target is read, never written.
///
/// # Errors
/// What concerns every object.
pub async fn make(
    context: &Context,
    job: &JobInstance,
    ends: &Ends,
    observer: &dyn Observer,
) -> Result<Planned, Error> {
    settle_alone(context, job, ends).await?;
    let ledger = Ledger::new(context.store.clone(), job.id, None, None, context.ids.clone());
    let mut walk = Walk::new(context, job, ends, &ledger, observer, Mode::Collect);
    let walked = walk.run(None).await?;
    let detail = Detail {
        definition_digest: job.digest.clone(),
        counts: walk.counts(),
        held: walked.held.map(|held| held.to_string()),
        undoes: None,
    };
    let steps = walked.steps.into_iter().filter(|step| step.decision != Decision::Skip).collect();
    keep(context, job, detail, steps).await
}

/// Stores these steps as a plan.
pub(crate) async fn keep(
    context: &Context,
    job: &JobInstance,
    detail: Detail,
    steps: Vec<Step>,
) -> Result<Planned, Error> {
    let plan = Plan {
        job: job.id,
        id: PlanId(context.ids.next()),
        created: context.clock.now(),
        state: PlanState::Open,
        detail: to_json(&detail)?,
    };
    let planned = Planned { plan, detail, steps };
    save(context, &planned).await?;
    Ok(planned)
}

async fn save(context: &Context, planned: &Planned) -> Result<(), Error> {
    let plan = planned.plan.clone();
    let mut rows = Vec::with_capacity(planned.steps.len());
    for (step, position) in planned.steps.iter().zip(0..) {
        rows.push(PlanStep { position, source_id: step.source_id.clone(), step: to_json(step)? });
    }
    context
        .store
        .write(move |tx| {
            store::plan::insert(tx, &plan)?;
            store::plan::insert_steps(tx, plan.job, plan.id, &rows)
        })
        .await
        .map_err(Error::Store)
}

/// Reads a stored plan back.
///
/// # Errors
/// [`Error::Plan`] when there is none, or it can't be read.
pub async fn load(context: &Context, job: &JobInstance, id: PlanId) -> Result<Planned, Error> {
    let job_id = job.id;
    let stored = context
        .store
        .read(move |tx| {
            let plan = store::plan::get(tx, job_id, id)?;
            Ok::<_, store::Error>((plan, store::plan::steps(tx, job_id, id, 0, i64::MAX)?))
        })
        .await?;
    let (Some(plan), rows) = stored else {
        return Err(Error::Plan(format!("job {} has no plan {id}", job.definition.name)));
    };
    let unreadable = |e: serde_json::Error| Error::Plan(format!("plan {id} can't be read: {e}"));
    let detail = serde_json::from_value(plan.detail.clone()).map_err(unreadable)?;
    let steps: Result<Vec<Step>, _> = rows.into_iter().map(|row| serde_json::from_value(row.step)).collect();
    Ok(Planned { plan, detail, steps: steps.map_err(unreadable)? })
}

/// The requests that a step would send, as people may see them.
#[must_use]
pub fn requests(step: &Step, ends: &Ends) -> Vec<Request> {
    step.shown().operation.as_ref().map(|operation| ends.target.preview(operation)).unwrap_or_default()
}

fn to_json<T: Serialize>(value: &T) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|e| Error::Plan(format!("the plan can't be written: {e}")))
}
