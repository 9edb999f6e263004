//! How requests prove who sends them: an API token, or an access token that an OAuth client asks for.

use crate::answer::Answer;
use crate::config::{ConfigError, Credentials};
use crate::http::Http;
use crate::limits::{ASSERTION_LIFETIME, TOKEN_MARGIN};
use crate::secret::Secret;
use connector::{Error, Needs};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::Mutex;

const CLIENT: &str = "compare source.client_id, source.key_id and source.private_key of the job with the app in the Okta \
                      Admin Console, and test the connection";
const TOKEN_PATH: &str = "/oauth2/v1/token";
/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Proves who sends a request.
pub(crate) enum Login {
    Token(HeaderValue),
    Client(Box<OauthClient>),
}

/// An API services app.
pub(crate) struct OauthClient {
    id: String,
    key_id: Option<String>,
    key: EncodingKey,
    algorithm: Algorithm,
    /// What it asks for: as much as the job needs.
    scope: String,
    /// The access token in use. Whoever finds it ended asks for another while the others wait.
    remembered: Mutex<Option<Remembered>>,
}

struct Remembered {
    header: HeaderValue,
    ends: Timestamp,
}

/// RFC 7523 §3.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: String,
    iat: i64,
    exp: i64,
}

/// RFC 6749 §5.1.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl Login {
    pub(crate) fn new(credentials: &Credentials, needs: &Needs, app: bool) -> Result<Self, ConfigError> {
        match credentials {
            Credentials::Token(token) if token.expose().is_empty() => Err(ConfigError::Token),
            Credentials::Token(token) => {
                header("SSWS", token.expose()).map(Self::Token).ok_or(ConfigError::Token)
            }
            Credentials::Client { client_id, key_id, private_key } => {
                let (key, algorithm) = signing_key(private_key)?;
                Ok(Self::Client(Box::new(OauthClient {
                    id: client_id.clone(),
                    key_id: key_id.clone(),
                    key,
                    algorithm,
                    scope: scope(needs, app),
                    remembered: Mutex::new(None),
                })))
            }
        }
    }

    /// The `Authorization` header.
    pub(crate) async fn header(&self, http: &Http, now: Timestamp) -> Result<HeaderValue, Error> {
        match self {
            Self::Token(header) => Ok(header.clone()),
            Self::Client(client) => client.header(http, now).await,
        }
    }

    /// Forgets a token that was refused. Answers whether another can be had.
    pub(crate) async fn forget(&self, refused: &HeaderValue) -> bool {
        let Self::Client(client) = self else { return false };
        let mut remembered = client.remembered.lock().await;
        if remembered.as_ref().is_some_and(|token| token.header == *refused) {
            *remembered = None;
        }
        true
    }
}

impl OauthClient {
    async fn header(&self, http: &Http, now: Timestamp) -> Result<HeaderValue, Error> {
        let mut remembered = self.remembered.lock().await;
        if let Some(token) = remembered.as_ref().filter(|token| now < token.ends) {
            return Ok(token.header.clone());
        }
        let token = self.ask(http, now).await?;
        let header = token.header.clone();
        *remembered = Some(token);
        Ok(header)
    }

    async fn ask(&self, http: &Http, now: Timestamp) -> Result<Remembered, Error> {
        let assertion = self.assertion(http.org.join(TOKEN_PATH), now)?;
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", self.scope.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.as_str()),
        ];
        let answer = http.post(TOKEN_PATH, &form, now).await?.without(&assertion);
        if answer.status == 400 {
            return Err(refused(&answer));
        }
        let answer = answer.success()?;
        // Nothing of this answer goes into an error: it may hold a token.
        let granted: Granted = serde_json::from_slice(&answer.body).map_err(|_| no_token(&answer))?;
        let lifetime = Duration::from_secs(granted.expires_in).saturating_sub(TOKEN_MARGIN);
        let header = header("Bearer", &granted.access_token).ok_or_else(|| no_token(&answer))?;
        Ok(Remembered { header, ends: now.checked_add(lifetime).unwrap_or(now) })
    }

    fn assertion(&self, audience: String, now: Timestamp) -> Result<String, Error> {
        let (id, now) = (self.id.as_str(), now.as_second());
        let exp = now + ASSERTION_LIFETIME.as_secs() as i64;
        let claims = Claims { iss: id, sub: id, aud: audience, iat: now, exp };
        let header = Header { kid: self.key_id.clone(), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, &claims, &self.key)
            .map_err(|error| Error::credential(format!("source.private_key does not sign: {error}"), CLIENT))
    }
}

fn no_token(answer: &Answer) -> Error {
    Error::source(
        answer.place.clone(),
        "answered no access token",
        "check that source.url is the org's own address, and that no proxy answers in its place",
    )
}

/// What the token endpoint's refusals want (RFC 6749 §5.2). No further request would succeed.
fn refused(answer: &Answer) -> Error {
    let words = answer.words().unwrap_or_default();
    let advice = match words.code.as_str() {
        "invalid_scope" => {
            "grant the app okta.users.read, okta.logs.read, okta.apps.read and okta.groups.read"
        }
        "invalid_dpop_proof" => "clear \"Require Demonstrating Proof of Possession\" in the app's settings",
        _ => "compare source.client_id and source.private_key with the app's, and the clocks",
    };
    let said = format!("{}: answered 400 {}: {}; {advice}", answer.place, words.code, words.summary);
    Error::credential(said, CLIENT)
}

fn scope(needs: &Needs, app: bool) -> String {
    let mut scopes = vec!["okta.users.read", "okta.logs.read"];
    if app {
        scopes.push("okta.apps.read");
    }
    if app || needs.groups {
        scopes.push("okta.groups.read");
    }
    scopes.join(" ")
}

fn signing_key(pem: &Secret) -> Result<(EncodingKey, Algorithm), ConfigError> {
    let pem = pem.expose().as_bytes();
    let rsa = EncodingKey::from_rsa_pem(pem).map(|key| (key, Algorithm::RS256));
    rsa.or_else(|_| EncodingKey::from_ec_pem(pem).map(|key| (key, Algorithm::ES256)))
        .map_err(|_| ConfigError::Key)
}

fn header(scheme: &str, token: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("{scheme} {token}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}
