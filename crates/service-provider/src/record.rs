//! What is known of one request, as it becomes known.
//!
//! The outermost layer (`observe`) makes a [`Record`] and puts it into the request's extensions as `Arc<Record>`;
//! whoever learns something on the way notes it there ([`note`]), and when the answer is ready, the logs, the metrics
//! and the request log read it. Of what is noted twice, the first stays.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use application::Profile;
use axum::http::header::USER_AGENT;
use axum::http::{Extensions, Method, Request, Uri};
use bytes::Bytes;
use jiff::Timestamp;
use model::TenantId;
use model::tenant::Tenant;
use scim::quirks::Quirk;
use uuid::Uuid;

use crate::client::Client;
use crate::limits::{MAX_LOGGED_BODY_BYTES, MAX_USER_AGENT_BYTES};
use crate::routes::Endpoint;

/// One request: what it is, and what was noted of it.
#[derive(Debug)]
pub struct Record {
    /// Its id; the answer carries it as `x-request-id`.
    pub id: Uuid,
    /// When its head had arrived.
    pub began: Timestamp,
    /// The same on the clock that measures durations.
    pub started: Instant,
    /// Its method.
    pub method: Method,
    /// Its target as the client wrote it. The query may hold personal values.
    pub uri: Uri,
    /// What the client calls itself, cut at [`MAX_USER_AGENT_BYTES`]; `None` if it does not.
    pub user_agent: Option<String>,
    endpoint: OnceLock<Endpoint>,
    caller: OnceLock<Shown>,
    client: OnceLock<Arc<Client>>,
    request_bytes: OnceLock<usize>,
    /// The schemas that tell what is a secret, if bodies are to be kept.
    bodies: OnceLock<Arc<Profile>>,
    request_body: OnceLock<Bytes>,
}

/// The token that was shown.
#[derive(Debug)]
struct Shown {
    tenant: TenantId,
    token: String,
    is_logged: bool,
}

/// Lets `note` write into the record of a request; does nothing where there is none, as in a test of one extractor.
pub(crate) fn note(extensions: &Extensions, note: impl FnOnce(&Record)) {
    if let Some(record) = extensions.get::<Arc<Record>>() {
        note(record);
    }
}

impl Record {
    /// The record of a request that has just come in.
    #[must_use]
    pub fn new<B>(id: Uuid, began: Timestamp, request: &Request<B>) -> Self {
        let user_agent = request.headers().get(USER_AGENT).map(|value| {
            let bytes = value.as_bytes();
            String::from_utf8_lossy(bytes.get(..MAX_USER_AGENT_BYTES).unwrap_or(bytes)).into_owned()
        });
        Self {
            id,
            began,
            started: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            user_agent,
            endpoint: OnceLock::new(),
            caller: OnceLock::new(),
            client: OnceLock::new(),
            request_bytes: OnceLock::new(),
            bodies: OnceLock::new(),
            request_body: OnceLock::new(),
        }
    }

    /// Notes which line of the route table answers.
    pub fn note_endpoint(&self, endpoint: Endpoint) {
        self.endpoint.get_or_init(|| endpoint);
    }

    /// Notes whose token was shown, once its secret is proven; it may have expired.
    pub fn note_caller(&self, tenant: &Tenant, token: &str) {
        let is_logged = tenant.settings.request_log_days > 0;
        self.caller.get_or_init(|| Shown { tenant: tenant.id, token: token.to_owned(), is_logged });
    }

    /// Notes what the tenant's resources look like, if its settings ask for bodies in the request log. Bodies of an
    /// application's own operations are not kept: which of their members are secrets, the schemas do not tell.
    pub fn note_profile(&self, tenant: &Tenant, profile: &Arc<Profile>) {
        let is_scim = !self.endpoint().is_some_and(Endpoint::is_of_application);
        if is_scim && tenant.settings.request_log_days > 0 && tenant.settings.request_log_bodies {
            self.bodies.get_or_init(|| Arc::clone(profile));
        }
    }

    /// Notes who the client is. What becomes known of it later, and which quirks fire, it keeps itself.
    pub fn note_client(&self, client: Arc<Client>) {
        self.client.get_or_init(|| client);
    }

    /// Notes the body that was read: its size, and itself if it is to be kept.
    pub fn note_body(&self, body: &Bytes) {
        self.request_bytes.get_or_init(|| body.len());
        if self.bodies.get().is_some() && body.len() <= MAX_LOGGED_BODY_BYTES {
            self.request_body.get_or_init(|| body.clone());
        }
    }

    /// Which line of the route table answered; `None` if none did.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint.get().copied()
    }

    /// The tenant of the token that was shown. `None`: nobody proved to be anybody.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.caller.get().map(|shown| shown.tenant)
    }

    /// The public id of the token that was shown.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.caller.get().map(|shown| shown.token.as_str())
    }

    /// The client: its connection and its kind. `None`: nobody proved to be anybody.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.client.get().map(|client| &**client)
    }

    /// The name of the connection that the token belongs to.
    #[must_use]
    pub fn connection(&self) -> Option<&str> {
        self.client().map(|client| client.connection().name.as_str())
    }

    /// What kind of client this is: `entra`, `okta` or `rfc`.
    #[must_use]
    pub fn client_kind(&self) -> Option<&'static str> {
        self.client().map(|client| client.kind().as_str())
    }

    /// The size of the body that was read, in bytes; 0 if none was.
    #[must_use]
    pub fn request_bytes(&self) -> usize {
        self.request_bytes.get().copied().unwrap_or_default()
    }

    /// The quirks that fired.
    #[must_use]
    pub fn quirks(&self) -> Vec<&'static str> {
        self.client().map(|client| client.fired().iter().map(Quirk::name).collect()).unwrap_or_default()
    }
}

/// What the request log asks.
impl Record {
    /// Whether the request belongs into the log of its tenant.
    pub(crate) fn is_logged(&self) -> bool {
        self.caller.get().is_some_and(|shown| shown.is_logged)
    }

    /// The schemas that tell what is a secret, if bodies are to be kept.
    pub(crate) fn bodies(&self) -> Option<&Arc<Profile>> {
        self.bodies.get()
    }

    /// The body that was read, if it is to be kept and not too large.
    pub(crate) fn request_body(&self) -> Option<&Bytes> {
        self.request_body.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(user_agent: &str) -> Record {
        let request = Request::get("/x").header(USER_AGENT, user_agent).body(()).unwrap();
        Record::new(Uuid::nil(), Timestamp::UNIX_EPOCH, &request)
    }

    #[test]
    fn the_first_note_stays() {
        let record = record("x");
        record.note_body(&Bytes::from_static(b"1"));
        record.note_body(&Bytes::from_static(b"22"));
        assert_eq!(record.request_bytes(), 1);
    }

    #[test]
    fn a_user_agent_is_cut() {
        assert_eq!(record("Okta SCIM Client").user_agent.as_deref(), Some("Okta SCIM Client"));
        let long = record(&"x".repeat(MAX_USER_AGENT_BYTES + 1)).user_agent.unwrap();
        assert_eq!(long.len(), MAX_USER_AGENT_BYTES);
    }
}
