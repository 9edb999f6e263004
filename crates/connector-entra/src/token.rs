//! Access tokens by the client credentials grant (RFC 6749 §4.4), remembered until shortly before their end.

use crate::assertion::Signer;
use crate::client::{interrupted, read_body};
use crate::endpoint::{Endpoint, segment};
use crate::limits::{MAX_DETAIL_CHARS, MAX_TOKEN_BYTES};
use crate::{Config, ConfigError, Credential, Secret};
use connector::{Error, Interruption};
use model::{Clock, IdSource};
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A token is renewed so long before its end, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(300);

const SIGN_IN: &str = "renew source.secret, or source.private_key and source.certificate, of the job under Certificates & \
                       secrets of the app registration, and test the connection";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Gets tokens, and remembers the last one.
pub(crate) struct Tokens {
    url: String,
    tenant: String,
    client_id: String,
    scope: String,
    proof: Proof,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    held: Mutex<Option<Held>>,
}

enum Proof {
    Secret(Secret),
    Certificate(Box<Signer>),
}

struct Held {
    token: Secret,
    until: Instant,
}

/// RFC 6749 §5.1
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

/// RFC 6749 §5.2
#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Tokens {
    /// Nothing is sent yet.
    pub(crate) fn new(config: Config, login: &Endpoint, graph: &Endpoint) -> Result<Self, ConfigError> {
        let proof = match &config.credential {
            Credential::Secret(secret) => Proof::Secret(secret.clone()),
            Credential::Certificate { private_key, certificate } => {
                Proof::Certificate(Box::new(Signer::new(private_key, certificate)?))
            }
        };
        Ok(Self {
            url: login.join(&format!("/{}/oauth2/v2.0/token", segment(&config.tenant))),
            scope: format!("{}/.default", graph.origin()),
            tenant: config.tenant,
            client_id: config.client_id,
            proof,
            clock: config.clock,
            ids: config.ids,
            held: Mutex::new(None),
        })
    }

    /// A live token.
    pub(crate) async fn get(&self, http: &reqwest::Client) -> Result<Secret, Error> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| Instant::now() < held.until) {
            return Ok(held.token.clone());
        }
        let granted = self.ask(http).await?;
        let lifetime = Duration::from_secs(granted.expires_in);
        let until = Instant::now() + lifetime.saturating_sub(MARGIN.min(lifetime / 2));
        let token = Secret::new(granted.access_token);
        *held = Some(Held { token: token.clone(), until });
        Ok(token)
    }

    /// Forgets a token that Graph does not take any more.
    pub(crate) async fn forget(&self, token: &Secret) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.token.expose() == token.expose()) {
            *held = None;
        }
    }

    async fn ask(&self, http: &reqwest::Client) -> Result<Granted, Error> {
        const PLACE: &str = "POST /oauth2/v2.0/token";
        let request =
            http.post(&self.url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(self.form()?);
        let response = request.send().await.map_err(|error| interrupted(PLACE, error))?;
        let status = response.status().as_u16();
        let body = read_body(PLACE, response, MAX_TOKEN_BYTES).await?;
        match status {
            200 => serde_json::from_slice(&body).map_err(|error| {
                let hint = "check login_url: something else than Microsoft's sign-in answered there";
                Error::source(PLACE, "answered without an access token", hint).caused_by(error)
            }),
            429 => Err(Error::RateLimited { retry_after: None }),
            500.. => Err(Error::transient(Interruption::Server, format!("{PLACE}: answered {status}"))),
            _ => Err(self.refused(status, &body)),
        }
    }

    fn form(&self) -> Result<String, Error> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &self.scope);
        match &self.proof {
            Proof::Secret(secret) => form.append_pair("client_secret", secret.expose()),
            Proof::Certificate(signer) => {
                let assertion = signer.sign(&self.client_id, &self.url, self.clock.now(), self.ids.next())?;
                form.append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", &assertion)
            }
        };
        Ok(form.finish())
    }

    fn refused(&self, status: u16, body: &[u8]) -> Error {
        let said = match serde_json::from_slice::<Refused>(body) {
            Ok(refused) => {
                let line = refused.error_description.lines().next().unwrap_or_default().to_owned();
                format!("{}: {}", refused.error, self.redact(line))
            }
            Err(_) => format!("answered {status} without a reason"),
        };
        let said: String = said.chars().take(MAX_DETAIL_CHARS).collect();
        let detail = format!(
            "Entra does not let the application {} into the tenant {} ({said}); check tenant, client_id and the \
             secret or certificate of the source, which may have expired",
            self.client_id, self.tenant
        );
        Error::credential(detail, SIGN_IN)
    }

    /// Should the other side echo what was sent.
    fn redact(&self, text: String) -> String {
        match &self.proof {
            Proof::Secret(secret) if !secret.expose().is_empty() => text.replace(secret.expose(), "[secret]"),
            Proof::Secret(_) | Proof::Certificate(_) => text,
        }
    }
}
