//! An LDAP directory as a job's source.

use anyhow::{Context, Result};
use connector_ldap::LdapSource;
use model::job::{Job, LdapSettings};

use super::{needs, secret};
use crate::seal::Sealer;

/// Makes the source of a job. Nothing is read yet.
///
/// # Errors
/// When the URL makes no sense, or the password can't be had.
pub fn source(job: &Job, settings: &LdapSettings, sealer: &Sealer) -> Result<LdapSource> {
    let open = |password| secret(&job.name, "source.password", password, sealer);
    let password = settings.password.as_ref().map(open).transpose()?;
    LdapSource::new(settings.clone(), password, needs(job))
        .with_context(|| format!("the source of job {} can't be used", job.name))
}
