//! `rollcall explain`

use std::io::{self, Write};

use anyhow::Result;
use provisioning::apply::summary;
use provisioning::explain::{self, Explanation};
use serde::Serialize;
use serde_json::Value;

use crate::cli::Person;
use crate::installation::Installation;
use crate::output::{Answer, Output, table, write_table};

/// Why a user stands as they do.
#[derive(Serialize)]
#[serde(transparent)]
struct Told(Explanation);

impl Answer for Told {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let told = &self.0;
        writeln!(out, "{} ({})", told.display, told.source_id)?;
        writeln!(out, "  {}, {}", told.presence, told.assignment)?;
        print_scope(told, out)?;
        print_target(told, out)?;
        writeln!(out, "\nA cycle now: {}  {}", told.step.decision.as_str(), summary(&told.step))?;
        for request in &told.requests {
            writeln!(out, "  {} {}", request.method, request.path)?;
        }
        writeln!(out)?;
        let rows = told.mappings.iter().map(|mapping| {
            let text = |name| mapping.get(name).map(plain).unwrap_or_default();
            let value =
                mapping.get("error").map_or_else(|| text("value"), |e| format!("error: {}", plain(e)));
            [text("target"), value, text("source")]
        });
        write_table(out, &table(["TARGET", "VALUE", "FROM"], rows), "No mapping applies.")?;
        print_log(told, out)
    }
}

fn print_scope(told: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {} scope", if told.in_scope { "in" } else { "out of" })?;
    for filter in &told.filters {
        writeln!(out, "    {} {}", mark(filter.passed), filter.title)?;
        for clause in &filter.clauses {
            let actual = clause.actual.as_deref().unwrap_or("(null)");
            writeln!(out, "      {} {}   is {actual}", mark(clause.passed), clause.text)?;
        }
    }
    Ok(())
}

fn mark(passed: bool) -> &'static str {
    if passed { "+" } else { "-" }
}

fn print_target(told: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let text = |value: &Value, name| value.get(name).map(plain).unwrap_or_default();
    match &told.link {
        Some(link) => writeln!(out, "  linked to {} ({})", text(link, "targetId"), text(link, "state"))?,
        None => writeln!(out, "  not linked to anybody in the target")?,
    }
    for reference in &told.references {
        let (attribute, to) = (text(reference, "attribute"), text(reference, "to"));
        writeln!(out, "  {attribute} {to}: {}", text(reference, "state"))?;
    }
    if let Some(escrow) = &told.escrow {
        let (code, error, next) = (text(escrow, "code"), text(escrow, "error"), text(escrow, "nextAttempt"));
        writeln!(out, "  in escrow: {code}: {error}; tried again from {next}")?;
    }
    Ok(())
}

fn print_log(told: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    if told.log.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let rows = told.log.iter().map(|entry| {
        let text = |pointer| entry.pointer(pointer).map(plain).unwrap_or_default();
        [
            text("/activityDateTime"),
            text("/provisioningAction"),
            text("/provisioningStatusInfo/status"),
            text("/provisioningStatusInfo/errorInformation/errorCode"),
        ]
    });
    write_table(out, &table(["LOG", "ACTION", "STATUS", "CODE"], rows), "")
}

/// A JSON value for people: texts without quotes, null as nothing.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Explains one user.
pub async fn run(on: &Installation, person: &Person, output: Output) -> Result<()> {
    let (instance, ends) = on.connected(&person.job).await?;
    output.answer(&Told(explain::run(&on.engine(), &instance, &ends, &person.user).await?))
}
