//! A plan as one HTML page that needs nothing beside it: to be read on a screen and on paper, and searched.

use askama::Template;
use base64::prelude::{BASE64_STANDARD, Engine};
use connector::{Operation, Request};
use provisioning::rollback::Undoes;
use provisioning::step::{Decision, Step};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::plan::{Document, StepDocument};
use crate::clock::shown;

const STYLE: &str = include_str!("../../templates/plan.css");
const SCRIPT: &str = include_str!("../../templates/plan.js");

#[derive(Template)]
#[template(path = "plan.html")]
struct Page<'a> {
    job: &'a str,
    id: String,
    created: String,
    state: &'static str,
    held: Option<&'a str>,
    undoes: Option<&'a Undoes>,
    groups: Vec<Group<'a>>,
    skipped: u64,
    style: &'static str,
    script: &'static str,
    style_hash: String,
    script_hash: String,
}

/// Steps of one decision.
struct Group<'a> {
    title: &'static str,
    class: &'static str,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    display: &'a str,
    object_type: String,
    reason: &'a str,
    source_id: &'a str,
    target_id: Option<&'a str>,
    /// Nothing was there before.
    is_new: bool,
    changes: Vec<Change>,
    requests: Vec<Sent>,
}

/// A request: its method and path, and its body.
struct Sent {
    line: String,
    body: Option<String>,
}

struct Change {
    attribute: String,
    before: String,
    after: String,
}

/// The groups of a page, what takes most away first.
const GROUPS: [(&str, &str); 6] = [
    ("to delete", "delete"),
    ("to disable", "disable"),
    ("to create", "create"),
    ("to update", "update"),
    ("references to change", "references"),
    ("can't be evaluated", "fail"),
];

/// The page of a plan. Whatever comes from a directory or target is escaped, and the browser is told to run and fetch
/// nothing but the page's own script and style.
///
/// # Errors
/// None that a plan can cause.
pub fn html(plan: &Document) -> Result<String, askama::Error> {
    let rows = |class: &str| -> Vec<Row<'_>> {
        plan.steps.iter().filter(|one| class_of(&one.step) == class).map(row).collect()
    };
    let groups = GROUPS.map(|(title, class)| Group { title, class, rows: rows(class) });
    let page = Page {
        job: &plan.job,
        id: plan.id.to_string(),
        created: shown(plan.created),
        state: plan.state,
        held: plan.held.as_deref(),
        undoes: plan.undoes.as_ref(),
        groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
        skipped: plan.counts.skipped,
        style: STYLE,
        script: SCRIPT,
        style_hash: hash(STYLE),
        script_hash: hash(SCRIPT),
    };
    page.render()
}

fn class_of(step: &Step) -> &'static str {
    match step.decision {
        Decision::Delete => "delete",
        Decision::Disable => "disable",
        Decision::Create => "create",
        Decision::Update if !step.references.is_empty() => "references",
        Decision::Update => "update",
        Decision::Fail => "fail",
        // A plan has none.
        Decision::Skip => "skip",
    }
}

fn row(one: &StepDocument) -> Row<'_> {
    let StepDocument { step, requests } = one;
    Row {
        display: &step.display,
        object_type: step.object_type.to_string(),
        reason: &step.reason.text,
        source_id: &step.source_id,
        target_id: step.target_id(),
        is_new: step.decision == Decision::Create,
        changes: changes(step),
        requests: requests.iter().map(request).collect(),
    }
}

fn changes(step: &Step) -> Vec<Change> {
    if !step.references.is_empty() {
        return references(step);
    }
    match &step.operation {
        Some(Operation::Create { values, .. }) => values
            .iter()
            .map(|(path, value)| Change {
                attribute: path.to_string(),
                before: String::new(),
                after: text(Some(value)),
            })
            .collect(),
        Some(Operation::Update { changes, .. }) => changes
            .iter()
            .map(|change| Change {
                attribute: change.path.to_string(),
                before: text(change.before.as_ref()),
                after: text(change.after.as_ref()),
            })
            .collect(),
        Some(Operation::Delete { .. }) | None => Vec::new(),
    }
}

/// References by the names of those who come and go.
fn references(step: &Step) -> Vec<Change> {
    let mut attributes: Vec<&str> = step.references.iter().map(|r| r.attribute.as_str()).collect();
    attributes.dedup();
    let names = |attribute: &str, removed| -> String {
        let own = step.references.iter().filter(|r| r.attribute == attribute && r.removed == removed);
        own.map(|r| r.display.as_deref().unwrap_or(&r.to)).collect::<Vec<_>>().join(", ")
    };
    let change = |attribute: &str| Change {
        attribute: attribute.to_owned(),
        before: names(attribute, true),
        after: names(attribute, false),
    };
    attributes.into_iter().map(change).collect()
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn request(request: &Request) -> Sent {
    let line = format!("{} {}", request.method, request.path);
    Sent { line, body: request.body.as_ref().map(|body| format!("{body:#}")) }
}

/// What a Content-Security-Policy knows an inline script or style by.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}
