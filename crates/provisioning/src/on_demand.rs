//! Provision on demand: one person, now, with every step shown.

use connector::Request;
use model::log_entry::Status;
use serde::Serialize;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::evaluate::ObjectError;
use crate::ledger::{Ending, Outcome};
use crate::person::Person;
use crate::step::Step;

/// What provisioning one person came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provisioned {
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
}

/// Provisions one person now, as a cycle would. The deletion threshold does not apply to one.
///
/// # Errors
/// Who is meant is unknown, or an end does not work at all. A refusal of the person is an answer, not an error.
pub async fn run(context: &Context, job: &JobInstance, ends: &Ends, who: &str) -> Result<Provisioned, Error> {
    let person = Person::find(context, job, ends, who).await?;
    ends.target.test(&context.ids.next().to_string()).await.map_err(Error::Target)?;
    let began = context.clock.now();
    let (mut step, error) = person.evaluate(context, job, ends).await;
    if step.decision.is_leaver() && person.ledger.is_anothers(&step).await? {
        step.pass_on();
    }
    let ending = match error {
        Some(error) => Ending::failed(&error),
        None => send(&step, ends).await,
    };
    let outcome = Outcome { step, ending, duration: context.clock.now().duration_since(began) };
    let provisioned = told(&outcome, ends);
    person.ledger.record(vec![outcome], context.clock.now()).await?;
    Ok(provisioned)
}

async fn send(step: &Step, ends: &Ends) -> Ending {
    let Some(operation) = &step.operation else { return Ending::Done { target_id: None } };
    match ends.target.export(operation).await {
        Ok(object) => Ending::written(operation, object),
        Err(error) => Ending::failed(&ObjectError::from(error)),
    }
}

fn told(outcome: &Outcome, ends: &Ends) -> Provisioned {
    let step = outcome.step.clone();
    let requests = crate::plan::requests(&step, ends);
    let known = step.target_id().map(str::to_owned);
    match outcome.ending.clone() {
        Ending::Done { target_id } => Provisioned {
            status: if step.operation.is_some() { Status::Success } else { Status::Skipped },
            code: None,
            error: None,
            hint: None,
            target_id: known.or(target_id),
            requests,
            step,
        },
        Ending::Failed { code, text, hint } => Provisioned {
            status: Status::Failure,
            code: Some(code),
            error: Some(text),
            hint: Some(hint),
            target_id: known,
            requests,
            step,
        },
        Ending::Held => Provisioned {
            status: Status::Warning,
            code: None,
            error: None,
            hint: None,
            target_id: known,
            requests: Vec::new(),
            step,
        },
    }
}
