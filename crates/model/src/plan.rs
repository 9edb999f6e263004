//! A plan: a cycle stopped before export, and stored.

use jiff::Timestamp;
use serde_json::Value;

use crate::ids::{JobId, PlanId};

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanState {
    /// Waiting to be applied.
    Open,
    /// Applied, wholly or but for objects that had moved.
    Applied,
}

impl PlanState {
    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Applied => "applied",
        }
    }

    /// The state of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Applied].into_iter().find(|s| s.as_str() == text)
    }
}

/// A stored plan without its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its job.
    pub job: JobId,
    /// Its id.
    pub id: PlanId,
    /// When it was made.
    pub created: Timestamp,
    /// What became of it.
    pub state: PlanState,
    /// What it was made from: the digest of the job's definition, the counts by decision.
    pub detail: Value,
}
