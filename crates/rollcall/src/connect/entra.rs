//! A Microsoft Entra tenant as a job's source.

use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result};
use connector_entra::{Config, Credential, EntraSource, Secret};
use model::job::{EntraSettings, Job, SecretText};

use super::{needs, secret};
use crate::clock::{FreshIds, SystemClock};
use crate::failure::refusal;
use crate::seal::Sealer;

/// Makes the source of a job. Nothing is read yet.
///
/// # Errors
/// When its settings don't make sense together, or a secret can't be had.
pub fn source(job: &Job, settings: &EntraSettings, sealer: &Sealer) -> Result<EntraSource> {
    let open = |place, text: &SecretText| secret(&job.name, place, text, sealer).map(Secret::new);
    let credential = match (&settings.secret, &settings.private_key, &settings.certificate) {
        (Some(text), _, _) => Credential::Secret(open("source.secret", text)?),
        (None, Some(key), Some(path)) => {
            let certificate = fs::read_to_string(path).with_context(|| {
                format!("the certificate {} of job {} can't be read", path.display(), job.name)
            })?;
            Credential::Certificate { private_key: open("source.private_key", key)?, certificate }
        }
        (None, _, _) => {
            return Err(refusal(
                format!("the source of job {} has no credential", job.name),
                "give secret, or private_key and certificate",
            ));
        }
    };
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(FreshIds));
    let config = Config {
        service_principal: settings.service_principal.clone(),
        graph_url: settings.graph_url.clone(),
        login_url: settings.login_url.clone(),
        ..Config::new(&settings.tenant, &settings.client_id, credential, clock, ids)
    };
    EntraSource::new(config, &needs(job))
        .with_context(|| format!("the source of job {} can't be used", job.name))
}
