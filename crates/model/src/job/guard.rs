//! `[guard]`: what must not happen; `[notify]`: who is told when it would.

use serde::{Deserialize, Serialize};

use super::{DEFAULT_DELETION_COUNT, JobError};

/// `[guard]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSettings {
    /// The deletion threshold of a cycle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletions: Option<Threshold>,
    /// The deletion threshold of 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletions_per_day: Option<Threshold>,
}

/// How many objects may be deleted or disabled, or lose a membership. Reaching `count`, or more than `share` of the
/// managed objects, holds all of them back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// From this number on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Above this share of the managed objects, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

/// `[notify]`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifySettings {
    /// Who gets an e-mail when the job needs a person: quarantine began or changed its reason.
    pub to: Vec<String>,
}

impl GuardSettings {
    pub(super) fn per_cycle(&self) -> Result<Threshold, JobError> {
        let default = Threshold { count: Some(DEFAULT_DELETION_COUNT), share: None };
        self.deletions.map_or(Ok(default), |threshold| checked("guard.deletions", threshold))
    }

    pub(super) fn per_day(&self) -> Result<Threshold, JobError> {
        let none = Threshold { count: None, share: None };
        self.deletions_per_day.map_or(Ok(none), |threshold| checked("guard.deletions_per_day", threshold))
    }
}

fn checked(place: &str, threshold: Threshold) -> Result<Threshold, JobError> {
    if threshold.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
        return Err(JobError::at(
            format!("{place}.share"),
            "a share is a number from 0 to 1, for example 0.1",
        ));
    }
    if threshold.count == Some(0) {
        return Err(JobError::at(
            format!("{place}.count"),
            "0 would hold back every cycle; 1 holds back the first deletion",
        ));
    }
    Ok(threshold)
}
