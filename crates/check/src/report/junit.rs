//! The report as JUnit XML: a test suite a theme, a test case a check.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::{Entry, Report};
use crate::finding::{Outcome, Wrong};

/// The report as JUnit XML. Warnings are passed cases with the warning in their output; what could not be carried
/// out is an error.
///
/// # Errors
/// None that a report can cause.
pub fn junit(report: &Report) -> Result<String, SerializeError> {
    let mut document = Document::new(format!("rollcall check {}", report.url));
    for entries in report.entries.chunk_by(|one, next| one.theme == next.theme) {
        let mut suite = TestSuite::new(entries.first().map_or("", |entry| entry.theme));
        suite.add_test_cases(entries.iter().map(case));
        document.add_test_suite(suite);
    }
    document.to_string()
}

fn case(entry: &Entry) -> TestCase {
    let mut status = match &entry.outcome {
        Outcome::Pass | Outcome::Warn(_) => TestCaseStatus::success(),
        Outcome::Skip { .. } => TestCaseStatus::skipped(),
        Outcome::Fail(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Blocked(_) => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    match &entry.outcome {
        Outcome::Pass | Outcome::Warn(_) => {}
        Outcome::Skip { why } => {
            status.set_message(why.as_str());
        }
        Outcome::Fail(wrong) | Outcome::Blocked(wrong) => {
            status.set_message(format!("expected {}, got {}", wrong.expected, wrong.got));
            status.set_type(entry.source).set_description(description(entry, wrong));
        }
    }
    let mut case = TestCase::new(entry.name.as_str(), status);
    case.set_classname(entry.theme).set_time(Duration::from_millis(entry.elapsed_ms));
    if let Outcome::Warn(wrong) = &entry.outcome {
        case.set_system_out(description(entry, wrong));
    }
    case
}

fn description(entry: &Entry, wrong: &Wrong) -> String {
    let mut lines = vec![
        format!("rule: {} ({}, {})", entry.rule, entry.source, entry.requirement),
        format!("expected: {}", wrong.expected),
        format!("got: {}", wrong.got),
        format!("fix: {}", entry.fix),
    ];
    if let Some(exchange) = &wrong.exchange {
        lines.extend([exchange.request_text(), exchange.response_text()]);
    }
    lines.join("\n")
}
