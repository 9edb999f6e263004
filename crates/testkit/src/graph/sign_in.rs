//! The token endpoint: client credentials with a secret or with a certificate's key.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Answer, parameters};
use super::{CLIENT_ID, SECRET, State, TENANT};
use crate::issuer;

/// Stands for a certificate: nobody looks into it, only its digest counts.
const CERTIFICATE: &[u8] = b"the certificate of an application";

/// Access tokens and the assertions that were used up.
#[derive(Default)]
pub(super) struct Tokens {
    last: u64,
    live: Vec<(String, Instant)>,
    used: BTreeSet<String>,
}

impl Tokens {
    pub(super) fn end(&mut self) {
        self.live.clear();
    }

    pub(super) fn is_live(&self, bearer: &str) -> bool {
        self.live.iter().any(|(token, end)| token == bearer && Instant::now() < *end)
    }

    fn issue(&mut self, seconds: u64) -> String {
        self.last += 1;
        let token = format!("access-token-{}", self.last);
        self.live.push((token.clone(), Instant::now() + Duration::from_secs(seconds)));
        token
    }
}

/// The private key of the application's certificate, as PEM (PKCS#1).
#[must_use]
pub fn private_key_pem() -> String {
    pem("RSA PRIVATE KEY", issuer::RSA)
}

/// The application's certificate, as PEM.
#[must_use]
pub fn certificate_pem() -> String {
    pem("CERTIFICATE", CERTIFICATE)
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Answers `POST /{tenant}/oauth2/v2.0/token`.
pub(super) fn answer(state: &mut State, origin: &str, tenant: &str, form: &str) -> Answer {
    let form = parameters(form);
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if tenant != TENANT {
        return refused(400, "invalid_request", "AADSTS90002: Tenant not found.");
    }
    if field("grant_type") != "client_credentials" || field("scope") != format!("{origin}/.default") {
        return refused(400, "invalid_scope", "AADSTS70011: The provided value for scope is not valid.");
    }
    if field("client_id") != CLIENT_ID {
        return refused(400, "unauthorized_client", "AADSTS700016: Application not found in the directory.");
    }
    let endpoint = format!("{origin}/{tenant}/oauth2/v2.0/token");
    let proven = match (field("client_secret"), field("client_assertion")) {
        (SECRET, "") => true,
        ("", assertion) => check_assertion(assertion, &endpoint, &mut state.tokens.used),
        _ => false,
    };
    if !proven {
        return refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
    }
    let seconds = state.behaviour.token_seconds;
    let token = state.tokens.issue(seconds);
    Answer::ok(json!({ "token_type": "Bearer", "expires_in": seconds, "access_token": token }))
}

fn check_assertion(assertion: &str, endpoint: &str, used: &mut BTreeSet<String>) -> bool {
    let Ok(header) = decode_header(assertion) else { return false };
    let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(CERTIFICATE));
    if header.alg != Algorithm::PS256 || header.x5t_s256 != Some(thumbprint) {
        return false;
    }
    let mut validation = Validation::new(Algorithm::PS256);
    validation.set_audience(&[endpoint]);
    validation.set_issuer(&[CLIENT_ID]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.sub = Some(CLIENT_ID.to_owned());
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    let key = DecodingKey::from_jwk(&issuer::jwk(Algorithm::PS256, "key")).expect("a public key");
    match decode::<Value>(assertion, &key, &validation) {
        Ok(token) => used.insert(token.claims["jti"].as_str().unwrap_or_default().to_owned()),
        Err(_) => false,
    }
}

fn refused(status: u16, error: &str, description: &str) -> Answer {
    let body = json!({ "error": error, "error_description": description });
    Answer { status, ..Answer::ok(body) }
}
