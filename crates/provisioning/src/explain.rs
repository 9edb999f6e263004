//! Why is this person (not) provisioned? Looks at everything, changes nothing.

use connector::{Assignment, ObjectType, Request};
use mapping::{Environment, FilterOutcome, Phase};
use model::escrow::Escrow;
use model::link::Link;
use model::reference::KnownReference;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::decide::Presence;
use crate::object_summary::{Systems, summary};
use crate::person::Person;
use crate::references::is_reference;
use crate::step::Step;
use crate::subject::{Subject, rules};

/// Log entries shown.
const LAST_ENTRIES: i64 = 5;

/// The answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// A user or a group.
    pub object_type: ObjectType,
    /// The person's anchor in the source.
    pub source_id: String,
    /// The person's name for people.
    pub display: String,
    /// How the person stands in the source.
    pub presence: &'static str,
    /// Whether the person is in scope.
    pub in_scope: bool,
    /// Through what the person is assigned, in words.
    pub assignment: String,
    /// Each scoping filter with its clauses: what was compared, and how it came out.
    pub filters: Vec<FilterOutcome>,
    /// The link, if there is one.
    pub link: Option<Value>,
    /// What waits in escrow, if anything does.
    pub escrow: Option<Value>,
    /// The first of its references, such as its manager or members: to whom, and whether the target has them.
    pub references: Vec<Value>,
    /// Each mapping with its value and trace.
    pub mappings: Vec<Value>,
    /// What a cycle would do now.
    pub step: Step,
    /// What it would send.
    pub requests: Vec<Request>,
    /// The last entries of the provisioning log, the latest first.
    pub log: Vec<Value>,
}

/// Explains one person.
///
/// # Errors
/// Who is meant is unknown, or the source or store can't be read. What the target answers is part of the explanation.
pub async fn run(context: &Context, job: &JobInstance, ends: &Ends, who: &str) -> Result<Explanation, Error> {
    let person = Person::find(context, job, ends, who).await?;
    let (step, _) = person.evaluate(context, job, ends).await;
    let Person { subject, link, ledger } = person;
    let anchor = subject.object.anchor.clone();
    let object_type = subject.object.object_type;
    let escrow = ledger.escrows(object_type, vec![anchor.clone()]).await?.remove(&anchor);
    let references = ledger.references_of(object_type, anchor.clone()).await?;
    let log = ledger.entries(anchor, LAST_ENTRIES).await?;
    let requests = crate::plan::requests(&step, ends);
    let environment = Environment { now: context.clock.now(), seed: ledger.seed() };
    Ok(Explanation {
        source_id: subject.object.anchor.clone(),
        display: subject.object.display.clone(),
        presence: presence(subject.presence),
        in_scope: subject.in_scope,
        assignment: assignment(&subject.object.assignment, job.definition.assigned_only),
        object_type,
        filters: rules(&job.definition, object_type)
            .map(|rules| rules.scope.evaluate(subject.attributes()).filters)
            .unwrap_or_default(),
        references: references.iter().map(reference_json).collect(),
        link: link.as_ref().map(link_json),
        escrow: escrow.as_ref().map(escrow_json),
        mappings: mappings(&subject, job, &environment),
        step: step.shown().into_owned(),
        requests,
        log: log.iter().map(|entry| summary(entry, &Systems::of(&job.definition))).collect(),
    })
}

fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Active => "active",
        Presence::Disabled => "disabled in the directory",
        Presence::SoftDeleted => "deleted in the directory, and may come back",
        Presence::Gone => "deleted for good",
    }
}

fn assignment(assignment: &Assignment, assigned_only: bool) -> String {
    let how = match assignment {
        Assignment::Unassigned => "not assigned".to_owned(),
        Assignment::Direct => "assigned directly".to_owned(),
        Assignment::ByGroup { group } => format!("assigned as a direct member of {group:?}"),
    };
    if assigned_only { how } else { format!("{how}; the job takes everybody") }
}

fn mappings(subject: &Subject, job: &JobInstance, environment: &Environment) -> Vec<Value> {
    let Some(rules) = rules(&job.definition, subject.object.object_type) else { return Vec::new() };
    rules
        .mappings
        .iter()
        .filter(|mapping| !is_reference(mapping.target.path()))
        .filter_map(|mapping| {
            let told = match mapping.evaluate_traced(subject.attributes(), environment, Phase::Update) {
                Ok(Some(mapped)) => json!({ "value": mapped.shown(), "trace": mapped.trace }),
                Ok(None) => return None,
                Err(error) => json!({ "error": error.to_string() }),
            };
            Some(merged(
                json!({ "target": mapping.target.to_string(), "source": mapping.source.to_string() }),
                told,
            ))
        })
        .collect()
}

fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

fn link_json(link: &Link) -> Value {
    json!({ "targetId": link.target_id, "state": link.state, "since": link.modified })
}

fn reference_json(known: &KnownReference) -> Value {
    let told = match (known.wanted, &known.sent) {
        (true, Some(_)) => "set in the target",
        (true, None) => "not set in the target yet: one of the two is not there, or it failed",
        (false, _) => "to be removed in the target",
    };
    json!({ "attribute": known.reference.attribute, "to": known.reference.to, "targetId": known.sent, "state": told })
}

fn escrow_json(escrow: &Escrow) -> Value {
    json!({
        "code": escrow.code, "error": escrow.detail, "attempts": escrow.attempts,
        "nextAttempt": escrow.next_attempt, "since": escrow.began,
    })
}
