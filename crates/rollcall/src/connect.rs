//! From a stored job to one that runs: its definition understood, its secret opened, its two ends made.

mod entra;
mod ldap;
mod okta;
mod scim;
mod sql;

use std::collections::BTreeSet;
use std::env;
use std::fs;

use anyhow::{Context, Result};
use connector::{Needs, Source};
use connector_entra::{EntraSource, Listener};
use connector_file::FileSource;
use connector_scim::{Config, ScimTarget, Secret};
use model::job::{
    Job, JobFile, NOTIFICATION_STATE, NestedGroups, Rules, SecretText, SourceSettings, TargetSettings,
};
use provisioning::{Ends, JobInstance};
use sha2::{Digest, Sha256};
use store::job::StoredJob;

use crate::definition::secret_place;
use crate::failure::refusal;
use crate::hooks;
use crate::seal::Sealer;

/// Makes a stored job ready to run. Nothing is read or sent yet.
///
/// # Errors
/// When the definition was written by another version of Rollcall, or its token can't be had.
pub fn connect(stored: &StoredJob, sealer: &Sealer) -> Result<(JobInstance, Ends)> {
    let definition = understood(stored)?;
    let ends = Ends { source: source(&definition, sealer)?, target: Box::new(target(&definition, sealer)?) };
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

fn source(job: &Job, sealer: &Sealer) -> Result<Box<dyn Source>> {
    match &job.source {
        SourceSettings::File(settings) => Ok(Box::new(FileSource::new(&settings.path, needs(job)))),
        SourceSettings::Entra(settings) => Ok(Box::new(entra::source(job, settings, sealer)?)),
        SourceSettings::Okta(settings) => Ok(Box::new(okta::source(job, settings, sealer)?)),
        SourceSettings::Ldap(settings) => Ok(Box::new(ldap::source(job, settings, sealer)?)),
        SourceSettings::Scim(settings) => Ok(Box::new(scim::source(job, settings, sealer)?)),
        SourceSettings::Sql(settings) => Ok(Box::new(sql::source(job, settings, sealer)?)),
    }
}

/// The source of a job that Microsoft Graph is to tell of changes, and whom it is to tell. `None` for any other job, and
/// where Graph could not reach this server.
///
/// # Errors
/// As [`connect`].
pub fn subscriber(
    stored: &StoredJob,
    public_url: &str,
    sealer: &Sealer,
) -> Result<Option<(EntraSource, Listener)>> {
    let job = understood(stored)?;
    let SourceSettings::Entra(settings) = &job.source else { return Ok(None) };
    let Some(state) = &settings.notification_state else { return Ok(None) };
    // Graph sends over https alone; one that is asked without TLS is a simulator on this machine.
    if !public_url.starts_with("https://") && !settings.graph_url.starts_with("http://") {
        return Ok(None);
    }
    let client_state = connector_entra::Secret::new(secret(&job.name, NOTIFICATION_STATE, state, sealer)?);
    let listener = Listener { url: hooks::entra_url(public_url, &job.name), client_state };
    Ok(Some((entra::source(&job, settings, sealer)?, listener)))
}

/// What a job needs of its source.
fn needs(job: &Job) -> Needs {
    let attributes = |rules: &Rules| -> BTreeSet<String> {
        let names = rules.mappings.attributes().into_iter().chain(rules.scope.attributes());
        names.map(str::to_owned).collect()
    };
    Needs {
        assignments: job.assigned_only,
        groups: job.groups.is_some(),
        nested_groups: job.nested_groups == NestedGroups::Flatten,
        user_attributes: attributes(&job.users),
        group_attributes: job.groups.as_ref().map(attributes).unwrap_or_default(),
    }
}

fn target(job: &Job, sealer: &Sealer) -> Result<ScimTarget> {
    let TargetSettings::Scim { url, token, dialect, members_per_request, bulk, .. } = &job.target;
    let token = Secret::new(secret(&job.name, "target.token", token, sealer)?);
    let mut config = Config::new(url, token, dialect.parse()?);
    config.groups = job.groups.is_some();
    config.members_per_request = members_per_request.unwrap_or(config.members_per_request);
    config.bulk = bulk.unwrap_or(config.bulk);
    ScimTarget::new(config).with_context(|| format!("the target of job {} can't be used", job.name))
}

/// A digest of what makes a job's two ends: its definition, and its secrets as they are now.
///
/// # Errors
/// When a secret can't be had.
pub fn fingerprint(stored: &StoredJob, sealer: &Sealer) -> Result<[u8; 32]> {
    let mut file = JobFile::parse(&stored.definition)?;
    file.source = file.source.untold();
    let mut hash = Sha256::new_with_prefix(&stored.definition);
    for (place, text) in file.secrets_mut() {
        // A digest has one length, so no two lists of secrets are the same text.
        hash.update(Sha256::digest(secret(&stored.name, place, text, sealer)?));
    }
    Ok(hash.finalize().into())
}

/// The secret itself, wherever it is kept.
///
/// # Errors
/// When it can't be had; names its place.
pub fn secret(job: &str, place: &str, text: &SecretText, sealer: &Sealer) -> Result<String> {
    match text {
        SecretText::Plain(secret) => Ok(secret.clone()),
        SecretText::Sealed { sealed } => sealer.open(&secret_place(job, place), sealed),
        SecretText::Env { env: name } => env::var(name).map_err(|_| {
            refusal(
                format!("the environment variable {name} with the {place} of job {job} is not set"),
                format!("export {name} where this runs; `rollcall serve` needs it too"),
            )
        }),
        SecretText::File { file } => {
            fs::read_to_string(file).map(|secret| secret.trim_end().to_owned()).with_context(|| {
                format!("the file {} with the {place} of job {job} can't be read", file.display())
            })
        }
    }
}
