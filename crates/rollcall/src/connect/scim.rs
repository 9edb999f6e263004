//! A SCIM service provider as a job's source.

use anyhow::{Context, Result};
use connector_scim::{ScimSource, Secret, SourceConfig};
use model::job::{Job, ScimSettings};

use super::{needs, secret};
use crate::seal::Sealer;

/// Makes the source of a job. Nothing is read yet.
///
/// # Errors
/// When the URL makes no sense, or the token can't be had.
pub fn source(job: &Job, settings: &ScimSettings, sealer: &Sealer) -> Result<ScimSource> {
    let token = Secret::new(secret(&job.name, "source.token", &settings.token, sealer)?);
    let config = SourceConfig {
        assigned: settings.assigned.clone(),
        needs: needs(job),
        ..SourceConfig::new(&settings.url, token)
    };
    ScimSource::new(config).with_context(|| format!("the source of job {} can't be used", job.name))
}
