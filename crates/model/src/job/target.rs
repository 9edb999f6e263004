//! `[target]`: where the people shall be.

use serde::{Deserialize, Serialize};

use super::JobError;
use super::secret::{Placed, SecretText};

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

    pub(super) fn check(&self) -> Result<(), JobError> {
        let Self::Scim { members_per_request, .. } = self;
        match members_per_request {
            Some(0) => {
                Err(JobError::at("target.members_per_request", "a request changes one member or more"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn secrets_mut(&mut self) -> Vec<Placed<'_>> {
        let Self::Scim { token, .. } = self;
        vec![("target.token", token)]
    }
}
