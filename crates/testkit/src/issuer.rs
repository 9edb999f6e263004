//! An issuer of assertions: it signs, and publishes its keys over HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Keys for tests, which open nothing.
pub(crate) const RSA: &[u8] = include_bytes!("../keys/rsa.der");
const EC: &[u8] = include_bytes!("../keys/ec.der");

/// Signs claims, as any issuer does.
///
/// # Panics
/// If the algorithm has no key here.
#[must_use]
pub fn sign(algorithm: Algorithm, kid: Option<&str>, claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, claims, &key(algorithm)).expect("a key that signs")
}

/// The public key to [`sign`], as an issuer publishes it.
///
/// # Panics
/// As [`sign`].
#[must_use]
pub fn jwk(algorithm: Algorithm, kid: &str) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(&key(algorithm), algorithm).expect("a key with a public part");
    jwk.common.key_id = Some(kid.to_owned());
    jwk
}

/// The private RSA key to [`sign`], in PEM as an administrator has it.
#[must_use]
pub fn rsa_pem() -> String {
    let lines: Vec<String> =
        STANDARD.encode(RSA).as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l).into()).collect();
    format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", lines.join("\n"))
}

fn key(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_der(EC),
        Algorithm::HS256 => EncodingKey::from_secret(b"secret"),
        _ => EncodingKey::from_rsa_der(RSA),
    }
}

/// A server that publishes keys.
pub struct Issuer {
    /// Where they are.
    pub jwks_url: String,
    published: Arc<Mutex<Vec<Jwk>>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    /// One that publishes these.
    ///
    /// # Panics
    /// If this machine can't be listened on.
    pub async fn start(keys: Vec<Jwk>) -> Self {
        let (published, asked) = (Arc::new(Mutex::new(keys)), Arc::new(AtomicUsize::new(0)));
        let (keys, count) = (Arc::clone(&published), Arc::clone(&asked));
        let answer = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let keys = keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
            async move { json!({ "keys": keys }).to_string() }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let jwks_url = format!("http://{}/keys", listener.local_addr().expect("an address"));
        let router = Router::new().route("/keys", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { jwks_url, published, asked }
    }

    /// Publishes these from now on.
    pub fn publish(&self, keys: Vec<Jwk>) {
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
