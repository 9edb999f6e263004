//! What a job says about its org.

use crate::rate::{Pause, Sleep};
use crate::secret::Secret;
use connector::Needs;
use model::Clock;
use std::sync::Arc;
use std::time::Duration;

/// A connection to an org.
pub struct Config {
    /// The org's URL, for example `https://contoso.okta.com`.
    pub url: String,
    /// Who reads.
    pub credentials: Credentials,
    /// The id of the app whose assignments count (`0oa…`). Without it nobody is assigned.
    pub app: Option<String>,
    /// What the job wants to know.
    pub needs: Needs,
    /// How long one request may take. Okta ends a query of the System Log after 30 seconds.
    pub timeout: Duration,
    /// The `User-Agent` header, by which Okta's own reports tell clients apart.
    pub user_agent: String,
    /// The time, for assertions and for the age of watermarks.
    pub clock: Arc<dyn Clock>,
    /// How waiting is done.
    pub pause: Arc<dyn Pause>,
}

impl Config {
    /// A connection without an app, with the usual bounds.
    pub fn new(
        url: impl Into<String>,
        credentials: Credentials,
        needs: Needs,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            url: url.into(),
            credentials,
            app: None,
            needs,
            timeout: Duration::from_secs(60),
            user_agent: concat!("Rollcall/", env!("CARGO_PKG_VERSION")).to_owned(),
            clock,
            pause: Arc::new(Sleep),
        }
    }
}

/// Who reads the org.
pub enum Credentials {
    /// An API token, sent as `SSWS`. It has the permissions of the administrator who made it.
    Token(Secret),
    /// An API services app, which proves itself with a signed assertion (`private_key_jwt`, RFC 7523).
    Client {
        /// The app's client id.
        client_id: String,
        /// The id of the key (`kid`), needed where the app has several.
        key_id: Option<String>,
        /// The private key in PEM: RSA, or EC on the curve P-256.
        private_key: Secret,
    },
}

/// What is wrong with a [`Config`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The org's URL cannot be used.
    #[error("the org's URL {0}")]
    Url(&'static str),
    /// The token cannot stand in a header.
    #[error("the API token is empty or holds a character that no HTTP header may hold")]
    Token,
    /// The private key cannot be read.
    #[error("the private key is not an RSA or P-256 key in PEM")]
    Key,
    /// The app's id cannot stand in a path.
    #[error(
        "the app's id is not one of Okta's; it is the last part of the app's address in the Admin Console, 0oa…"
    )]
    App,
    /// The user agent cannot stand in a header, or the system offers no trusted certificates.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}
