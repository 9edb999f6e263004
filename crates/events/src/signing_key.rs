//! The keys that sign security event tokens: P-256, made of a key of the installation and a number. A rotation is the next
//! number; the key before it is published for a while as well.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Error, Tx, params};

use crate::signature::hmac;

/// The media type of a security event token (RFC 8417 §2.3), as `typ` has it (RFC 8725 §3.11).
const TYPE: &str = "secevent+jwt";

/// How many times a private key is looked for: one of 2³² hashes is none (it must be less than the order of the curve).
const TRIES: u8 = 8;

/// The keys of an installation. Whoever has a database without them can sign nothing.
#[derive(Clone)]
pub struct SigningKeys([u8; 32]);

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys")
    }
}

impl SigningKeys {
    /// The keys that follow from a key of the installation.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The key of a number.
    ///
    /// # Errors
    /// [`Error::Corrupt`], when the library can make none; no key is known for which it can't.
    pub(crate) fn key(&self, number: i64) -> Result<SigningKey, Error> {
        let secret = |again: u8| hmac(&self.0, &[&number.to_be_bytes(), &[again]]);
        (0..TRIES).find_map(|again| SigningKey::of(&secret(again))).ok_or_else(unusable)
    }

    /// What is published so that receivers can verify: a JWK set (RFC 7517 §5), the newest key first.
    ///
    /// # Errors
    /// As the keys themselves.
    pub fn published(&self, numbers: Numbers, at: Timestamp) -> Result<Value, Error> {
        let keys: Result<Vec<_>, Error> =
            numbers.live(at).map(|number| self.key(number).map(|key| key.public)).collect();
        Ok(json!({ "keys": keys? }))
    }
}

/// One key.
pub(crate) struct SigningKey {
    header: Header,
    private: EncodingKey,
    /// Its public half as a JWK (RFC 7518 §6.2.1).
    public: Value,
}

impl SigningKey {
    /// The key of this secret; `None` if it stands for none.
    fn of(secret: &[u8; 32]) -> Option<Self> {
        let pair =
            EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &ec_private_key(secret))
                .ok()?;
        // SEC 1 §2.3.3: 4, then both coordinates.
        let (_, point) = pair.public_key().as_ref().split_first()?;
        let (x, y) = point.split_at_checked(32)?;
        let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        let id = thumbprint(&x, &y);
        let public = json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": id,
        });
        let mut header = Header::new(Algorithm::ES256);
        (header.typ, header.kid) = (Some(TYPE.to_owned()), Some(id));
        let private = EncodingKey::from_ec_der(pair.to_pkcs8v1().ok()?.as_ref());
        Some(Self { header, private, public })
    }

    /// A token with these claims (RFC 7515 §7.1).
    ///
    /// # Errors
    /// [`Error::Corrupt`], when they can't be written.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        jsonwebtoken::encode(&self.header, claims, &self.private).map_err(|_| unusable())
    }
}

fn unusable() -> Error {
    Error::corrupt("a security event token")
}

/// `ECPrivateKey` of RFC 5915 §3 with the curve P-256 and without the public key, which follows.
fn ec_private_key(secret: &[u8; 32]) -> Vec<u8> {
    const BEFORE: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    const AFTER: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    [&BEFORE[..], secret, &AFTER[..]].concat()
}

/// RFC 7638 §3.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// Which keys are live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The key that signs.
    pub newest: i64,
    /// Until when the one before it is published as well.
    pub old_until: Option<Timestamp>,
}

impl Numbers {
    /// Which they are.
    ///
    /// # Errors
    /// A statement's.
    pub fn get(tx: &mut Tx<'_>) -> Result<Self, Error> {
        tx.query_one("SELECT number, old_until FROM signing_key WHERE installation = 1", params![], |row| {
            Ok(Self { newest: row.get(0)?, old_until: row.get(1)? })
        })
    }

    /// Lets the next key sign; the one before it is published as well until then, and none that is older.
    ///
    /// # Errors
    /// A statement's.
    pub fn rotate(tx: &mut Tx<'_>, old_until: Timestamp) -> Result<(), Error> {
        tx.execute(
            "UPDATE signing_key SET number = number + 1, old_until = $1 WHERE installation = 1",
            params![old_until],
        )?;
        Ok(())
    }

    fn live(self, at: Timestamp) -> impl Iterator<Item = i64> {
        let old = self.old_until.filter(|end| at < *end).map(|_| self.newest - 1);
        [Some(self.newest), old].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation};

    use super::*;

    fn keys() -> SigningKeys {
        SigningKeys::new([7; 32])
    }

    /// Whether whoever reads a published set believes a token.
    fn is_believed(published: &Value, token: &str) -> bool {
        let set: JwkSet = serde_json::from_value(published.clone()).unwrap();
        let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
        let Some(key) = set.find(&kid) else { return false };
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["app"]);
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).is_ok()
    }

    #[test]
    fn of_two_live_keys_each_is_published_and_the_newest_signs() {
        let at = Timestamp::UNIX_EPOCH;
        let [first, second] =
            [1, 2].map(|number| keys().key(number).unwrap().sign(&json!({ "aud": "app" })).unwrap());
        let published = |newest, old_until| keys().published(Numbers { newest, old_until }, at).unwrap();
        let (before, after) = (published(1, None), published(2, Some(at)));
        assert!(is_believed(&before, &first) && !is_believed(&before, &second));
        let during = published(2, Some(Timestamp::MAX));
        assert!(is_believed(&during, &first) && is_believed(&during, &second));
        assert!(!is_believed(&after, &first) && is_believed(&after, &second));
        // Another installation's keys are others.
        let other = SigningKeys::new([8; 32]).published(Numbers { newest: 1, old_until: None }, at).unwrap();
        assert!(!is_believed(&other, &first));
    }

    #[test]
    fn a_token_says_what_it_is_and_no_private_key_is_shown() {
        let key = keys().key(1).unwrap();
        let token = key.sign(&json!({ "aud": "app" })).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!((header.typ.as_deref(), header.alg), (Some(TYPE), Algorithm::ES256));
        assert!(key.public.get("d").is_none());
        assert_eq!(format!("{:?}", keys()), "SigningKeys");
        let changed = token.replace('.', "e.");
        let published = keys().published(Numbers { newest: 1, old_until: None }, Timestamp::UNIX_EPOCH);
        assert!(
            jsonwebtoken::decode_header(&changed).is_err() || !is_believed(&published.unwrap(), &changed)
        );
    }
}
