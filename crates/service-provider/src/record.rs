//! What is known of one request, as it becomes known.
//!
//! The outermost layer (`observe`) makes a [`Record`] and puts it into the request's extensions as `Arc<Record>`;
//! whoever learns something on the way notes it there ([`note`]), and when the answer is ready, the logs, the metrics
//! and the request log read it. Of what is noted twice, the first stays.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use axum::http::header::USER_AGENT;
use axum::http::{Extensions, Method, Request, Uri};
use jiff::Timestamp;
use model::TenantId;
use uuid::Uuid;

use crate::limits::{MAX_QUIRKS_OF_A_REQUEST, MAX_USER_AGENT_BYTES};
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
    caller: OnceLock<(TenantId, String)>,
    connection: OnceLock<String>,
    client_kind: OnceLock<&'static str>,
    request_bytes: OnceLock<usize>,
    quirks: Mutex<Vec<&'static str>>,
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
            connection: OnceLock::new(),
            client_kind: OnceLock::new(),
            request_bytes: OnceLock::new(),
            quirks: Mutex::default(),
        }
    }

    /// Notes which line of the route table answers.
    pub fn note_endpoint(&self, endpoint: Endpoint) {
        self.endpoint.get_or_init(|| endpoint);
    }

    /// Notes whose token was shown, once its secret is proven; it may have expired.
    pub fn note_caller(&self, tenant: TenantId, token: &str) {
        self.caller.get_or_init(|| (tenant, token.to_owned()));
    }

    /// Notes the name of the connection that the token belongs to.
    pub fn note_connection(&self, name: &str) {
        self.connection.get_or_init(|| name.to_owned());
    }

    /// Notes what kind of client this is: `entra`, `okta` or `rfc`.
    pub fn note_client_kind(&self, kind: &'static str) {
        self.client_kind.get_or_init(|| kind);
    }

    /// Notes the size of the body that was read, in bytes.
    pub fn note_request_bytes(&self, bytes: usize) {
        self.request_bytes.get_or_init(|| bytes);
    }

    /// Notes that a quirk fired, once a request; beyond [`MAX_QUIRKS_OF_A_REQUEST`] none more.
    pub fn note_quirk(&self, name: &'static str) {
        let mut quirks = self.quirks.lock().unwrap_or_else(PoisonError::into_inner);
        if quirks.len() < MAX_QUIRKS_OF_A_REQUEST && !quirks.contains(&name) {
            quirks.push(name);
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
        self.caller.get().map(|(tenant, _)| *tenant)
    }

    /// The public id of the token that was shown.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.caller.get().map(|(_, token)| token.as_str())
    }

    /// The name of the connection that the token belongs to.
    #[must_use]
    pub fn connection(&self) -> Option<&str> {
        self.connection.get().map(String::as_str)
    }

    /// What kind of client this is: `entra`, `okta` or `rfc`.
    #[must_use]
    pub fn client_kind(&self) -> Option<&'static str> {
        self.client_kind.get().copied()
    }

    /// The size of the body that was read, in bytes; 0 if none was.
    #[must_use]
    pub fn request_bytes(&self) -> usize {
        self.request_bytes.get().copied().unwrap_or_default()
    }

    /// The quirks that fired, in the order in which they first did.
    #[must_use]
    pub fn quirks(&self) -> Vec<&'static str> {
        self.quirks.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        record.note_client_kind("entra");
        record.note_client_kind("okta");
        assert_eq!(record.client_kind(), Some("entra"));
    }

    #[test]
    fn a_quirk_is_noted_once() {
        let record = record("x");
        ["b", "a", "b"].into_iter().for_each(|quirk| record.note_quirk(quirk));
        assert_eq!(record.quirks(), ["b", "a"]);
    }

    #[test]
    fn a_user_agent_is_cut() {
        assert_eq!(record("Okta SCIM Client").user_agent.as_deref(), Some("Okta SCIM Client"));
        let long = record(&"x".repeat(MAX_USER_AGENT_BYTES + 1)).user_agent.unwrap();
        assert_eq!(long.len(), MAX_USER_AGENT_BYTES);
    }
}
