//! What a provider says of itself (OpenID Connect Discovery §3).

use serde::Deserialize;

use super::Callback;
use crate::Refusal;

/// The metadata that is needed.
#[derive(Debug, Deserialize)]
pub(crate) struct Discovery {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    /// How a client proves itself; RFC 8414 §2: `client_secret_basic` if it is left out.
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// RFC 9207 §3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Discovery {
    /// Whether our secret belongs into the body rather than into the header.
    pub(super) fn wants_secret_in_body(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref();
        let has = |name: &str| methods.is_some_and(|methods| methods.iter().any(|method| method == name));
        has("client_secret_post") && !has("client_secret_basic")
    }

    /// Whether the answer is this provider's, so that no other one's code is sent to it (RFC 9207 §2.4).
    pub(super) fn check_issuer_of(&self, callback: &Callback) -> Result<(), Refusal> {
        match &callback.iss {
            Some(iss) if *iss == self.issuer => Ok(()),
            Some(_) => Err(Refusal::Proof("the answer is of another issuer".to_owned())),
            None if self.authorization_response_iss_parameter_supported => {
                Err(Refusal::Proof("the answer does not say whose it is".to_owned()))
            }
            None => Ok(()),
        }
    }
}
