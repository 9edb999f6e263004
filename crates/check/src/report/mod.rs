//! What a run found, and the forms in which it is told.

mod html;
mod junit;
mod terminal;

use std::time::Duration;

use serde::Serialize;

pub use html::html;
pub use junit::junit;
pub use terminal::{line, summary, terminal};

use crate::check::{Check, Client, Theme};
use crate::finding::Outcome;
use crate::run::{Order, full_name};

/// What a run found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The endpoint that was checked.
    pub url: String,
    /// When.
    pub started: String,
    /// The version of Rollcall.
    pub version: &'static str,
    /// Whether it was ended before all checks were done.
    pub is_cut_short: bool,
    /// Resources that the checks made and could not remove.
    pub left_over: Vec<String>,
    /// The checks, in the order in which they were carried out.
    pub entries: Vec<Entry>,
}

/// One check and its outcome.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The full name.
    pub name: String,
    /// The theme, which is the name's first part.
    pub theme: &'static str,
    /// Who sent the requests.
    pub client: Client,
    /// How binding the rule is: MUST, SHOULD or client.
    pub requirement: &'static str,
    /// Where the rule is written.
    pub source: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// What to do if it is broken.
    pub fix: &'static str,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// What came out.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How many checks had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Kept their rule.
    pub passed: usize,
    /// Broke it.
    pub failed: usize,
    /// Did not follow a recommendation.
    pub warned: usize,
    /// Did not apply.
    pub skipped: usize,
    /// Could not be carried out.
    pub blocked: usize,
}

impl Report {
    pub(crate) fn new(order: &Order) -> Self {
        Self {
            url: order.endpoint.url().to_owned(),
            started: order.started.clone(),
            version: env!("CARGO_PKG_VERSION"),
            is_cut_short: false,
            left_over: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Whether every rule is kept. Warnings do not count; a run that was cut short and resources that are left over do.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let has_failed = self.entries.iter().any(|entry| entry.outcome.is_failure());
        !has_failed && !self.is_cut_short && self.left_over.is_empty()
    }

    /// The counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for entry in &self.entries {
            match entry.outcome {
                Outcome::Pass => summary.passed += 1,
                Outcome::Fail(_) => summary.failed += 1,
                Outcome::Warn(_) => summary.warned += 1,
                Outcome::Skip { .. } => summary.skipped += 1,
                Outcome::Blocked(_) => summary.blocked += 1,
            }
        }
        summary
    }

    /// The report as JSON. Members may be added in later versions, none is taken away.
    ///
    /// # Errors
    /// None that a report can cause.
    pub fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Whole<'a> {
            summary: Summary,
            #[serde(flatten)]
            report: &'a Report,
        }
        serde_json::to_string_pretty(&Whole { summary: self.summary(), report: self })
    }
}

impl Entry {
    pub(crate) fn new(
        theme: &'static Theme,
        check: &'static Check,
        outcome: Outcome,
        elapsed: Duration,
    ) -> Self {
        Self {
            name: full_name(theme, check),
            theme: theme.name,
            client: theme.client,
            requirement: check.requirement.word(),
            source: check.source,
            rule: check.rule,
            fix: check.fix,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            outcome,
        }
    }
}
