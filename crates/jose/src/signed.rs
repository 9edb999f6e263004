//! A JSON Web Token and its signature (RFC 7515, RFC 8725).

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::limits::MIN_RSA_MODULUS_CHARACTERS;

/// Signatures by a key that only the issuer has. Whatever else the header of a token names is refused: `none`, and HMAC,
/// whose key would be what everybody can read (RFC 8725 §2.1, §3.1).
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

/// A token that nobody has checked yet.
pub struct Signed<'a> {
    text: &'a str,
    header: Header,
}

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is too long, is no JWT, or asks for something to be understood that is not.
    #[error("it is no signed JWT")]
    NotAJwt,
    /// It is signed with an algorithm that is not accepted, or not at all.
    #[error("it is signed in a way that is not accepted; use RS256, PS256 or ES256")]
    Algorithm,
    /// The key did not sign it, or may not sign.
    #[error("its signature is not the issuer's")]
    Signature,
}

impl<'a> Signed<'a> {
    /// Reads the header alone, of a token of at most `limit` bytes.
    ///
    /// # Errors
    /// [`Refused::NotAJwt`], [`Refused::Algorithm`].
    pub fn parse(text: &'a str, limit: usize) -> Result<Self, Refused> {
        if text.len() > limit {
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

    /// The key of the issuer that signed it, as the header says. Without a key id there must be no choice.
    #[must_use]
    pub fn key<'k>(&self, keys: &'k JwkSet) -> Option<&'k Jwk> {
        match &self.header.kid {
            Some(kid) => keys.find(kid),
            None => match keys.keys.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        }
    }

    /// What it says, if this key signed it. Whether that is for us, and now, is the caller's to check.
    ///
    /// # Errors
    /// [`Refused::Signature`], also for claims of another shape.
    pub fn claims<T: DeserializeOwned>(&self, key: &Jwk) -> Result<T, Refused> {
        if !usable(key, self.header.alg) {
            return Err(Refused::Signature);
        }
        let decoding = DecodingKey::from_jwk(key).map_err(|_| Refused::Signature)?;
        // Only the signature is left to the library: instants come from the clock of the installation.
        let mut validation = Validation::new(self.header.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = decode::<T>(self.text, &decoding, &validation).map_err(|_| Refused::Signature)?;
        Ok(decoded.claims)
    }
}

/// RFC 7519 §4.1.3: one, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// Whether the token is for this one, perhaps among others.
    #[must_use]
    pub fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// A NumericDate (RFC 7519 §2): seconds since 1970, perhaps with a fraction, which nobody needs.
#[must_use]
pub fn instant(seconds: f64) -> Option<Timestamp> {
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
