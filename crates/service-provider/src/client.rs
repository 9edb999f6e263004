//! Who a request comes from, as far as that can be told, and so what is tolerated from it.

use std::sync::{Arc, OnceLock};

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use model::connection::Connection;
use scim::quirks::{ClientKind, Quirk, Quirks, Tolerance};
use serde_json::Value;

/// What only the Entra provisioning service sends with its requests.
const ENTRA_HEADER: &str = "adscimversion";

/// What administrators of Entra append to a Tenant URL to choose how it writes PATCH requests.
const ENTRA_FLAGS: [&str; 2] = ["aadOptscim062020", "AzureAdScimPatch2017"];

/// The client of one request.
#[derive(Debug)]
pub struct Client {
    connection: Arc<Connection>,
    /// What it looked like when its head was read.
    first: (ClientKind, Arc<Tolerance>),
    /// The same once its body gave it away.
    recognised: OnceLock<Arc<Tolerance>>,
}

impl Client {
    /// The client that sends such a head with a token of this connection.
    ///
    /// # Errors
    /// 400 if it names no user agent and must.
    pub(crate) fn new(connection: Arc<Connection>, head: &Parts) -> Result<Self, scim::Error> {
        let user_agent = user_agent(&head.headers);
        let kind = connection.kind.client().unwrap_or_else(|| judge(head, user_agent.as_deref()));
        let tolerance = Tolerance::new(connection.quirks(kind));
        if user_agent.is_none() {
            let refusal = || scim::Error::new(400, "the header User-Agent is missing");
            tolerance.require(Quirk::NoUserAgent, refusal)?;
        }
        Ok(Self { connection, first: (kind, Arc::new(tolerance)), recognised: OnceLock::new() })
    }

    /// The connection of its token.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What kind of client it is: as its connection says, else as it looks.
    #[must_use]
    pub fn kind(&self) -> ClientKind {
        if self.recognised.get().is_some() { ClientKind::Entra } else { self.first.0 }
    }

    /// What is tolerated from it.
    #[must_use]
    pub fn tolerance(&self) -> &Arc<Tolerance> {
        self.recognised.get().unwrap_or(&self.first.1)
    }

    /// The quirks that its request needed so far.
    #[must_use]
    pub fn fired(&self) -> Quirks {
        let later = self.recognised.get().map(|tolerance| tolerance.fired()).unwrap_or_default();
        self.first.1.fired().union(later)
    }

    /// Looks at the body of a PATCH: where nobody said what kind of client this is, one that writes `Replace` is Entra.
    pub(crate) fn recognise(&self, patch: &Value) {
        if self.connection.kind.client().is_none()
            && self.first.0 == ClientKind::Rfc
            && has_capitalised_op(patch)
        {
            let quirks = self.connection.quirks(ClientKind::Entra);
            self.recognised.get_or_init(|| Arc::new(Tolerance::new(quirks)));
        }
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(USER_AGENT)?.as_bytes()).trim().to_ascii_lowercase();
    Some(text).filter(|text| !text.is_empty())
}

/// What kind of client sends such a head. Entra names no user agent, and Okta's has its name in it.
fn judge(head: &Parts, user_agent: Option<&str>) -> ClientKind {
    if user_agent.is_some_and(|text| text.contains("okta")) {
        return ClientKind::Okta;
    }
    let flagged = head.uri.query().is_some_and(has_entra_flag);
    if user_agent.is_none() || flagged || head.headers.contains_key(ENTRA_HEADER) {
        return ClientKind::Entra;
    }
    ClientKind::Rfc
}

fn has_entra_flag(query: &str) -> bool {
    let mut names = query.split('&').filter_map(|pair| pair.split('=').next());
    names.any(|name| ENTRA_FLAGS.iter().any(|flag| flag.eq_ignore_ascii_case(name)))
}

fn has_capitalised_op(patch: &Value) -> bool {
    let operations = patch.get("Operations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut ops = operations.iter().filter_map(|operation| operation.get("op").and_then(Value::as_str));
    ops.any(|op| ["Add", "Replace", "Remove"].contains(&op))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use jiff::Timestamp;
    use model::TenantId;
    use model::connection::Kind;
    use serde_json::json;

    use super::*;

    fn client(kind: Kind, uri: &str, headers: &[(&str, &str)]) -> Client {
        let request =
            headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        let connection = Connection::first(TenantId(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Client::new(Arc::new(Connection { kind, ..connection }), &parts).unwrap()
    }

    #[test]
    fn a_client_is_judged_by_what_it_sends() {
        let curl = ("user-agent", "curl/8");
        for (uri, headers, expected) in [
            ("/Users", &[("user-agent", "Okta SCIM Client 1.0.0")][..], ClientKind::Okta),
            ("/Users", &[("user-agent", "OKTA SCIM Integration")], ClientKind::Okta),
            ("/Users", &[], ClientKind::Entra),
            ("/Users", &[("user-agent", " ")], ClientKind::Entra),
            ("/Users", &[curl, ("ADSCIMVersion", "5.0")], ClientKind::Entra),
            ("/Users?aadOptscim062020&filter=x", &[curl], ClientKind::Entra),
            ("/Users?count=1&AADOPTSCIM062020=1", &[curl], ClientKind::Entra),
            ("/Users?filter=aadOptscim062020", &[curl], ClientKind::Rfc),
            ("/Users", &[curl], ClientKind::Rfc),
        ] {
            assert_eq!(client(Kind::Auto, uri, headers).kind(), expected, "{uri} {headers:?}");
        }
    }

    #[test]
    fn a_kind_that_was_said_is_not_judged() {
        let okta = &[("user-agent", "Okta SCIM Client 1.0.0")];
        for (kind, expected) in
            [(Kind::Entra, ClientKind::Entra), (Kind::Okta, ClientKind::Okta), (Kind::Rfc, ClientKind::Rfc)]
        {
            let client = client(kind, "/Users?aadOptscim062020", okta);
            client.recognise(&json!({ "Operations": [{ "op": "Replace" }] }));
            assert_eq!(client.kind(), expected);
        }
    }

    #[test]
    fn a_capitalised_operation_gives_entra_away() {
        let curl = &[("user-agent", "curl/8")][..];
        for (body, expected) in [
            (json!({ "Operations": [{ "op": "add" }, { "op": "Replace" }] }), ClientKind::Entra),
            (json!({ "Operations": [{ "op": "replace" }] }), ClientKind::Rfc),
            (json!({ "Operations": "Replace" }), ClientKind::Rfc),
            (json!(["Replace"]), ClientKind::Rfc),
        ] {
            let client = client(Kind::Auto, "/Users/1", curl);
            client.recognise(&body);
            assert_eq!(client.kind(), expected, "{body}");
        }
    }

    #[test]
    fn what_fired_before_it_was_recognised_counts() {
        let client = client(Kind::Auto, "/Users/1", &[("user-agent", "curl/8")]);
        assert!(client.tolerance().permits(Quirk::AnyJsonMediaType));
        client.recognise(&json!({ "Operations": [{ "op": "Add" }] }));
        assert!(client.tolerance().permits(Quirk::ReplaceCreates));
        let fired: Vec<Quirk> = client.fired().iter().collect();
        assert_eq!(fired, [Quirk::ReplaceCreates, Quirk::AnyJsonMediaType]);
    }
}
