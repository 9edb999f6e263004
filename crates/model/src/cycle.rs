//! One run of a job: its kind, its state, and what it did.

use std::ops::AddAssign;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{CycleId, JobId};

/// What a cycle looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CycleKind {
    /// Every object: the first cycle, after a change of mappings or scope, or on demand.
    Initial,
    /// Only what changed since the watermark.
    Incremental,
}

/// Where a cycle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CycleState {
    /// At work, or its process died: the lease tells which.
    Running,
    /// Reached its end. Objects may have gone to escrow.
    Completed,
    /// Reached its end, but deletions and disables are held back by the deletion threshold.
    Held,
    /// Stopped by an error that concerns every object, for example wrong credentials.
    Failed,
    /// Its process died; a later cycle took over.
    Abandoned,
}

impl CycleKind {
    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Incremental => "incremental",
        }
    }

    /// The kind of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Initial, Self::Incremental].into_iter().find(|k| k.as_str() == text)
    }
}

impl CycleState {
    const ALL: [Self; 5] = [Self::Running, Self::Completed, Self::Held, Self::Failed, Self::Abandoned];

    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// The state of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// What a cycle did, objects by decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Made in the target.
    pub created: u64,
    /// Changed in the target; a person who returns counts here.
    pub updated: u64,
    /// Set inactive in the target.
    pub disabled: u64,
    /// Deleted in the target.
    pub deleted: u64,
    /// Looked at, nothing to do: out of scope, or already as it should be.
    pub skipped: u64,
    /// Failed and waiting for another try.
    pub escrowed: u64,
    /// Deletions and disables held back by the deletion threshold.
    pub held: u64,
    /// References, such as memberships, that were set or removed in the target.
    #[serde(default)]
    pub references: u64,
}

impl Counts {
    /// Objects that a decision was made about.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.written() + self.skipped + self.escrowed + self.held
    }

    /// Objects that were written to the target.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.created + self.updated + self.disabled + self.deleted
    }
}

/// How the objects of a cycle fared: what quarantine and statistics are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Objects read that are in scope.
    pub entitled: u64,
    /// Provisioning events: objects that the cycle tried to bring into step.
    pub tried: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Objects whose references, such as a manager or members, could not be set.
    pub failed_references: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.entitled += other.entitled;
        self.tried += other.tried;
        self.failed += other.failed;
        self.failed_references += other.failed_references;
    }
}

/// How far a cycle has come, as its process last told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// When it told.
    pub at: Timestamp,
    /// Objects read.
    pub read: u64,
    /// Objects that the source will bring, where it knows.
    pub expected: Option<u64>,
    /// How they fared.
    pub tally: Tally,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.disabled += other.disabled;
        self.deleted += other.deleted;
        self.skipped += other.skipped;
        self.escrowed += other.escrowed;
        self.held += other.held;
        self.references += other.references;
    }
}

/// A cycle as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Its job.
    pub job: JobId,
    /// Its id.
    pub id: CycleId,
    /// What it looks at.
    pub kind: CycleKind,
    /// Where it stands.
    pub state: CycleState,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What it did.
    pub counts: Counts,
    /// Why it failed, or what it holds back.
    pub error: Option<String>,
}
