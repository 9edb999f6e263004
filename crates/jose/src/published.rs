//! Documents that issuers publish, remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use egress::Client;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use crate::limits::{FRESH, MAX_AGE, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, REFRESH};

/// Asks issuers for documents of a kind, such as their keys, and remembers the answers.
pub struct Published<T> {
    egress: Client,
    documents: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Known<T>>>>>,
}

/// What is known of one address.
struct Known<T> {
    document: Option<(Arc<T>, Timestamp)>,
    /// When it was last asked, whatever came of it.
    asked: Option<Timestamp>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { document: None, asked: None }
    }
}

impl<T: DeserializeOwned> Published<T> {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(egress: Client) -> Self {
        Self { egress, documents: Mutex::default() }
    }

    /// The document at this address, such as it was at most an hour ago; from `now` on if it `lacks` something, though
    /// not more than once a minute. `None`: there is none to be had.
    ///
    /// Of several who ask at once, one asks the issuer, and the others wait for its answer.
    pub async fn at(&self, url: &str, now: Timestamp, lacks: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let entry = self.entry(url);
        let mut known = entry.lock().await;
        if known.is_due(now, lacks) {
            known.asked = Some(now);
            match self.fetch(url).await {
                Ok(document) => known.document = Some((Arc::new(document), now)),
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(url, %error, cause, "what an issuer publishes can't be read");
                }
            }
        }
        let (document, fetched) = known.document.as_ref()?;
        within(Some(*fetched), now, MAX_AGE).then(|| Arc::clone(document))
    }

    async fn fetch(&self, url: &str) -> Result<T, FetchError> {
        let body = self.egress.get(url, MAX_DOCUMENT_BYTES).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    fn entry(&self, url: &str) -> Arc<tokio::sync::Mutex<Known<T>>> {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if documents.len() >= MAX_DOCUMENTS && !documents.contains_key(url) {
            // Whoever is needed is asked again.
            documents.clear();
        }
        Arc::clone(documents.entry(url.to_owned()).or_default())
    }
}

impl<T> Known<T> {
    fn is_due(&self, now: Timestamp, lacks: impl Fn(&T) -> bool) -> bool {
        if within(self.asked, now, REFRESH) {
            return false;
        }
        match &self.document {
            Some((document, fetched)) => !within(Some(*fetched), now, FRESH) || lacks(document),
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

/// Why there is no document; for the log.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Egress(#[from] egress::Error),
    #[error("the answer is not the document")]
    Json(#[from] serde_json::Error),
}
