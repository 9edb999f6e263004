//! What the provisioning log tells of a step and how it ended.

use connector::Operation;
use jiff::Timestamp;
use model::EntryId;
use model::log_entry::{Action, LogEntry, Status};
use serde_json::{Value, json};

use crate::ledger::{Ending, Ledger, Outcome, shortened};
use crate::step::{Decision, LinkAfter};

impl Ledger {
    /// The entry of an object.
    pub(crate) fn entry(&self, outcome: &Outcome, now: Timestamp) -> LogEntry {
        let step = &outcome.step;
        let (action, status) = match (&outcome.ending, step.decision) {
            (Ending::Held, _) => (Action::StagedDelete, Status::Warning),
            (Ending::Failed { .. }, decision) => (decision.action(), Status::Failure),
            (Ending::Done { .. }, Decision::Skip | Decision::Fail) => (Action::Other, Status::Skipped),
            (Ending::Done { .. }, decision) => (decision.action(), Status::Success),
        };
        let (code, text, hint) = match &outcome.ending {
            Ending::Failed { code, text, hint, .. } => (code.clone(), shortened(text), Some(hint.clone())),
            Ending::Done { .. } | Ending::Held => (step.reason.code.clone(), step.reason.text.clone(), None),
        };
        let written = match &outcome.ending {
            Ending::Done { target_id } => target_id.as_deref(),
            Ending::Failed { .. } | Ending::Held => None,
        };
        LogEntry {
            id: EntryId(self.ids.next()),
            job: self.job,
            cycle: self.cycle,
            at: now,
            object_type: step.object_type.to_string(),
            source_id: step.source_id.clone(),
            display: step.display.clone(),
            target_id: step.target_id().or(written).map(str::to_owned),
            action,
            status,
            code: Some(code),
            detail: json!({
                "reason": text,
                "hint": hint,
                "initiatedBy": self.initiated_by(),
                "modifiedProperties": step.shown().operation.as_ref().map(modified_properties),
            }),
            duration_ms: i64::try_from(outcome.duration.as_millis()).unwrap_or(i64::MAX),
        }
    }
}

/// A skip is told once, when it was looked at with a link or is news; who is out of scope and unknown is not told
/// again with each cycle.
pub(crate) fn is_worth_an_entry(outcome: &Outcome) -> bool {
    let step = &outcome.step;
    let unknown_and_skipped = step.decision == Decision::Skip && step.after == LinkAfter::Unchanged;
    !(unknown_and_skipped && matches!(outcome.ending, Ending::Done { .. }))
}

/// Entra's `modifiedProperties`: each attribute with its old and new value.
pub(crate) fn modified_properties(operation: &Operation) -> Vec<Value> {
    let property = |name: String, old: Option<&Value>, new: Option<&Value>| json!({ "displayName": name, "oldValue": old, "newValue": new });
    match operation {
        Operation::Create { values, .. } => {
            values.iter().map(|(path, value)| property(path.to_string(), None, Some(value))).collect()
        }
        Operation::Update { changes, .. } => changes
            .iter()
            .map(|change| property(change.path.to_string(), change.before.as_ref(), change.after.as_ref()))
            .collect(),
        Operation::Delete { .. } => Vec::new(),
    }
}
