//! A database as a job's source.

use anyhow::{Context, Result};
use connector_sql::SqlSource;
use model::job::{Job, SqlSettings};

use super::{needs, secret};
use crate::seal::Sealer;

/// Makes the source of a job. Nothing is read yet.
///
/// # Errors
/// When the URL makes no sense or can't be had.
pub fn source(job: &Job, settings: &SqlSettings, sealer: &Sealer) -> Result<SqlSource> {
    let url = secret(&job.name, "source.url", &settings.url, sealer)?;
    SqlSource::new(settings, &url, needs(job))
        .with_context(|| format!("the source of job {} can't be used", job.name))
}
