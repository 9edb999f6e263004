//! The report for a terminal: what is wrong at length, what is right in a line.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::{Entry, Report};
use crate::finding::{Outcome, Wrong};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// One line about one check, with colours.
#[must_use]
pub fn line(entry: &Entry) -> String {
    let style = style(&entry.outcome);
    let mut line = format!("{style}{:<7}{style:#} {}", entry.outcome.word(), entry.name);
    if let Outcome::Skip { why } = &entry.outcome {
        // Writing to a string does not fail.
        let _ = write!(line, "{DIM}  {why}{DIM:#}");
    }
    line
}

/// Everything that is wrong, and the counts, with colours.
#[must_use]
pub fn terminal(report: &Report) -> String {
    let mut text = String::new();
    for entry in &report.entries {
        if let Some(wrong) = entry.outcome.wrong() {
            text.push_str(&explained(entry, wrong));
        }
    }
    text.push_str(&summary(report));
    text
}

fn style(outcome: &Outcome) -> Style {
    let colour = match outcome {
        Outcome::Pass => AnsiColor::Green,
        Outcome::Fail(_) | Outcome::Blocked(_) => AnsiColor::Red,
        Outcome::Warn(_) => AnsiColor::Yellow,
        Outcome::Skip { .. } => return DIM,
    };
    Style::new().fg_color(Some(colour.into()))
}

fn explained(entry: &Entry, wrong: &Wrong) -> String {
    let style = style(&entry.outcome).bold();
    let mut text = format!("{style}{} {}{style:#}\n", entry.outcome.word().to_uppercase(), entry.name);
    for (label, value) in [
        ("rule", format!("{} ({}, {})", entry.rule, entry.source, entry.requirement)),
        ("expected", wrong.expected.clone()),
        ("got", wrong.got.clone()),
        ("fix", entry.fix.to_owned()),
    ] {
        let _ = writeln!(text, "  {BOLD}{label:<9}{BOLD:#} {value}");
    }
    if let Some(exchange) = &wrong.exchange {
        text.push_str(&indented('>', &exchange.request_text()));
        text.push_str(&indented('<', &exchange.response_text()));
    }
    text.push('\n');
    text
}

/// What a body holds may not move the terminal's cursor or change its colours.
fn indented(mark: char, text: &str) -> String {
    let plain = |c: char| if c.is_control() { '�' } else { c };
    text.lines()
        .map(|line| format!("    {DIM}{mark} {}{DIM:#}\n", line.chars().map(plain).collect::<String>()))
        .collect()
}

/// The counts, with colours.
#[must_use]
pub fn summary(report: &Report) -> String {
    let counts = report.summary();
    let mut text = format!(
        "{BOLD}{}{BOLD:#}: {} passed, {} failed, {} warnings, {} skipped",
        report.url, counts.passed, counts.failed, counts.warned, counts.skipped
    );
    if counts.blocked > 0 {
        let _ = write!(text, ", {} could not be carried out", counts.blocked);
    }
    text.push('\n');
    if report.is_cut_short {
        text.push_str("The run was ended before all checks were done.\n");
    }
    if !report.left_over.is_empty() {
        let _ = writeln!(text, "These could not be removed; remove them: {}", report.left_over.join(", "));
    }
    text
}
