//! OpenID Connect from the relying party's side: the authorization code flow with PKCE (OpenID Connect Core §3.1, RFC 7636).
//!
//! Signatures and keys are `jose`'s, which the token endpoint of the service provider uses as well.

mod discovery;
mod exchange;
mod id_token;

use egress::Client;
use jiff::Timestamp;
use jose::{JwkSet, Published, Signed};
use url::Url;

use self::discovery::Discovery;
use crate::limits::MAX_ID_TOKEN_BYTES;
use crate::provider;
use crate::start::challenge;
use crate::{Identity, MatchKey, Refusal};

/// Asks providers, and remembers what they publish.
pub(crate) struct Oidc {
    egress: Client,
    discovered: Published<Discovery>,
    keys: Published<JwkSet>,
}

/// What is told to a provider, and must come back.
pub(crate) struct Begun<'a> {
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
}

/// What a provider sent the browser back with (RFC 6749 §4.1.2, RFC 9207).
#[derive(Default)]
pub(crate) struct Callback {
    pub(crate) code: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) iss: Option<String>,
    pub(crate) error: Option<String>,
}

impl Callback {
    /// Reads the query of the callback's address. A parameter that comes twice makes it none of its kind (RFC 6749 §3.1).
    pub(crate) fn parse(query: &str) -> Option<Self> {
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "code" => &mut callback.code,
                "state" => &mut callback.state,
                "iss" => &mut callback.iss,
                "error" => &mut callback.error,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(callback)
    }
}

impl Oidc {
    pub(crate) fn new(egress: Client) -> Self {
        let (discovered, keys) = (Published::new(egress.clone()), Published::new(egress.clone()));
        Self { egress, discovered, keys }
    }

    /// Where a browser goes to sign in.
    pub(crate) async fn authorization_url(
        &self,
        provider: &provider::Oidc,
        begun: &Begun<'_>,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let known = self.discover(provider, now).await?;
        let unusable =
            |why: &dyn std::fmt::Display| Refusal::Unreachable(format!("its authorization_endpoint: {why}"));
        self.egress.check(&known.authorization_endpoint).map_err(|error| unusable(&error))?;
        let mut url = Url::parse(&known.authorization_endpoint).map_err(|error| unusable(&error))?;
        let scope = std::iter::once("openid").chain(provider.scopes.iter().map(String::as_str));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &provider.client_id)
            .append_pair("redirect_uri", begun.redirect_uri)
            .append_pair("scope", &scope.collect::<Vec<_>>().join(" "))
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &challenge(&begun.verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// Who came back. `state` was compared before.
    pub(crate) async fn identity(
        &self,
        (provider, secret): (&provider::Oidc, &str),
        (begun, callback): (&Begun<'_>, &Callback),
        key: MatchKey,
        now: Timestamp,
    ) -> Result<Identity, Refusal> {
        let known = self.discover(provider, now).await?;
        known.check_issuer_of(callback)?;
        if let Some(error) = &callback.error {
            return Err(Refusal::Provider(shown_error(error)));
        }
        let code = callback.code.as_deref().ok_or(Refusal::BadRequest("it has no code"))?;
        let text = exchange::id_token(&self.egress, &known, (provider, secret), (begun, code)).await?;
        let signed = Signed::parse(&text, MAX_ID_TOKEN_BYTES).map_err(unproven)?;
        let keys = self.keys.at(&known.jwks_uri, now, |keys| signed.key(keys).is_none()).await;
        let keys = keys.ok_or_else(|| Refusal::Unreachable("its keys can't be read".to_owned()))?;
        let no_key = || Refusal::Proof("the provider has no key of the ID token's kid".to_owned());
        let claims = signed.claims(signed.key(&keys).ok_or_else(no_key)?).map_err(unproven)?;
        id_token::identity(claims, provider, (&begun.nonce, key), now)
    }

    /// What the provider says of itself (OpenID Connect Discovery §4).
    ///
    /// # Errors
    /// If it can't be asked, or speaks for another issuer.
    pub(crate) async fn discover(
        &self,
        provider: &provider::Oidc,
        now: Timestamp,
    ) -> Result<std::sync::Arc<Discovery>, Refusal> {
        let url = format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'));
        let found = self.discovered.at(&url, now, |_| false).await;
        let found = found.ok_or_else(|| Refusal::Unreachable(format!("{url} can't be read")))?;
        // OpenID Connect Discovery §4.3: exactly.
        if found.issuer != provider.issuer {
            let why = format!("{url} is of the issuer {:?}, which is not the one that was set", found.issuer);
            return Err(Refusal::Unreachable(why));
        }
        Ok(found)
    }
}

fn unproven(refused: jose::Refused) -> Refusal {
    Refusal::Proof(format!("the ID token: {refused}"))
}

/// An error code of RFC 6749 §4.1.2.1; anybody can have typed something else there.
fn shown_error(error: &str) -> String {
    let is_code = error.len() <= 64 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_code { error.to_owned() } else { "an unknown error".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_comes_twice_is_no_callback() {
        assert!(Callback::parse("code=a&state=b&session_state=x").is_some());
        assert!(Callback::parse("code=a&state=b&code=c").is_none());
        assert!(Callback::parse("state=a&state=a").is_none());
    }

    #[test]
    fn only_error_codes_are_shown() {
        assert_eq!(shown_error("access_denied"), "access_denied");
        for error in ["<script>", "Access denied", &"a".repeat(65)] {
            assert_eq!(shown_error(error), "an unknown error");
        }
    }
}
