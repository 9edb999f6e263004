//! An Okta org as a job's source.

use std::sync::Arc;

use anyhow::{Context, Result};
use connector_okta::{Config, Credentials, OktaSource, Secret};
use model::job::{Job, OktaSettings};

use super::{needs, secret};
use crate::clock::SystemClock;
use crate::failure::refusal;
use crate::seal::Sealer;

/// Makes the source of a job. Nothing is read yet.
///
/// # Errors
/// When its settings don't make sense together, or a secret can't be had.
pub fn source(job: &Job, settings: &OktaSettings, sealer: &Sealer) -> Result<OktaSource> {
    let credentials = credentials(job, settings, sealer)?;
    let config = Config {
        app: settings.app.clone(),
        ..Config::new(&settings.url, credentials, needs(job), Arc::new(SystemClock))
    };
    OktaSource::new(&config).with_context(|| format!("the source of job {} can't be used", job.name))
}

fn credentials(job: &Job, settings: &OktaSettings, sealer: &Sealer) -> Result<Credentials> {
    match (&settings.token, &settings.client_id, &settings.private_key) {
        (Some(token), None, None) => {
            Ok(Credentials::Token(Secret::new(secret(&job.name, "source.token", token, sealer)?)))
        }
        (None, Some(client_id), Some(key)) => Ok(Credentials::Client {
            client_id: client_id.clone(),
            key_id: settings.key_id.clone(),
            private_key: Secret::new(secret(&job.name, "source.private_key", key, sealer)?),
        }),
        _ => Err(refusal(
            format!("the source of job {} names neither one API token nor one OAuth client", job.name),
            "give source.token, or source.client_id and source.private_key",
        )),
    }
}
