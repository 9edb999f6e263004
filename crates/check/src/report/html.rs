//! The report as one HTML page that needs nothing beside it.

use askama::Template;

use super::{Entry, Report, Summary};

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    summary: Summary,
    is_clean: bool,
    themes: Vec<&'a [Entry]>,
}

/// The report as a page. Everything that an endpoint answered is escaped, and the page runs no script.
///
/// # Errors
/// None that a report can cause.
pub fn html(report: &Report) -> Result<String, askama::Error> {
    let themes = report.entries.chunk_by(|one, next| one.theme == next.theme).collect();
    Page { report, summary: report.summary(), is_clean: report.is_clean(), themes }.render()
}
