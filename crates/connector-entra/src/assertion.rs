//! The assertion with which an application proves that it has its certificate's key (RFC 7523 §2.2, and Microsoft's
//! "certificate credentials for application authentication").

use crate::{ConfigError, Secret};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use connector::Error;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const PRIVATE_KEY: &str = "give an RSA key in PEM in source.private_key of the job";
/// How long an assertion is good for, in seconds: it is used at once.
const LIFETIME_SECONDS: i64 = 600;

/// Signs assertions.
pub(crate) struct Signer {
    key: RsaKeyPair,
    /// The certificate's SHA-256 digest (RFC 7515 §4.1.8).
    thumbprint: String,
}

impl Signer {
    /// Reads key and certificate.
    pub(crate) fn new(private_key: &Secret, certificate: &str) -> Result<Self, ConfigError> {
        let der = PrivateKeyDer::from_pem_slice(private_key.expose().as_bytes())
            .map_err(|_| ConfigError::PrivateKey("it has no private key in it"))?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(ConfigError::PrivateKey("it is of another kind")),
        };
        let key = key.map_err(|_| ConfigError::PrivateKey("it is damaged, or of another kind"))?;
        let certificate =
            CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|_| ConfigError::Certificate)?;
        Ok(Self { key, thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate)) })
    }

    /// An assertion for one token request.
    pub(crate) fn sign(
        &self,
        client_id: &str,
        audience: &str,
        now: Timestamp,
        id: Uuid,
    ) -> Result<String, Error> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": id.to_string(),
            "nbf": now.as_second(), "exp": now.as_second() + LIFETIME_SECONDS,
        });
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| Error::credential("the private key of the source cannot sign", PRIVATE_KEY))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn encoded(document: &Value) -> String {
    URL_SAFE_NO_PAD.encode(document.to_string())
}
