//! Provision on demand: one person, now, with every step shown.

use connector::{Object, ObjectType, Request};
use model::log_entry::Status;
use serde::Serialize;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::evaluate::{Claims, Evaluator, Leaving, ObjectError, Verdict, unevaluated};
use crate::export::Exporter;
use crate::ledger::{Ending, Ledger, Outcome};
use crate::step::Step;
use crate::subject::Subject;

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

/// The one object that `who` names.
///
/// # Errors
/// [`Error::Nobody`], [`Error::SeveralPeople`], or the source's.
pub async fn find(ends: &Ends, who: &str) -> Result<Object, Error> {
    let mut found = ends.source.find(who).await.map_err(Error::Source)?;
    found.retain(|object| object.object_type == ObjectType::User);
    match (found.pop(), found.len()) {
        (None, _) => Err(Error::Nobody { who: who.to_owned() }),
        (Some(only), 0) => Ok(only),
        (Some(last), _) => {
            let name = |o: &Object| format!("{} ({})", o.display, o.anchor);
            let names = found.iter().chain([&last]).map(name).collect();
            Err(Error::SeveralPeople { who: who.to_owned(), names })
        }
    }
}

/// Provisions one person now, as a cycle would. The deletion threshold does not apply to one.
///
/// # Errors
/// Who is meant is unknown, or an end does not work at all. A refusal of the person is an answer, not an error.
pub async fn run(context: &Context, job: &JobInstance, ends: &Ends, who: &str) -> Result<Provisioned, Error> {
    let object = find(ends, who).await?;
    let subject = Subject::judge(object, &job.definition, &job.digest);
    let ledger = Ledger::new(context.store.clone(), job.id, None, None, context.ids.clone());
    let anchor = subject.object.anchor.clone();
    let link = ledger.links(subject.object.object_type, vec![anchor.clone()]).await?.remove(&anchor);
    let (leaving, claims) = (Leaving::default(), Claims::default());
    let evaluator = Evaluator {
        job: &job.definition,
        target: ends.target.as_ref(),
        ledger: &ledger,
        now: context.clock.now(),
        leaving: &leaving,
        claims: &claims,
    };
    let began = context.clock.now();
    let (step, ending) = match evaluator.evaluate(&subject, link.as_ref()).await {
        Ok(Verdict::Step(step)) => {
            let ending = send(&step, ends).await;
            (*step, ending)
        }
        Ok(Verdict::Waits(error)) | Err(error) => {
            (unevaluated(&subject, link.as_ref(), &error), Ending::failed(&error))
        }
    };
    let duration = context.clock.now().duration_since(began);
    let outcome = Outcome { step, ending, duration };
    let provisioned = told(&outcome, ends);
    ledger.record(vec![outcome], context.clock.now()).await?;
    Ok(provisioned)
}

async fn send(step: &Step, ends: &Ends) -> Ending {
    let Some(operation) = &step.operation else { return Ending::Done { target_id: None } };
    match Exporter::new(ends.target.as_ref()).export(operation).await {
        Ok(id) => Ending::Done { target_id: Some(id) },
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
