//! What a check comes to.

use serde::Serialize;

use crate::check::Requirement;
use crate::exchange::Exchange;

/// `Ok` where the rule is kept.
pub type Verdict = Result<(), Finding>;

/// Why a check did not just pass.
#[derive(Clone, Debug)]
pub enum Finding {
    /// The rule is broken.
    Wrong(Wrong),
    /// The check does not apply to this service provider.
    Skip {
        /// Why not.
        why: String,
    },
    /// Something that the check needs first did not work.
    Blocked(Wrong),
}

/// What was expected, and what came.
#[derive(Clone, Debug, Serialize)]
pub struct Wrong {
    /// What the rule asks for.
    pub expected: String,
    /// What the service provider did.
    pub got: String,
    /// The request and the answer that show it.
    pub exchange: Option<Box<Exchange>>,
}

impl Finding {
    /// The check does not apply.
    pub(crate) fn skip(why: impl Into<String>) -> Self {
        Self::Skip { why: why.into() }
    }

    /// The same, as something that only prepares a check.
    pub(crate) fn blocks(self) -> Self {
        match self {
            Self::Wrong(wrong) => Self::Blocked(wrong),
            Self::Skip { .. } | Self::Blocked(_) => self,
        }
    }
}

/// The outcome of a check, as it is reported.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "outcome")]
pub enum Outcome {
    /// The rule is kept.
    Pass,
    /// The rule is broken.
    Fail(Wrong),
    /// A recommendation is not followed.
    Warn(Wrong),
    /// The check does not apply.
    Skip {
        /// Why not.
        why: String,
    },
    /// Something that the check needs first did not work, so that nothing can be said. It counts as a failure.
    Blocked(Wrong),
}

impl Outcome {
    /// What a verdict means for a rule this binding.
    pub(crate) fn new(verdict: Verdict, requirement: Requirement) -> Self {
        match verdict {
            Ok(()) => Self::Pass,
            Err(Finding::Skip { why }) => Self::Skip { why },
            Err(Finding::Blocked(wrong)) => Self::Blocked(wrong),
            Err(Finding::Wrong(wrong)) => match requirement {
                Requirement::Must | Requirement::Client => Self::Fail(wrong),
                Requirement::Should => Self::Warn(wrong),
            },
        }
    }

    /// What is wrong, if something is.
    #[must_use]
    pub fn wrong(&self) -> Option<&Wrong> {
        match self {
            Self::Fail(wrong) | Self::Warn(wrong) | Self::Blocked(wrong) => Some(wrong),
            Self::Pass | Self::Skip { .. } => None,
        }
    }

    /// Whether the service provider does not pass because of it.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        match self {
            Self::Fail(_) | Self::Blocked(_) => true,
            Self::Pass | Self::Warn(_) | Self::Skip { .. } => false,
        }
    }

    /// The word in reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail(_) => "fail",
            Self::Warn(_) => "warn",
            Self::Skip { .. } => "skip",
            Self::Blocked(_) => "blocked",
        }
    }
}
