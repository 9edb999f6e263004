//! A sign-in that has begun: 256 random bits in a cookie of the browser that began it.
//!
//! What the provider is told - `state`, `nonce`, the PKCE verifier, a request id - are keyed digests of that cookie and of
//! what each is for. So the answer fits one browser, tenant and door, and nothing is stored for who never comes back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use model::TenantId;
use model::token::DigestKey;
use sha2::{Digest, Sha256};

use crate::limits::START_LIFETIME;
use crate::{Door, return_to};

/// The key of what is derived.
pub(crate) struct StartKey([u8; 32]);

impl StartKey {
    pub(crate) fn new(key: &DigestKey) -> Self {
        Self(key.subkey("sign-in start"))
    }
}

/// A sign-in that has begun.
pub(crate) struct Start {
    cookie: String,
    /// Where to go afterwards.
    pub(crate) return_to: Option<String>,
}

/// For what something is derived.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// `state` (RFC 6749 §10.12).
    State,
    /// `nonce` (OpenID Connect Core §3.1.2.1).
    Nonce,
    /// The code verifier (RFC 7636 §4.1).
    Verifier,
    /// The id of a SAML request.
    Request,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Nonce => "nonce",
            Self::Verifier => "verifier",
            Self::Request => "request",
        }
    }
}

impl Start {
    /// Begins one.
    pub(crate) fn new(random: &[u8], at: Timestamp, return_to: Option<&str>) -> Self {
        let return_to = return_to.and_then(return_to::checked).map(str::to_owned);
        let path = URL_SAFE_NO_PAD.encode(return_to.as_deref().unwrap_or_default());
        let cookie = format!("{}.{}.{path}", URL_SAFE_NO_PAD.encode(random), at.as_second());
        Self { cookie, return_to }
    }

    /// The one that a cookie tells of, if it is not too long ago.
    pub(crate) fn of_cookie(cookie: &str, at: Timestamp) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (_, began, path) = (parts.next()?, parts.next()?, parts.next()?);
        let age = at.duration_since(Timestamp::from_second(began.parse().ok()?).ok()?);
        if parts.next().is_some() || age > START_LIFETIME || age < -START_LIFETIME {
            return None;
        }
        let path = String::from_utf8(URL_SAFE_NO_PAD.decode(path).ok()?).ok()?;
        let return_to = return_to::checked(&path).map(str::to_owned);
        Some(Self { cookie: cookie.to_owned(), return_to })
    }

    /// The cookie's value.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// What is derived of it: 43 characters of base64url.
    pub(crate) fn derive(
        &self,
        key: &StartKey,
        (tenant, door): (TenantId, Door),
        purpose: Purpose,
    ) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(key, (tenant, door), purpose).finalize().into_bytes())
    }

    /// Whether a text is what is derived of it, in a time that does not depend on where they differ.
    pub(crate) fn is(
        &self,
        key: &StartKey,
        (tenant, door): (TenantId, Door),
        purpose: Purpose,
        text: &str,
    ) -> bool {
        let given = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        self.mac(key, (tenant, door), purpose).verify_slice(&given).is_ok()
    }

    fn mac(&self, key: &StartKey, (tenant, door): (TenantId, Door), purpose: Purpose) -> Hmac<Sha256> {
        // RFC 2104 §2: a key shorter than the hash's block of 64 bytes is padded with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(key.0).for_each(|(slot, byte)| *slot = byte);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // None of the parts has a line's end.
        mac.update(format!("{}\n{tenant}\n{door}\n{}", purpose.label(), self.cookie).as_bytes());
        mac
    }
}

/// The challenge of a code verifier (RFC 7636 §4.2, `S256`).
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn what_is_derived_fits_one_browser_tenant_door_and_purpose() {
        let (key, other_key) = (StartKey([1; 32]), StartKey([2; 32]));
        let (one, other) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let start = Start::new(&[7; 32], at(0), Some("/app"));
        let state = start.derive(&key, (one, Door::Oidc), Purpose::State);
        let read = Start::of_cookie(start.cookie(), at(60)).unwrap();
        assert_eq!(read.return_to.as_deref(), Some("/app"));
        assert!(read.is(&key, (one, Door::Oidc), Purpose::State, &state));
        assert!(!read.is(&other_key, (one, Door::Oidc), Purpose::State, &state));
        assert!(!read.is(&key, (other, Door::Oidc), Purpose::State, &state));
        assert!(!read.is(&key, (one, Door::Saml), Purpose::State, &state));
        assert!(!read.is(&key, (one, Door::Oidc), Purpose::Nonce, &state));
        assert!(!read.is(&key, (one, Door::Oidc), Purpose::State, ""));
        let stranger = Start::new(&[8; 32], at(0), Some("/app"));
        assert!(!stranger.is(&key, (one, Door::Oidc), Purpose::State, &state));
    }

    #[test]
    fn a_cookie_that_was_changed_is_another_one_and_an_old_one_is_none() {
        let (key, tenant) = (StartKey([1; 32]), TenantId(Uuid::from_u128(1)));
        let start = Start::new(&[7; 32], at(0), Some("/app"));
        let state = start.derive(&key, (tenant, Door::Oidc), Purpose::State);
        let later = start.cookie().replace("1800000000", "1800000001");
        let later = Start::of_cookie(&later, at(0)).unwrap();
        assert!(!later.is(&key, (tenant, Door::Oidc), Purpose::State, &state));
        assert!(Start::of_cookie(start.cookie(), at(15 * 60)).is_some());
        assert!(Start::of_cookie(start.cookie(), at(15 * 60 + 1)).is_none());
        for broken in ["", "a.b", "a.1800000000", "a.1800000000.%", "a.1800000000..", "a.x."] {
            assert!(Start::of_cookie(broken, at(0)).is_none(), "{broken}");
        }
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        // Appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
