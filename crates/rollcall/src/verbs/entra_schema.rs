//! `rollcall job import-entra|export-entra`

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use model::job::entra_schema::{self, Schema, Warning};
use model::job::{JobFile, SourceSettings, TargetSettings};
use serde::Serialize;
use serde_json::json;

use crate::cli::mapping::{ImportEntra, SourceKind};
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, plain};

/// The largest schema, in bytes. Those of directories with hundreds of attributes have some hundred thousand.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// A job file made of a schema.
#[derive(Serialize)]
struct Imported {
    file: String,
    warnings: Vec<Warning>,
}

impl Answer for Imported {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.file)
    }
}

/// Prints the job file of a schema, and tells what is not in it.
///
/// # Errors
/// When the file can't be read or no job can be made of it.
pub fn import(arguments: &ImportEntra, output: &Output) -> Result<()> {
    let imported = entra_schema::import(&read(&arguments.file)?).map_err(|error| {
        refusal(
            error.to_string(),
            "export it with GET /servicePrincipals/{id}/synchronization/jobs/{id}/schema",
        )
    })?;
    let mut warnings = imported.warnings.clone();
    let (source, target) = (source(arguments.source)?, target(arguments.url.as_deref())?);
    let job = imported.into_job(&arguments.name, source, target);
    warnings.push(told("source, target, scope.assigned_only", "no part of a schema; look them through"));
    if let Err(error) = job.resolve() {
        warnings.push(told(&arguments.name, &format!("the job file can't be applied as it is: {error}")));
    }
    let imported = Imported { file: job.to_toml()?, warnings };
    tell(&imported.warnings, output);
    output.answer(&imported)
}

fn read(path: &Path) -> Result<Schema> {
    let unreadable = || format!("the schema {} can't be read", path.display());
    if fs::metadata(path).with_context(unreadable)?.len() > MAX_BYTES {
        return Err(refusal(
            format!("{} has more than {MAX_BYTES} bytes", path.display()),
            "give one schema",
        ));
    }
    let text = fs::read_to_string(path).with_context(unreadable)?;
    serde_json::from_str(&text).map_err(|error| {
        let hint = "it should be what Graph answers to GET …/synchronization/jobs/{id}/schema";
        refusal(format!("{}: {error}", path.display()), hint)
    })
}

/// Settings to be filled in; the rest as in a job file that leaves it out.
fn source(kind: SourceKind) -> Result<SourceSettings> {
    let settings = match kind {
        SourceKind::File => json!({ "kind": "file", "path": "directory" }),
        SourceKind::Entra => json!({
            "kind": "entra",
            "tenant": "contoso.onmicrosoft.com",
            "client_id": "00000000-0000-0000-0000-000000000000",
            "secret": { "env": "ENTRA_CLIENT_SECRET" },
        }),
    };
    Ok(serde_json::from_value(settings)?)
}

fn target(url: Option<&str>) -> Result<TargetSettings> {
    let url = url.unwrap_or("https://scim.example.com/scim/v2");
    let settings =
        json!({ "kind": "scim", "url": url, "token": { "env": "SCIM_TOKEN" }, "dialect": "entra" });
    Ok(serde_json::from_value(settings)?)
}

/// A schema made of a job.
#[derive(Serialize)]
struct Exported {
    schema: Schema,
    warnings: Vec<Warning>,
}

impl Answer for Exported {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", serde_json::to_string_pretty(&self.schema)?)
    }
}

/// Prints a job's mappings and filters as a schema, and tells what is not in it.
///
/// # Errors
/// When there is no such job, or it was written by another version of Rollcall.
pub async fn export(on: &Installation, job: &str, output: &Output) -> Result<()> {
    let stored = on.job(job).await?;
    let exported = JobFile::parse(&stored.definition).and_then(|file| entra_schema::export(&file));
    let exported = exported.map_err(|error| {
        refusal(
            format!("the stored definition of job {job} can't be used: {error}"),
            "apply its job file again",
        )
    })?;
    tell(&exported.warnings, output);
    output.answer(&Exported { schema: exported.schema, warnings: exported.warnings })
}

fn told(place: &str, message: &str) -> Warning {
    Warning { place: place.to_owned(), message: message.to_owned() }
}

/// On standard error, so that the answer can go into a file. In JSON the answer has them.
fn tell(warnings: &[Warning], output: &Output) {
    if output.json {
        return;
    }
    let mut out = io::stderr().lock();
    for warning in warnings {
        let lines: Vec<_> = warning.to_string().lines().map(|line| plain(line.trim_end())).collect();
        // That nobody listens is no reason to fail.
        let _ = writeln!(out, "warning: {}", lines.join("\n  "));
    }
}
