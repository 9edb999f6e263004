//! Assertions: JSON Web Tokens by which an issuer says who a client is (RFC 7523 §3, RFC 8725).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jose::{Audience, Jwk, JwkSet, Signed, instant};
use model::client::Trust;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::limits::{ASSERTION_LEEWAY, MAX_ASSERTION_BYTES, MAX_ASSERTION_LIFETIME};

/// An assertion that nobody has checked yet.
pub(crate) struct Assertion<'a>(Signed<'a>);

/// Why an assertion proves nothing. Told to whoever sent it: it names no value but says where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    NotAJwt,
    Algorithm,
    NoKey,
    Signature,
    Issuer,
    Subject,
    Audience,
    Claim,
    Expired,
    NotYet,
    Repeated,
}

impl Refused {
    /// One sentence for the client's administrator.
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::NotAJwt => "the assertion is no signed JWT",
            Self::Algorithm => {
                "the assertion is signed in a way that is not accepted; use RS256, PS256 or ES256"
            }
            Self::NoKey => "the issuer has no key of the assertion's kid",
            Self::Signature => "the assertion's signature is not the issuer's",
            Self::Issuer => "iss of the assertion is not the issuer that is trusted",
            Self::Subject => "sub of the assertion is not the subject that is trusted",
            Self::Audience => "aud of the assertion is not the audience that was agreed on",
            Self::Claim => "a further claim of the assertion is not the one that is trusted",
            Self::Expired => "the assertion has expired, has no exp, or lives too long",
            Self::NotYet => "the assertion is not valid yet",
            Self::Repeated => "the assertion was used before; sign another one, with a jti of its own",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl From<jose::Refused> for Refused {
    fn from(refused: jose::Refused) -> Self {
        match refused {
            jose::Refused::NotAJwt => Self::NotAJwt,
            jose::Refused::Algorithm => Self::Algorithm,
            jose::Refused::Signature => Self::Signature,
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    nbf: Option<f64>,
    jti: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// An assertion that has an id (`jti`), and therefore proves its client once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OneUse {
    /// SHA-256 of the id, which may be long.
    pub(crate) digest: [u8; 32],
    /// From then on it is refused for its age.
    pub(crate) expires: Timestamp,
}

impl<'a> Assertion<'a> {
    /// Reads the header alone.
    ///
    /// # Errors
    /// If it is no JWT, or signed with an algorithm that is not accepted.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refused> {
        Ok(Self(Signed::parse(text, MAX_ASSERTION_BYTES)?))
    }

    /// The key of the issuer that signed it, as the header says.
    pub(crate) fn key<'k>(&self, keys: &'k JwkSet) -> Option<&'k Jwk> {
        self.0.key(keys)
    }

    /// Whether the issuer that is trusted says now, by this key of it, that this is the client. Answers what to remember
    /// of the assertion, so that it is not accepted again.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check(&self, key: &Jwk, trust: &Trust, now: Timestamp) -> Result<Option<OneUse>, Refused> {
        let claims: Claims = self.0.claims(key)?;
        if claims.iss.as_deref() != Some(&*trust.issuer) {
            return Err(Refused::Issuer);
        }
        if claims.sub.as_deref() != Some(&*trust.subject) {
            return Err(Refused::Subject);
        }
        let addressed = claims.aud.as_ref().is_some_and(|audience| audience.contains(&trust.audience));
        if !addressed {
            return Err(Refused::Audience);
        }
        let is_there = |(name, value): (&String, &String)| {
            claims.others.get(name).and_then(Value::as_str).is_some_and(|found| found == value)
        };
        if !trust.claims.iter().all(is_there) {
            return Err(Refused::Claim);
        }
        let end = claims.check_time(now)?;
        let expires = end.checked_add(ASSERTION_LEEWAY).map_err(|_| Refused::Expired)?;
        Ok(claims.jti.map(|jti| OneUse { digest: Sha256::digest(jti).into(), expires }))
    }
}

impl Claims {
    /// Answers when it expires.
    fn check_time(&self, now: Timestamp) -> Result<Timestamp, Refused> {
        let end = self.exp.and_then(instant).ok_or(Refused::Expired)?;
        let left = end.duration_since(now);
        if left <= -ASSERTION_LEEWAY || left > MAX_ASSERTION_LIFETIME {
            return Err(Refused::Expired);
        }
        let begins = self.nbf.map(|begin| instant(begin).ok_or(Refused::NotYet)).transpose()?;
        if begins.is_some_and(|begin| begin.duration_since(now) > ASSERTION_LEEWAY) {
            return Err(Refused::NotYet);
        }
        Ok(end)
    }
}

#[cfg(test)]
mod tests;
