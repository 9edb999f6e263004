//! `[target]`: where the people shall be.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::JobError;
use super::secret::{Placed, SecretText};

/// The least and the most that `requests_per_second` may be: six requests a minute, and more than one connection of
/// this engine sends.
const LEAST_REQUESTS_PER_SECOND: f64 = 0.1;
const MOST_REQUESTS_PER_SECOND: f64 = 100_000.0;

/// `[target]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum TargetSettings {
    /// A SCIM 2.0 service provider.
    Scim {
        /// The Tenant URL.
        url: String,
        /// The Secret Token.
        token: SecretText,
        /// How requests are shaped; `rfc` unless given.
        #[serde(default = "rfc")]
        dialect: String,
        /// Never more requests than this in a second; unless given, as many as the application bears.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requests_per_second: Option<f64>,
        /// Members that one request adds to a group or removes from it; a hundred unless given. Entra is mostly seen
        /// with one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        members_per_request: Option<usize>,
        /// Whether several writes may go in one request where the application offers that (RFC 7644 §3.7); so unless
        /// given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bulk: Option<bool>,
    },
}

fn rfc() -> String {
    "rfc".to_owned()
}

impl TargetSettings {
    /// The dialect's name.
    #[must_use]
    pub fn dialect(&self) -> &str {
        let Self::Scim { dialect, .. } = self;
        dialect
    }

    /// The most requests in a second, where the job bounds them.
    #[must_use]
    pub fn requests_per_second(&self) -> Option<f64> {
        let Self::Scim { requests_per_second, .. } = self;
        *requests_per_second
    }

    /// The settings without the secret, to tell whether others are meant.
    #[must_use]
    pub fn without_secret(&self) -> Value {
        let mut settings = self.clone();
        for (_, secret) in settings.secrets_mut() {
            *secret = SecretText::Plain(String::new());
        }
        serde_json::to_value(settings).unwrap_or_default()
    }

    /// # Errors
    /// When a bound is one at which nothing could be done.
    pub(super) fn check(&self) -> Result<(), JobError> {
        let Self::Scim { members_per_request, .. } = self;
        if *members_per_request == Some(0) {
            return Err(JobError::at("target.members_per_request", "a request changes one member or more"));
        }
        match self.requests_per_second() {
            Some(rate) if !(LEAST_REQUESTS_PER_SECOND..=MOST_REQUESTS_PER_SECOND).contains(&rate) => {
                let message = format!(
                    "{rate} is not between {LEAST_REQUESTS_PER_SECOND} and {MOST_REQUESTS_PER_SECOND}; \
                     without it the job finds out what the application bears"
                );
                Err(JobError::at("target.requests_per_second", message))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn secrets_mut(&mut self) -> Vec<Placed<'_>> {
        let Self::Scim { token, .. } = self;
        vec![("target.token", token)]
    }
}
