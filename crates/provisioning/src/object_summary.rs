//! An entry of the provisioning log as Entra shows it: `provisioningObjectSummary` of Microsoft Graph, with its steps.

use model::job::{Job, TargetSettings};
use model::log_entry::{Action, LogEntry, Status};
use serde::Serialize;
use serde_json::{Value, json};

/// One step on an object's way (Entra's `provisioningStep`).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningStep {
    /// Entra's name, for example `EntryExportAdd`.
    pub name: &'static str,
    /// Which part of the way.
    pub provisioning_step_type: StepType,
    /// How it ended.
    pub status: Status,
    /// For people.
    pub description: String,
    /// What was looked at or sent.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

/// The parts of an object's way (Entra's `provisioningStepType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepType {
    /// Read from the source.
    Import,
    /// Whether it is in scope.
    Scoping,
    /// Which object of the target it is.
    Matching,
    /// What its mappings give.
    Processing,
    /// Managers and members.
    ReferenceResolution,
    /// Written to the target.
    Export,
}

impl StepType {
    /// The word in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Scoping => "scoping",
            Self::Matching => "matching",
            Self::Processing => "processing",
            Self::ReferenceResolution => "referenceResolution",
            Self::Export => "export",
        }
    }
}

/// The two ends of a job by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Systems {
    /// The job.
    pub job: String,
    /// The kind of its source.
    pub source: String,
    /// Its target's Tenant URL.
    pub target: String,
}

impl Systems {
    /// The ends of a job.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        let TargetSettings::Scim { url, .. } = &job.target;
        Self { job: job.name.clone(), source: job.source.kind().to_owned(), target: url.clone() }
    }
}

/// The entry as JSON.
#[must_use]
pub fn summary(entry: &LogEntry, systems: &Systems) -> Value {
    let detail = |name: &str| entry.detail.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "id": entry.id,
        "changeId": entry.id,
        "jobId": entry.job,
        "jobName": systems.job,
        "cycleId": entry.cycle,
        "activityDateTime": entry.at,
        "durationInMilliseconds": entry.duration_ms,
        "provisioningAction": entry.action,
        "provisioningStatusInfo": status_info(entry),
        "provisioningSteps": steps(entry),
        "modifiedProperties": detail("modifiedProperties"),
        "sourceIdentity": {
            "id": entry.source_id, "displayName": entry.display, "identityType": entry.object_type,
        },
        "targetIdentity": {
            "id": entry.target_id, "displayName": entry.display, "identityType": entry.object_type,
        },
        "sourceSystem": { "displayName": systems.source },
        "targetSystem": { "displayName": systems.target },
        "initiatedBy": detail("initiatedBy"),
    })
}

fn status_info(entry: &LogEntry) -> Value {
    let reason = reason(entry);
    let information = json!({
        "errorCode": entry.code,
        "reason": reason,
        "errorCategory": category(entry),
        "recommendedAction": entry.detail.get("hint"),
    });
    json!({ "status": entry.status, "errorInformation": information })
}

/// Entra's `errorCategory`: a failure that data or mappings cause is not the service's.
fn category(entry: &LogEntry) -> &'static str {
    match (entry.status, entry.code.as_deref()) {
        (Status::Failure, Some("InternalError" | "InternalServerError" | "Timeout" | "TooManyRequests")) => {
            "failure"
        }
        (Status::Failure, _) => "nonServiceFailure",
        (Status::Success | Status::Skipped | Status::Warning, _) => "success",
    }
}

fn reason(entry: &LogEntry) -> &str {
    entry.detail.get("reason").and_then(Value::as_str).unwrap_or_default()
}

