//! The keys that issuers publish, remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use egress::Client;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;

use crate::limits::{JWKS_FRESH, JWKS_MAX_AGE, JWKS_REFRESH, MAX_ISSUERS, MAX_JWKS_BYTES};

/// Asks issuers for their keys, and remembers the answers.
pub(crate) struct Keys {
    egress: Client,
    sets: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Published>>>>,
}

/// What an issuer published.
#[derive(Default)]
struct Published {
    keys: Option<(Arc<JwkSet>, Timestamp)>,
    /// When it was last asked, whatever came of it.
    asked: Option<Timestamp>,
}

impl Keys {
    pub(crate) fn new(egress: Client) -> Self {
        Self { egress, sets: Mutex::default() }
    }

    /// The keys at this address, such as they were at most an hour ago; from `now` on if `missing` one, though not more
    /// than once a minute. `None`: there are none to be had.
    ///
    /// Of several who ask at once, one asks the issuer, and the others wait for its answer.
    pub(crate) async fn at(
        &self,
        url: &str,
        now: Timestamp,
        missing: impl Fn(&JwkSet) -> bool,
    ) -> Option<Arc<JwkSet>> {
        let entry = self.entry(url);
        let mut published = entry.lock().await;
        if published.is_due(now, missing) {
            published.asked = Some(now);
            match self.fetch(url).await {
                Ok(keys) => published.keys = Some((Arc::new(keys), now)),
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(url, %error, cause, "an issuer's keys can't be read");
                }
            }
        }
        let (keys, fetched) = published.keys.as_ref()?;
        within(Some(*fetched), now, JWKS_MAX_AGE).then(|| Arc::clone(keys))
    }

    async fn fetch(&self, url: &str) -> Result<JwkSet, FetchError> {
        let body = self.egress.get(url, MAX_JWKS_BYTES).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    fn entry(&self, url: &str) -> Arc<tokio::sync::Mutex<Published>> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if sets.len() >= MAX_ISSUERS && !sets.contains_key(url) {
            // Whoever is needed is asked again.
            sets.clear();
        }
        Arc::clone(sets.entry(url.to_owned()).or_default())
    }
}

impl Published {
    fn is_due(&self, now: Timestamp, missing: impl Fn(&JwkSet) -> bool) -> bool {
        if within(self.asked, now, JWKS_REFRESH) {
            return false;
        }
        match &self.keys {
            Some((keys, fetched)) => !within(Some(*fetched), now, JWKS_FRESH) || missing(keys),
            None => true,
        }
    }
}

/// Whether an instant is less than so long ago. One in the future is not: the clock was put back.
fn within(instant: Option<Timestamp>, now: Timestamp, duration: SignedDuration) -> bool {
    instant.is_some_and(|instant| {
        let ago = now.duration_since(instant);
        !ago.is_negative() && ago < duration
    })
}

/// Why there are no keys; for the log.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Egress(#[from] egress::Error),
    #[error("the answer is no JSON Web Key Set")]
    Json(#[from] serde_json::Error),
}
