//! What a job says about its target.

use crate::Dialect;
use crate::limits::MEMBERS_PER_REQUEST;
use std::time::Duration;

/// A connection to an application.
pub struct Config {
    /// The Tenant URL, with or without a trailing slash; a query is kept on every request.
    pub url: String,
    /// The Secret Token.
    pub token: Secret,
    /// How to speak.
    pub dialect: Dialect,
    /// Whether the job provisions groups, so that the connection test asks for `/Groups` too.
    pub groups: bool,
    /// Members that one request adds to a group or removes from it, where members are patched.
    pub members_per_request: usize,
    /// Whether several writes may go in one request where the application announces that (RFC 7644 §3.7).
    pub bulk: bool,
    /// How long one request may take. Entra waits 60 seconds.
    pub timeout: Duration,
    /// The `User-Agent` header. Firewalls refuse requests without one.
    pub user_agent: String,
}

impl Config {
    /// A connection for users only, with Entra's time limit.
    pub fn new(url: impl Into<String>, token: Secret, dialect: Dialect) -> Self {
        Self {
            url: url.into(),
            token,
            dialect,
            groups: false,
            members_per_request: MEMBERS_PER_REQUEST,
            bulk: true,
            timeout: Duration::from_secs(60),
            user_agent: concat!("Rollcall/", env!("CARGO_PKG_VERSION")).to_owned(),
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

    /// The secret itself, for the header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The text without the secret, should the other side have echoed it.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "[token]") }
    }
}

/// What is wrong with a [`Config`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The Tenant URL cannot be used.
    #[error("the Tenant URL {0}")]
    Url(&'static str),
    /// The token cannot stand in a header.
    #[error(
        "the Secret Token is empty or holds a line break or another character that no HTTP header may hold"
    )]
    Token,
    /// The user agent cannot stand in a header, or the system offers no trusted certificates.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// No such dialect.
    #[error("dialect \"{name}\" is unknown; use one of {known}")]
    DialectUnknown {
        /// The name given.
        name: String,
        /// The names that there are.
        known: String,
    },
}