/// The steps of the object's way, as far as it went.
#[must_use]
pub fn steps(entry: &LogEntry) -> Vec<ProvisioningStep> {
    let told = |name, kind, status, description: &str| ProvisioningStep {
        name,
        provisioning_step_type: kind,
        status,
        description: description.to_owned(),
        details: Value::Null,
    };
    let kind = entry.object_type.as_str();
    let read = format!("read {kind} {} from the source", entry.display);
    let mut steps = vec![told("EntryImport", StepType::Import, Status::Success, &read)];
    let ended = last_step(entry);
    if ended != StepType::Import {
        let out = ended == StepType::Scoping;
        let text = if out { reason(entry) } else { "in scope, or was until now" };
        let status = if out { Status::Skipped } else { Status::Success };
        steps.push(told("EntrySynchronizationScoping", StepType::Scoping, status, text));
    }
    match ended {
        StepType::Import | StepType::Scoping => {}
        StepType::Matching | StepType::Processing => {
            let name = if ended == StepType::Matching { "EntryImport" } else { "EntrySynchronization" };
            steps.push(told(name, ended, entry.status, reason(entry)));
        }
        StepType::ReferenceResolution => {
            steps.push(told("EntryExportUpdate", ended, entry.status, reason(entry)));
        }
        StepType::Export => {
            let text = match (entry.action, &entry.target_id) {
                (Action::Create, _) => "nobody in the target matches".to_owned(),
                (_, Some(id)) => format!("it is {id} in the target"),
                (_, None) => "it is not in the target".to_owned(),
            };
            steps.push(told("EntryImport", StepType::Matching, Status::Success, &text));
            steps.push(told(export_name(entry.action), StepType::Export, entry.status, reason(entry)));
        }
    }
    steps
}

/// How far the object came.
fn last_step(entry: &LogEntry) -> StepType {
    match entry.code.as_deref() {
        Some("ImportSkipped") => StepType::Import,
        Some("NotInScope" | "NotActive") if entry.action == Action::Other => StepType::Scoping,
        Some("DuplicateTargetEntries" | "DuplicateSourceEntries") => StepType::Matching,
        Some("MappingFailed") => StepType::Processing,
        Some("References" | "UnableToResolveReferenceAttributeValue") => StepType::ReferenceResolution,
        _ => StepType::Export,
    }
}

/// Entra's name of the last step.
pub(crate) fn export_name(action: Action) -> &'static str {
    match action {
        Action::Create => "EntryExportAdd",
        Action::Update | Action::Disable => "EntryExportUpdate",
        Action::Delete => "EntryExportDelete",
        Action::StagedDelete => "EntryExportStagedDelete",
        Action::Other => "EntrySynchronizationSkip",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use model::{EntryId, JobId};
    use uuid::Uuid;

    fn entry(action: Action, status: Status, code: &str) -> LogEntry {
        LogEntry {
            id: EntryId(Uuid::nil()),
            job: JobId(Uuid::nil()),
            cycle: None,
            at: Timestamp::UNIX_EPOCH,
            object_type: "User".into(),
            source_id: "a".into(),
            display: "ada@contoso.com".into(),
            target_id: None,
            action,
            status,
            code: Some(code.into()),
            detail: json!({ "reason": "because", "hint": "look there" }),
            duration_ms: 7,
        }
    }

    #[test]
    fn the_steps_go_as_far_as_the_object_came() {
        use StepType::{Export, Import, Matching, Processing, ReferenceResolution, Scoping};
        for (action, status, code, expect) in [
            (Action::Create, Status::Success, "New", &[Import, Scoping, Matching, Export][..]),
            (Action::Other, Status::Skipped, "ImportSkipped", &[Import]),
            (Action::Other, Status::Skipped, "NotInScope", &[Import, Scoping]),
            (Action::Disable, Status::Success, "NotInScope", &[Import, Scoping, Matching, Export]),
            (Action::Other, Status::Failure, "DuplicateTargetEntries", &[Import, Scoping, Matching]),
            (Action::Other, Status::Failure, "MappingFailed", &[Import, Scoping, Processing]),
            (Action::Update, Status::Success, "References", &[Import, Scoping, ReferenceResolution]),
        ] {
            let steps = steps(&entry(action, status, code));
            let types: Vec<StepType> = steps.iter().map(|step| step.provisioning_step_type).collect();
            assert_eq!(types, expect, "{code}");
            assert_eq!(
                steps.last().map(|step| step.status),
                Some(match types.last() {
                    Some(Import) => Status::Success,
                    _ => status,
                })
            );
        }
    }

    #[test]
    fn a_summary_has_graphs_shape() {
        let systems = Systems { job: "hr".into(), source: "file".into(), target: "https://a.example".into() };
        let told = summary(&entry(Action::Create, Status::Failure, "Conflict"), &systems);
        let information = &told["provisioningStatusInfo"]["errorInformation"];
        assert_eq!(information["errorCode"], "Conflict");
        assert_eq!(information["errorCategory"], "nonServiceFailure");
        assert_eq!(information["recommendedAction"], "look there");
        assert_eq!(told["sourceIdentity"]["displayName"], "ada@contoso.com");
        assert_eq!(told["provisioningSteps"][3]["name"], "EntryExportAdd");
        assert_eq!(told["provisioningSteps"][3]["provisioningStepType"], "export");
    }
}
