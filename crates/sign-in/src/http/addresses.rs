//! What a tenant's administrator types at the provider.

use serde::Serialize;

/// A tenant's addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// What all others begin with.
    #[serde(skip)]
    pub base: String,
    /// Where people begin.
    pub sign_in: String,
    /// Entity id and assertion consumer service of the provider `saml`.
    pub saml: String,
    /// Our metadata for it.
    pub saml_metadata: String,
    /// Entity id and assertion consumer service of the provider `entra-saml`.
    pub entra_saml: String,
    /// Our metadata for it.
    pub entra_saml_metadata: String,
    /// The redirect URI of the provider `oidc`.
    pub oidc_redirect_uri: String,
}

/// The addresses of a tenant on a server that is called `public_url`.
#[must_use]
pub fn addresses(public_url: &str, tenant: &str) -> Addresses {
    let base = format!("{}/t/{tenant}", public_url.trim_end_matches('/'));
    let at = |path: &str| format!("{base}/{path}");
    Addresses {
        sign_in: at("sign-in"),
        saml: at("saml/acs"),
        saml_metadata: at("saml/metadata"),
        entra_saml: at("saml/acs_msft"),
        entra_saml_metadata: at("saml/metadata_msft"),
        oidc_redirect_uri: at("oidc/callback"),
        base,
    }
}
