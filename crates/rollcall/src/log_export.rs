//! The provisioning log in files: JSON lines, or CSV in Entra's three tables.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use model::log_entry::LogEntry;
use provisioning::object_summary::{Systems, steps, summary};
use serde_json::Value;

use crate::cli::log::LogFormat;
use crate::failure::refusal;
use crate::output::Output;

/// Writes entries one by one.
pub enum Writer<'a> {
    /// One JSON object a line, to a file or standard output.
    Lines(Option<BufWriter<File>>, &'a Output),
    /// Three CSV files, joined by the change's id.
    Tables(Box<Tables>),
}

/// Entra's three files.
pub struct Tables {
    logs: csv::Writer<File>,
    steps: csv::Writer<File>,
    properties: csv::Writer<File>,
}

impl<'a> Writer<'a> {
    /// Opens what is written to: a file for JSON lines, or a folder for CSV.
    ///
    /// # Errors
    /// When it can't be made, or CSV has no folder.
    pub fn new(format: LogFormat, out: Option<&Path>, output: &'a Output) -> Result<Self> {
        match (format, out) {
            (LogFormat::Csv, None) => Err(refusal(
                "CSV is three files, and needs a folder for them",
                "name one with --out FOLDER, or use --format jsonl",
            )),
            (LogFormat::Csv, Some(folder)) => Ok(Self::Tables(Box::new(Tables::new(folder)?))),
            (LogFormat::Jsonl | LogFormat::Table, None) => Ok(Self::Lines(None, output)),
            (LogFormat::Jsonl | LogFormat::Table, Some(path)) => {
                let file = File::create(path)
                    .with_context(|| format!("the log can't be written to {}", path.display()))?;
                Ok(Self::Lines(Some(BufWriter::new(file)), output))
            }
        }
    }

    /// Writes an entry.
    ///
    /// # Errors
    /// Those of the files or of standard output.
    pub fn write(&mut self, entry: &LogEntry, systems: &Systems) -> Result<()> {
        match self {
            Self::Lines(None, output) => output.line(&summary(entry, systems).to_string()),
            Self::Lines(Some(file), _) => Ok(writeln!(file, "{}", summary(entry, systems))?),
            Self::Tables(tables) => tables.write(entry, systems),
        }
    }

    /// Ends the files.
    ///
    /// # Errors
    /// Theirs.
    pub fn end(self) -> Result<()> {
        match self {
            Self::Lines(None, _) => Ok(()),
            Self::Lines(Some(mut file), _) => Ok(file.flush()?),
            Self::Tables(mut tables) => {
                tables.logs.flush()?;
                tables.steps.flush()?;
                Ok(tables.properties.flush()?)
            }
        }
    }
}

impl Tables {
    fn new(folder: &Path) -> Result<Self> {
        let place = || format!("the log can't be written to {}", folder.display());
        fs::create_dir_all(folder).with_context(place)?;
        let open = |name: &str, header: &[&str]| -> Result<csv::Writer<File>> {
            let mut file = csv::Writer::from_path(folder.join(name)).with_context(place)?;
            file.write_record(header).with_context(place)?;
            Ok(file)
        };
        Ok(Self {
            logs: open("ProvisioningLogs.csv", LOGS)?,
            steps: open("ProvisioningLogs_ProvisioningSteps.csv", STEPS)?,
            properties: open("ProvisioningLogs_ModifiedProperties.csv", PROPERTIES)?,
        })
    }

    fn write(&mut self, entry: &LogEntry, systems: &Systems) -> Result<()> {
        let (id, empty) = (entry.id.to_string(), Value::Null);
        let detail = |name: &str| text(entry.detail.get(name).unwrap_or(&empty));
        self.logs.write_record([
            id.clone(),
            entry.at.to_string(),
            systems.job.clone(),
            entry.cycle.map(|cycle| cycle.to_string()).unwrap_or_default(),
            entry.action.as_str().to_owned(),
            entry.status.as_str().to_owned(),
            entry.code.clone().unwrap_or_default(),
            detail("reason"),
            detail("hint"),
            entry.object_type.clone(),
            entry.source_id.clone(),
            safe(&entry.display),
            entry.target_id.clone().unwrap_or_default(),
            systems.source.clone(),
            systems.target.clone(),
            entry.duration_ms.to_string(),
        ])?;
        for step in steps(entry) {
            self.steps.write_record([
                id.as_str(),
                step.name,
                step.provisioning_step_type.as_str(),
                step.status.as_str(),
                &safe(&step.description),
            ])?;
        }
        let properties = entry.detail.get("modifiedProperties").and_then(Value::as_array);
        for property in properties.into_iter().flatten() {
            let of = |name: &str| text(property.get(name).unwrap_or(&empty));
            self.properties.write_record([&id, &of("displayName"), &of("oldValue"), &of("newValue")])?;
        }
        Ok(())
    }
}

const LOGS: &[&str] = &[
    "changeId",
    "activityDateTime",
    "jobName",
    "cycleId",
    "provisioningAction",
    "status",
    "errorCode",
    "reason",
    "recommendedAction",
    "identityType",
    "sourceId",
    "sourceDisplayName",
    "targetId",
    "sourceSystem",
    "targetSystem",
    "durationInMilliseconds",
];
const STEPS: &[&str] = &["changeId", "name", "provisioningStepType", "status", "description"];
const PROPERTIES: &[&str] = &["changeId", "displayName", "oldValue", "newValue"];

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => safe(text),
        other => other.to_string(),
    }
}

/// Spreadsheets take what begins so for a formula, and names come from outside.
fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_formula() {
        for (from, to) in [("=1+1", "'=1+1"), ("@x", "'@x"), ("Ana", "Ana"), ("", "")] {
            assert_eq!(safe(from), to);
        }
    }
}
