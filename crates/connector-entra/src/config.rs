//! What a job says about its Entra tenant.

use crate::limits::PATIENCE;
use model::{Clock, IdSource};
use std::sync::Arc;
use std::time::Duration;

/// A connection to a tenant.
pub struct Config {
    /// The directory (tenant) id or a verified domain.
    pub tenant: String,
    /// The application (client) id of the app registration with which Graph is read.
    pub client_id: String,
    /// How that application proves itself.
    pub credential: Credential,
    /// The object id of the enterprise application whose assignments count, where the job needs assignments.
    pub service_principal: Option<String>,
    /// Graph with its version, such as `https://graph.microsoft.com/v1.0`.
    pub graph_url: String,
    /// The sign-in endpoint, such as `https://login.microsoftonline.com`.
    pub login_url: String,
    /// How long a request waits while Graph throttles it.
    pub patience: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The time, for assertions.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids, for assertions.
    pub ids: Arc<dyn IdSource>,
}

/// How an application proves itself.
pub enum Credential {
    /// A client secret.
    Secret(Secret),
    /// A certificate whose key signs an assertion (RFC 7523).
    Certificate {
        /// The RSA private key, PEM (PKCS#1 or PKCS#8).
        private_key: Secret,
        /// The certificate, PEM.
        certificate: String,
    },
}

impl Config {
    /// A tenant of the worldwide cloud.
    pub fn new(
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        credential: Credential,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            tenant: tenant.into(),
            client_id: client_id.into(),
            credential,
            service_principal: None,
            graph_url: "https://graph.microsoft.com/v1.0".to_owned(),
            login_url: "https://login.microsoftonline.com".to_owned(),
            patience: PATIENCE,
            user_agent: concat!("Rollcall/", env!("CARGO_PKG_VERSION")).to_owned(),
            clock,
            ids,
        }
    }
}

/// A text that is sent and never shown: it has neither `Debug` nor `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for what carries or uses it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// What is wrong with a [`Config`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A URL cannot be used.
    #[error("{setting} {reason}")]
    Url {
        /// The setting.
        setting: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The private key cannot be used.
    #[error("private_key is no RSA private key in PEM form: {0}")]
    PrivateKey(&'static str),
    /// The certificate cannot be read.
    #[error("certificate is no certificate in PEM form")]
    Certificate,
    /// The job needs assignments, and does not say whose.
    #[error(
        "service_principal is not set, and the job needs the assignments of users: give the object id of the enterprise \
         application"
    )]
    NoServicePrincipal,
    /// The user agent cannot stand in a header, or the system offers no trusted certificates.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}
