//! Keys of certificates, and the signatures that are believed of them.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_cert::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode as _, Reader as _, SliceReader};

use crate::limits::MIN_RSA_BITS;
use crate::rejection::{Rejection, shown};

/// RFC 8017 appendix A.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 5480 §2.1.1.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 5480 §2.1.1.1: `secp256r1` and `secp384r1`.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// A signature algorithm: its digest. What kind of signature it is must agree with the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Algorithm {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
}

impl Algorithm {
    /// The algorithm of a URI (RFC 9231 §2.3). HMAC is none of them: a public key would be its secret. Nor is SHA-1.
    pub(super) fn named(uri: &str) -> Result<Self, Rejection> {
        match uri {
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => Ok(Self::RsaSha256),
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => Ok(Self::RsaSha384),
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => Ok(Self::RsaSha512),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => Ok(Self::EcdsaSha256),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => Ok(Self::EcdsaSha384),
            other => Err(Rejection::Algorithm(shown(other))),
        }
    }

    /// How a key of this kind verifies it, if one can.
    fn of(self, kind: Kind) -> Option<&'static dyn VerificationAlgorithm> {
        match (self, kind) {
            (Self::RsaSha256, Kind::Rsa) => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            (Self::RsaSha384, Kind::Rsa) => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            (Self::RsaSha512, Kind::Rsa) => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
            (Self::EcdsaSha256, Kind::P256) => Some(&signature::ECDSA_P256_SHA256_FIXED),
            (Self::EcdsaSha384, Kind::P384) => Some(&signature::ECDSA_P384_SHA384_FIXED),
            (Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512, Kind::P256 | Kind::P384)
            | (Self::EcdsaSha256, Kind::Rsa | Kind::P384)
            | (Self::EcdsaSha384, Kind::Rsa | Kind::P256) => None,
        }
    }
}

/// The kinds of keys that can be used.
#[derive(Clone, Copy)]
enum Kind {
    Rsa,
    P256,
    P384,
}

/// A key that can be used.
struct Key {
    kind: Kind,
    /// `RSAPublicKey`, or the point.
    bytes: Vec<u8>,
}

/// Says whether one of the certificates' keys made a signature. While a key is rolled over there are two.
pub(super) fn verify(
    certificates: &[Vec<u8>],
    algorithm: Algorithm,
    message: &[u8],
    value: &[u8],
) -> Result<(), Rejection> {
    let keys: Vec<Key> = certificates.iter().filter_map(|der| key_of(der)).collect();
    if keys.is_empty() {
        return Err(Rejection::NoUsableKey);
    }
    let made_it = |key: &Key| {
        let verifies = algorithm.of(key.kind);
        verifies.is_some_and(|how| UnparsedPublicKey::new(how, &key.bytes).verify(message, value).is_ok())
    };
    if keys.iter().any(made_it) { Ok(()) } else { Err(Rejection::UnknownKey) }
}

/// Whether signatures of a certificate's key can be believed.
pub(super) fn is_usable(der: &[u8]) -> bool {
    key_of(der).is_some()
}

fn key_of(der: &[u8]) -> Option<Key> {
    let certificate = Certificate::from_der(der).ok()?;
    let info = certificate.tbs_certificate.subject_public_key_info;
    let bytes = info.subject_public_key.as_bytes()?.to_vec();
    let kind = match info.algorithm.oid {
        RSA => (rsa_bits(&bytes)? >= MIN_RSA_BITS).then_some(Kind::Rsa)?,
        EC => match info.algorithm.parameters?.decode_as::<ObjectIdentifier>().ok()? {
            P256 => Kind::P256,
            P384 => Kind::P384,
            _ => return None,
        },
        _ => return None,
    };
    Some(Key { kind, bytes })
}

/// The length of the modulus of an `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa_bits(bytes: &[u8]) -> Option<usize> {
    let modulus_and_exponent = |reader: &mut _| Ok((UintRef::decode(reader)?, UintRef::decode(reader)?));
    let (modulus, _) = SliceReader::new(bytes).ok()?.sequence(modulus_and_exponent).ok()?;
    let first = modulus.as_bytes().first()?;
    Some(modulus.as_bytes().len() * 8 - first.leading_zeros() as usize)
}
