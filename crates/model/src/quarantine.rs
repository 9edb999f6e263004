//! Quarantine: a job that can't go on as it is, and is tried seldom until it can.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a job is in quarantine. The names are those of Microsoft Graph's `quarantineReason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuarantineReason {
    /// Too many objects failed.
    EncounteredBaseEscrowThreshold,
    /// Too many objects and references failed.
    EncounteredTotalEscrowThreshold,
    /// Too large a share of a cycle's objects failed.
    EncounteredEscrowProportionThreshold,
    /// An error that concerns every object: credentials, an incompatible answer, an end that can't be reached.
    EncounteredQuarantineException,
    /// The deletion threshold holds deletions and disables back.
    TooManyDeletes,
}

impl QuarantineReason {
    const ALL: [Self; 5] = [
        Self::EncounteredBaseEscrowThreshold,
        Self::EncounteredTotalEscrowThreshold,
        Self::EncounteredEscrowProportionThreshold,
        Self::EncounteredQuarantineException,
        Self::TooManyDeletes,
    ];

    /// The text in the database and in answers: Graph's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EncounteredBaseEscrowThreshold => "EncounteredBaseEscrowThreshold",
            Self::EncounteredTotalEscrowThreshold => "EncounteredTotalEscrowThreshold",
            Self::EncounteredEscrowProportionThreshold => "EncounteredEscrowProportionThreshold",
            Self::EncounteredQuarantineException => "EncounteredQuarantineException",
            Self::TooManyDeletes => "TooManyDeletes",
        }
    }

    /// The reason of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// Whether it counts failures of single objects, which an initial cycle answers in another way.
    #[must_use]
    pub fn is_threshold(self) -> bool {
        match self {
            Self::EncounteredBaseEscrowThreshold
            | Self::EncounteredTotalEscrowThreshold
            | Self::EncounteredEscrowProportionThreshold => true,
            Self::EncounteredQuarantineException | Self::TooManyDeletes => false,
        }
    }
}

/// One end of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The directory.
    Source,
    /// The application.
    Target,
}

impl End {
    /// The text in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }

    /// The end of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Source, Self::Target].into_iter().find(|end| end.as_str() == text)
    }
}

/// What brought a job into quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its class.
    pub reason: QuarantineReason,
    /// The error's code, for example `Unauthorized`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// What to look at next.
    pub hint: String,
    /// The request that caused it, method and path, where it was one.
    pub request: Option<String>,
    /// The end whose test call tells when it is over. `None`: no test call can.
    pub end: Option<End>,
}

/// A job's quarantine, while it lasts. A series begins when it is imposed, and ends when it is lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// What it was last imposed for.
    pub cause: Cause,
    /// When it was first imposed.
    pub series_began: Timestamp,
    /// When it was last evaluated and left in effect.
    pub current_began: Timestamp,
    /// How often it was evaluated again and left in effect.
    pub series_count: i64,
    /// When the next cycle is tried. `None`: never; the engine has given up.
    pub next_attempt: Option<Timestamp>,
    /// When the next test call is made. `None`: none is.
    pub next_test: Option<Timestamp>,
    /// Test calls so far.
    pub tests: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_and_end_reads_back() {
        for reason in QuarantineReason::ALL {
            assert_eq!(QuarantineReason::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str(), "Graph's name in JSON too");
        }
        for end in [End::Source, End::Target] {
            assert_eq!(End::parse(end.as_str()), Some(end));
        }
        assert_eq!(QuarantineReason::parse("Unknown"), None);
    }
}
