//! `rollcall check`

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use check::{Endpoint, Order, PREFIX, Report, Selection, THEMES, full_name, report};

use crate::cli::{Check, CheckFormat};
use crate::clock;
use crate::failure::refusal;
use crate::output::{Output, table};
use crate::{entropy, signals};

/// Checks an endpoint. Exit code 1 unless every rule is kept.
///
/// # Errors
/// When the check can't begin, or its report can't be written.
pub async fn run(arguments: Check, output: Output) -> Result<ExitCode> {
    let selection = Selection { client: arguments.client, only: arguments.only };
    if arguments.list {
        return list(&selection, output).map(|()| ExitCode::SUCCESS);
    }
    let url = arguments.url.unwrap_or_default();
    let token = arguments.token.unwrap_or_default();
    let endpoint = Endpoint::new(&url, &token, arguments.insecure_http).map_err(|error| {
        refusal(
            error.to_string(),
            "write the Tenant URL, such as https://scim.example.com/scim/v2; or say --insecure-http",
        )
    })?;
    let format = if output.json { CheckFormat::Json } else { arguments.format };
    say_what_happens(endpoint.url());
    // Lines follow the run where the answer is for a person, and is not for a file.
    let follows = matches!(format, CheckFormat::Terminal) && arguments.out.is_none();
    let order = Order { endpoint, selection, nonce: nonce()?, started: clock::shown(jiff::Timestamp::now()) };
    let watch = |entry: &check::Entry| {
        // A reader who has gone is noticed when the report is written; what was made is removed first.
        let _ = if follows { output.styled(&format!("{}\n", report::line(entry))) } else { Ok(()) };
    };
    let report = check::run(order, signals::termination()?, watch).await.map_err(explained)?;
    tell(&report, format, arguments.out.as_deref(), output)?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// On standard error, so that it is seen whatever the answer is for.
fn say_what_happens(url: &str) {
    // That nobody listens is no reason to fail.
    let _ = writeln!(
        io::stderr(),
        "Makes users and groups named {PREFIX}… at {url}, removes them again, and changes nothing else."
    );
}

fn nonce() -> Result<String> {
    Ok(entropy::bytes::<5>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn explained(error: check::Error) -> anyhow::Error {
    match error {
        check::Error::Unknown(_) | check::Error::Nothing(_) => {
            refusal(error.to_string(), "rollcall check --list names them")
        }
        check::Error::Unreachable { .. } => refusal(
            error.to_string(),
            "look whether the address is right, something listens there, and its certificate is trusted here",
        ),
        check::Error::Http(_) => error.into(),
    }
}

fn tell(report: &Report, format: CheckFormat, file: Option<&Path>, output: Output) -> Result<()> {
    let text = match format {
        CheckFormat::Terminal => report::terminal(report),
        CheckFormat::Json => report.json()? + "\n",
        CheckFormat::Junit => report::junit(report)? + "\n",
        CheckFormat::Html => report::html(report)?,
    };
    let Some(file) = file else { return output.styled(&text) };
    fs::write(file, anstream::adapter::strip_str(&text).to_string())
        .with_context(|| format!("{} can't be written", file.display()))?;
    if output.json { Ok(()) } else { output.styled(&report::summary(report)) }
}

/// The checks with their rules.
fn list(selection: &Selection, output: Output) -> Result<()> {
    let checks = selection.checks().map_err(explained)?;
    if output.json {
        let all: Vec<_> = checks
            .iter()
            .map(|(theme, check)| {
                serde_json::json!({
                    "name": full_name(theme, check), "client": theme.client, "rule": check.rule,
                    "requirement": check.requirement.word(), "source": check.source,
                })
            })
            .collect();
        return output.line(&serde_json::to_string(&all)?);
    }
    let rows = checks.iter().map(|(theme, check)| {
        [
            full_name(theme, check),
            check.requirement.word().to_owned(),
            check.source.to_owned(),
            check.rule.to_owned(),
        ]
    });
    let table = table(["CHECK", "", "SOURCE", "RULE"], rows);
    output.print(|out| {
        table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))?;
        writeln!(out, "\n{} checks in {} themes", checks.len(), THEMES.len())
    })
}
