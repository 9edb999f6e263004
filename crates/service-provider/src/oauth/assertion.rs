//! Assertions: JSON Web Tokens by which an issuer says who a client is (RFC 7523 §3, RFC 8725).

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use model::client::Trust;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::limits::{ASSERTION_LEEWAY, MAX_ASSERTION_BYTES, MAX_ASSERTION_LIFETIME};

/// Signatures by a key that only the issuer has. Whatever else the header of an assertion names is refused: `none`, and
/// HMAC, whose key would be what everybody can read (RFC 8725 §2.1, §3.1).
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

/// The shortest RSA modulus that is believed, in characters of base64url: 2048 bits (RFC 7518 §3.3).
const MIN_RSA_MODULUS_CHARACTERS: usize = 342;

/// An assertion that nobody has checked yet.
pub(crate) struct Assertion<'a> {
    text: &'a str,
    header: Header,
}

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

/// RFC 7519 §4.1.3: one, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
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
        if text.len() > MAX_ASSERTION_BYTES {
            return Err(Refused::NotAJwt);
        }
        let header = decode_header(text).map_err(|_| Refused::NotAJwt)?;
        // RFC 7515 §4.1.11: what must be understood, and is not.
        if header.crit.is_some() {
            return Err(Refused::NotAJwt);
        }
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Refused::Algorithm);
        }
        Ok(Self { text, header })
    }

    /// The key of the issuer that signed it, as the header says.
    pub(crate) fn key<'k>(&self, keys: &'k JwkSet) -> Option<&'k Jwk> {
        match &self.header.kid {
            Some(kid) => keys.find(kid),
            None => match keys.keys.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        }
    }

    /// Whether the issuer that is trusted says now, by this key of it, that this is the client. Answers what to remember
    /// of the assertion, so that it is not accepted again.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check(&self, key: &Jwk, trust: &Trust, now: Timestamp) -> Result<Option<OneUse>, Refused> {
        let claims = self.claims(key)?;
        if claims.iss.as_deref() != Some(&*trust.issuer) {
            return Err(Refused::Issuer);
        }
        if claims.sub.as_deref() != Some(&*trust.subject) {
            return Err(Refused::Subject);
        }
        let addressed = claims.aud.as_ref().is_some_and(|audience| match audience {
            Audience::One(one) => *one == trust.audience,
            Audience::Several(several) => several.contains(&trust.audience),
        });
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

    fn claims(&self, key: &Jwk) -> Result<Claims, Refused> {
        if !usable(key, self.header.alg) {
            return Err(Refused::Signature);
        }
        let decoding = DecodingKey::from_jwk(key).map_err(|_| Refused::Signature)?;
        // Only the signature is left to the library: instants come from the clock of the installation.
        let mut validation = Validation::new(self.header.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = decode::<Claims>(self.text, &decoding, &validation).map_err(|_| Refused::Signature)?;
        Ok(decoded.claims)
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

/// A NumericDate (RFC 7519 §2): seconds since 1970, perhaps with a fraction, which nobody needs.
fn instant(seconds: f64) -> Option<Timestamp> {
    let duration = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(duration).ok()
}

/// Whether a published key may check signatures of this algorithm: what the key says of itself must not speak against it
/// (RFC 7517 §4.2, §4.4).
fn usable(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_for_signatures =
        key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let is_of_algorithm =
        key.common.key_algorithm.is_none_or(|of| of.to_string().parse().ok() == Some(algorithm));
    let is_strong = match &key.algorithm {
        AlgorithmParameters::RSA(rsa) => rsa.n.trim_end_matches('=').len() >= MIN_RSA_MODULUS_CHARACTERS,
        AlgorithmParameters::EllipticCurve(_) => true,
        // Keys that sign what they check, and kinds that come with later versions of the library.
        _ => false,
    };
    is_for_signatures && is_of_algorithm && is_strong
}

#[cfg(test)]
mod tests;
