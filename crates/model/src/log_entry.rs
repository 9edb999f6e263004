//! The provisioning log: one entry for each change of an object in a cycle, as Entra's `provisioningObjectSummary`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{CycleId, EntryId, JobId};

/// What was done or tried (Entra's `provisioningAction`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A new resource in the target.
    Create,
    /// Changed attributes.
    Update,
    /// Set inactive.
    Disable,
    /// Deleted.
    Delete,
    /// A deletion or disable that the deletion threshold holds back.
    StagedDelete,
    /// Nothing to do.
    Other,
}

/// How it ended (Entra's `provisioningStatusInfo.status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Done.
    Success,
    /// Not done; the object is in escrow.
    Failure,
    /// Nothing was to be done.
    Skipped,
    /// Held back, a person has to look at it.
    Warning,
}

macro_rules! text {
    ($name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// The text in the database and in answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The value of that text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

text!(Action {
    Create = "create",
    Update = "update",
    Disable = "disable",
    Delete = "delete",
    StagedDelete = "stageddelete",
    Other = "other",
});
text!(Status { Success = "success", Failure = "failure", Skipped = "skipped", Warning = "warning" });

/// An entry of the provisioning log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Its id; in the order of time.
    pub id: EntryId,
    /// The job.
    pub job: JobId,
    /// The cycle. `None`: provisioned on demand, or by a plan.
    pub cycle: Option<CycleId>,
    /// When.
    pub at: Timestamp,
    /// The kind of object: `User` or `Group`.
    pub object_type: String,
    /// The object's anchor in the source.
    pub source_id: String,
    /// Its name for people.
    pub display: String,
    /// The resource's id in the target, where it is known.
    pub target_id: Option<String>,
    /// What was done or tried.
    pub action: Action,
    /// How it ended.
    pub status: Status,
    /// An error or skip code of Entra's vocabulary, for example `EntryConflict` or `RedundantExport`.
    pub code: Option<String>,
    /// More of it: `reason`, `modifiedProperties`, `requests`. Never a secret.
    pub detail: Value,
    /// How long the object took, in milliseconds.
    pub duration_ms: i64,
}
