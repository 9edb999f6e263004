//! From a stored job to one that runs: its definition understood, its secret opened, its two ends made.

use std::env;
use std::fs;

use anyhow::{Context, Result};
use connector_file::{FileSource, NeedAssignments};
use connector_scim::{Config, ScimTarget, Secret};
use model::job::{Job, JobFile, SecretText, SourceSettings, TargetSettings};
use provisioning::{Ends, JobInstance};
use store::job::StoredJob;

use crate::definition::token_place;
use crate::failure::refusal;
use crate::seal::Sealer;

/// Makes a stored job ready to run. Nothing is read or sent yet.
///
/// # Errors
/// When the definition was written by another version of Rollcall, or its token can't be had.
pub fn connect(stored: &StoredJob, sealer: &Sealer) -> Result<(JobInstance, Ends)> {
    let definition = understood(stored)?;
    let ends = Ends { source: Box::new(source(&definition)), target: Box::new(target(&definition, sealer)?) };
    let digest = stored.digest.clone();
    Ok((JobInstance { id: stored.id, definition, digest }, ends))
}

/// A stored job's definition.
///
/// # Errors
/// When it was written by another version of Rollcall.
pub fn understood(stored: &StoredJob) -> Result<Job> {
    let resolved = JobFile::parse(&stored.definition).and_then(|file| file.resolve());
    resolved.map_err(|error| {
        refusal(
            format!("the stored definition of job {} can't be used: {error}", stored.name),
            "apply its job file again",
        )
    })
}

fn source(job: &Job) -> FileSource {
    let need = if job.assigned_only { NeedAssignments::Yes } else { NeedAssignments::No };
    let SourceSettings::File { path } = &job.source;
    FileSource::new(path, need)
}

fn target(job: &Job, sealer: &Sealer) -> Result<ScimTarget> {
    let TargetSettings::Scim { url, token, dialect } = &job.target;
    let token = Secret::new(secret(&job.name, token, sealer)?);
    ScimTarget::new(Config::new(url, token, dialect.parse()?))
        .with_context(|| format!("the target of job {} can't be used", job.name))
}

/// The secret itself, wherever it is kept.
fn secret(job: &str, text: &SecretText, sealer: &Sealer) -> Result<String> {
    match text {
        SecretText::Plain(secret) => Ok(secret.clone()),
        SecretText::Sealed { sealed } => sealer.open(&token_place(job), sealed),
        SecretText::Env { env: name } => env::var(name).map_err(|_| {
            refusal(
                format!("the environment variable {name} with the token of job {job} is not set"),
                format!("export {name} where this runs; `rollcall serve` needs it too"),
            )
        }),
        SecretText::File { file } => {
            fs::read_to_string(file).map(|secret| secret.trim_end().to_owned()).with_context(|| {
                format!("the file {} with the token of job {job} can't be read", file.display())
            })
        }
    }
}
