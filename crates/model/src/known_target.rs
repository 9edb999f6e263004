//! What is remembered of a job's target.

use jiff::Timestamp;
use serde_json::Value;

/// What was learned of a job's target.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownTarget {
    /// The target's settings then, without the secret: of other settings it may not be true.
    pub settings: Value,
    /// What it can do, as the connector describes it.
    pub capabilities: Value,
    /// When it was stored last.
    pub noted: Timestamp,
}
