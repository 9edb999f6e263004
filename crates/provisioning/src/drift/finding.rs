//! What differs, as it is told and accepted. Pure.

use std::collections::HashSet;

use connector::{Change, ObjectType, Operation};
use mapping::REDACTED;
use model::link::Link;
use model::reference::DueReference;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::drift::AcceptedDrift;

use crate::second_pass::object_type;
use crate::step::Step;
use crate::subject::hex;

/// How an object of the target differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Attributes have other values.
    Changed,
    /// It is not there any more.
    Gone,
    /// It was disabled, and somebody has made it active.
    Reactivated,
    /// It refers to others than it should: a group's members, a user's manager.
    References,
    /// It could not be compared.
    Failed,
}

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The attribute's path.
    pub attribute: String,
    /// What the mapping wants; of members, those that the target lacks.
    pub wanted: Option<Value>,
    /// What the target has; of members, those that the source has not.
    pub found: Option<Value>,
    /// A digest of both, as they are and not as they may be shown. It keeps what is accepted small, and free of
    /// personal values.
    #[serde(skip)]
    pub(super) digest: String,
}

impl Difference {
    /// A change that would put the target right; `redacted`: nobody may see its values.
    pub(super) fn of(change: &Change, redacted: bool) -> Self {
        let shown = |value: &Option<Value>| value.clone().map(|v| if redacted { REDACTED.into() } else { v });
        Self {
            attribute: change.path.to_string(),
            wanted: shown(&change.after),
            found: shown(&change.before),
            digest: digest(change.before.as_ref(), change.after.as_ref()),
        }
    }
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The kind of object.
    pub object_type: ObjectType,
    /// Its anchor in the source.
    pub source_id: String,
    /// Its name for people.
    pub display: String,
    /// Its id in the target.
    pub target_id: String,
    /// How it differs.
    pub kind: Kind,
    /// The attributes that do.
    pub differences: Vec<Difference>,
    /// The error of one that could not be compared or repaired.
    pub error: Option<String>,
    /// Whether it is repaired.
    pub repaired: bool,
}

impl Finding {
    /// One about the object of a link, with nothing told yet.
    pub(super) fn of(link: &Link, kind: Kind) -> Self {
        Self {
            object_type: object_type(&link.object_type),
            source_id: link.source_id.clone(),
            display: link.display.clone(),
            target_id: link.target_id.clone(),
            kind,
            differences: Vec::new(),
            error: None,
            repaired: false,
        }
    }
}

/// What comparing came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Objects that were compared.
    pub compared: u64,
    /// Objects that the source has changed since they were last sent; the next cycle sends them.
    pub not_sent_yet: u64,
    /// Groups whose members the target does not tell.
    pub untold: u64,
    /// Differences that were accepted, now or earlier.
    pub accepted: u64,
    /// What differs.
    pub findings: Vec<Finding>,
    /// What a repair did not send, in words: it is staged.
    pub held: Option<String>,
}

impl Report {
    /// Whether something differs that is neither repaired nor accepted.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        self.findings.iter().any(|finding| !finding.repaired)
    }
}

/// An object that differs, and what would put that right.
pub(super) struct Found {
    pub(super) finding: Finding,
    pub(super) step: Option<Step>,
    /// References that the target lacks.
    pub(super) missing: Vec<DueReference>,
}

impl Found {
    pub(super) fn is_leaver(&self) -> bool {
        self.step.as_ref().is_some_and(|step| step.decision.is_leaver())
    }

    /// What is left of it without what was accepted, and how much that was.
    pub(super) fn without(mut self, accepted: &HashSet<(String, String, String)>) -> (Option<Self>, u64) {
        let is_accepted = |row: &AcceptedDrift| {
            accepted.contains(&(row.source_id.clone(), row.attribute.clone(), row.digest.clone()))
        };
        let all = rows(&self.finding);
        let gone: HashSet<String> =
            all.iter().filter(|row| is_accepted(row)).map(|row| row.attribute.clone()).collect();
        if !gone.is_empty() && gone.len() == all.len() {
            return (None, gone.len() as u64);
        }
        self.finding.differences.retain(|difference| !gone.contains(&difference.attribute));
        if let Some(Step { operation: Some(Operation::Update { changes, .. }), .. }) = &mut self.step {
            changes.retain(|change| !gone.contains(&change.path.to_string()));
        }
        (Some(self), gone.len() as u64)
    }
}

/// Stands for the attribute where the whole object is gone.
const WHOLE: &str = "";

/// What there is to accept of a finding.
pub(super) fn rows(finding: &Finding) -> Vec<AcceptedDrift> {
    let row = |attribute: &str, digest: String| AcceptedDrift {
        object_type: finding.object_type.to_string(),
        source_id: finding.source_id.clone(),
        attribute: attribute.to_owned(),
        digest,
    };
    match finding.kind {
        Kind::Gone => vec![row(WHOLE, digest(None, None))],
        Kind::Failed => Vec::new(),
        Kind::Changed | Kind::Reactivated | Kind::References => {
            finding.differences.iter().map(|d| row(&d.attribute, d.digest.clone())).collect()
        }
    }
}

pub(super) fn digest(found: Option<&Value>, wanted: Option<&Value>) -> String {
    let pair = Value::from(vec![found.cloned().unwrap_or_default(), wanted.cloned().unwrap_or_default()]);
    hex(&Sha256::digest(pair.to_string()), 16)
}
