//! One decided step: what shall be written about one object, and what the engine will remember of it.

use std::borrow::Cow;

use connector::{ObjectType, Operation};
use mapping::REDACTED;
use model::cycle::Counts;
use model::link::{Link, LinkState};
use model::log_entry::Action;
use scim::path::Path;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diff::is_active;

/// The decision about one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Make it in the target.
    Create,
    /// Change it in the target.
    Update,
    /// Make it inactive in the target.
    Disable,
    /// Delete it in the target.
    Delete,
    /// Write nothing.
    Skip,
    /// Can't be evaluated; it goes to escrow.
    Fail,
}

impl Decision {
    /// The text in tables and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Disable => "disable",
            Self::Delete => "delete",
            Self::Skip => "skip",
            Self::Fail => "fail",
        }
    }

    /// The action in the provisioning log.
    #[must_use]
    pub fn action(self) -> Action {
        match self {
            Self::Create => Action::Create,
            Self::Update => Action::Update,
            Self::Disable => Action::Disable,
            Self::Delete => Action::Delete,
            Self::Skip | Self::Fail => Action::Other,
        }
    }

    /// One object, counted.
    #[must_use]
    pub fn counts(self) -> Counts {
        let mut counts = Counts::default();
        match self {
            Self::Create => counts.created = 1,
            Self::Update => counts.updated = 1,
            Self::Disable => counts.disabled = 1,
            Self::Delete => counts.deleted = 1,
            Self::Skip => counts.skipped = 1,
            Self::Fail => counts.escrowed = 1,
        }
        counts
    }

    /// Whether it takes somebody's access away, which is what the deletion threshold counts.
    #[must_use]
    pub fn is_leaver(self) -> bool {
        matches!(self, Self::Disable | Self::Delete)
    }
}

/// Why a step is as it is: a code of Entra's vocabulary and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// For example `RedundantExport`.
    pub code: String,
    /// For people.
    pub text: String,
}

impl Reason {
    /// A reason.
    #[must_use]
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into() }
    }
}

/// What becomes of the object's link once the step is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LinkAfter {
    /// As before.
    Unchanged,
    /// There is a link in this state. A new resource's id comes from the target's answer.
    Set {
        /// The target's id, where it is known before the step is done.
        target_id: Option<String>,
        /// Its state.
        state: LinkState,
    },
    /// There is a link in this state, and the next cycle looks at the object again, although the source has nothing new.
    LookAgain {
        /// The target's id.
        target_id: String,
        /// Its state.
        state: LinkState,
    },
    /// There is none.
    None,
}

impl LinkAfter {
    /// A link to a known or coming resource.
    #[must_use]
    pub fn set(target_id: Option<&str>, state: LinkState) -> Self {
        Self::Set { target_id: target_id.map(str::to_owned), state }
    }
}

/// What the engine knew about the object when it decided; an applied plan refuses when this moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkBefore {
    /// The linked resource, if there was a link.
    pub target_id: Option<String>,
    /// The link's state.
    pub state: Option<LinkState>,
    /// The link's fingerprint.
    pub fingerprint: Option<String>,
}

impl LinkBefore {
    /// What is known of an object with that link.
    #[must_use]
    pub fn of(link: Option<&Link>) -> Self {
        Self {
            target_id: link.map(|l| l.target_id.clone()),
            state: link.map(|l| l.state),
            fingerprint: link.map(|l| l.fingerprint.clone()),
        }
    }
}

/// One step. Plans store it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The kind of object.
    pub object_type: ObjectType,
    /// Its anchor in the source.
    pub source_id: String,
    /// Its name for people.
    pub display: String,
    /// The fingerprint of what was decided on; empty when the object is gone.
    pub fingerprint: String,
    /// The decision.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// What is written; nothing for a skip or failure.
    pub operation: Option<Operation>,
    /// The attributes of the operation whose values only the target may see; see [`Step::shown`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// The link as it was.
    pub before: LinkBefore,
    /// The link as it will be.
    pub after: LinkAfter,
    /// The leaver whose resource this object takes over, by its anchor: the same person under a new account.
    pub takes_over: Option<String>,
    /// References that are set or removed, in a step of the second pass; such a step changes nothing else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceStep>,
}

/// One reference in a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceStep {
    /// The target's attribute: `members`, or the path of `manager`.
    pub attribute: String,
    /// The kind of the object referred to.
    pub to_type: ObjectType,
    /// Its anchor in the source.
    pub to: String,
    /// Its name for people, where it is known.
    pub display: Option<String>,
    /// Its id in the target; `None` while it is yet to be made there.
    pub target_id: Option<String>,
    /// Whether it is removed, rather than set.
    pub removed: bool,
}

impl Step {
    /// Makes it the step of a leaver whose resource is somebody else's by now: only the link goes.
    pub fn pass_on(&mut self) {
        let text = "the application gave this resource to somebody else of the same name";
        self.decision = Decision::Skip;
        self.reason = Reason::new("PassedOn", text);
        self.operation = None;
        self.after = LinkAfter::None;
    }

    /// Of a leaver only this counts: that the user is inactive. Leaves out all else, which the target has refused.
    /// `false`: it is no leaver's step, or there is nothing else.
    pub(crate) fn deactivate_only(&mut self) -> bool {
        let leaves =
            matches!(self.after, LinkAfter::Set { state: LinkState::Disabled | LinkState::Released, .. });
        let Some(Operation::Update { changes, .. }) = self.operation.as_mut().filter(|_| leaves) else {
            return false;
        };
        let all = changes.len();
        changes.retain(|change| is_active(&change.path));
        let left_out = changes.len() < all;
        if changes.is_empty() {
            let text = "inactive already; the application refuses what else has changed";
            self.decision = Decision::Skip;
            self.reason = Reason::new("RedundantExport", text);
            self.operation = None;
        }
        left_out
    }

    /// The step for people: [`REDACTED`] stands for values that only the target may see.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, Self> {
        if self.redacted.is_empty() {
            return Cow::Borrowed(self);
        }
        let hidden = |path: &Path| self.redacted.contains(&path.to_string());
        let hide = |value: &mut Value| *value = Value::from(REDACTED);
        let mut step = self.clone();
        match &mut step.operation {
            Some(Operation::Create { values, .. }) => {
                values.iter_mut().filter(|(path, _)| hidden(path)).for_each(|(_, value)| hide(value));
            }
            Some(Operation::Update { changes, .. }) => {
                for change in changes.iter_mut().filter(|change| hidden(&change.path)) {
                    change.before.iter_mut().chain(change.after.iter_mut()).for_each(hide);
                }
            }
            Some(Operation::Delete { .. }) | None => {}
        }
        Cow::Owned(step)
    }

    /// The resource it is about, where there is one already.
    #[must_use]
    pub fn target_id(&self) -> Option<&str> {
        match (&self.operation, &self.after) {
            (Some(operation), _) if operation.id().is_some() => operation.id(),
            (_, LinkAfter::Set { target_id: Some(id), .. } | LinkAfter::LookAgain { target_id: id, .. }) => {
                Some(id)
            }
            _ => self.before.target_id.as_deref(),
        }
    }
}
