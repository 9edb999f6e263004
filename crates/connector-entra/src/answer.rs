//! What an answer of Graph means.

use crate::limits::MAX_DETAIL_CHARS;
use crate::patience::Refusal;
use connector::{BoxError, Error, Interruption};
use serde_json::{Map, Value};
use std::time::Duration;

const NOT_GRAPH: &str =
    "check graph_url, and that no proxy, firewall or sign-in page answers in place of Microsoft Graph";
const UNKNOWN_NAME: &str = "a mapping or scoping filter may name an attribute that Microsoft Graph does not have; its \
                            message says which";

/// Codes with which Graph says that it knows a delta token no more ("Use delta query", Synchronization reset).
const FORGOTTEN: [&str; 4] = ["syncStateNotFound", "syncStateInvalid", "resyncRequired", "ResyncRequired"];

/// One answer, alone or inside a batch.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Method and path asked, for errors.
    pub(crate) place: String,
    pub(crate) status: u16,
    retry_after: Option<Duration>,
    body: Result<Value, BoxError>,
}

impl Answer {
    /// An answer from the wire.
    pub(crate) fn read(place: String, status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        Self { place, status, retry_after, body: serde_json::from_slice(body).map_err(Into::into) }
    }

    /// An answer from inside a batch.
    pub(crate) fn inner(place: String, status: u16, retry_after: Option<Duration>, body: Value) -> Self {
        Self { place, status, retry_after, body: Ok(body) }
    }

    /// Whether, and how, Graph asks for patience.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self.status {
            429 => Some(Refusal::Throttled(self.retry_after)),
            503 | 504 => Some(Refusal::Busy(self.retry_after)),
            _ => None,
        }
    }

    /// The document, or `None` when there is no such object.
    pub(crate) fn found(self) -> Result<Option<Map<String, Value>>, Error> {
        // A 404 that is none of Graph's must not make an account look deleted.
        if self.status == 404 && self.error_code().is_some() { Ok(None) } else { self.document().map(Some) }
    }

    /// That what was deleted is gone, now or before.
    pub(crate) fn gone(self) -> Result<(), Error> {
        // 204 has no body.
        if self.status == 204 { Ok(()) } else { self.found().map(drop) }
    }

    /// The document of an answer that must be one.
    pub(crate) fn document(self) -> Result<Map<String, Value>, Error> {
        if !(200..300).contains(&self.status) {
            return Err(self.error());
        }
        match self.body {
            Ok(Value::Object(document)) => Ok(document),
            Ok(_) => Err(Error::source(self.place, "answered no JSON object", NOT_GRAPH)),
            Err(error) => Err(Error::source(self.place, "answered no JSON", NOT_GRAPH).caused_by(error)),
        }
    }

    /// An answer whose shape is not Graph's.
    pub(crate) fn broken(place: &str, detail: impl Into<String>) -> Error {
        Error::source(place, detail, NOT_GRAPH)
    }

    fn error_code(&self) -> Option<&str> {
        self.body.as_ref().ok()?.get("error")?.get("code")?.as_str()
    }

    fn error(&self) -> Error {
        let code = self.error_code().unwrap_or_default();
        if self.status == 410 || FORGOTTEN.iter().any(|known| known.eq_ignore_ascii_case(code)) {
            return Error::WatermarkExpired;
        }
        let said = self.said(code);
        match self.status {
            401 => Error::credential(
                format!("{}: Graph does not accept the token{said}", self.place),
                "check that source.graph_url and source.login_url of the job are of one cloud",
            ),
            403 => Error::forbidden(
                format!(
                    "{}: the application may not ask that{said}; grant its app registration the application permission \
                     {}, with admin consent",
                    self.place,
                    permission(&self.place)
                ),
                "grant it under API permissions of the app registration that source.client_id names, and test the connection",
            ),
            500.. => Error::transient(
                Interruption::Server,
                format!("{}: Graph answered {}{said}", self.place, self.status),
            ),
            400 => {
                Error::source(self.place.clone(), format!("Graph refuses the request{said}"), UNKNOWN_NAME)
            }
            status => Error::source(self.place.clone(), format!("Graph answered {status}{said}"), NOT_GRAPH),
        }
    }

    fn said(&self, code: &str) -> String {
        let message = self.body.as_ref().ok().and_then(|body| body.get("error")?.get("message")?.as_str());
        let message: String = message.unwrap_or_default().chars().take(MAX_DETAIL_CHARS).collect();
        if code.is_empty() && message.is_empty() { String::new() } else { format!(" ({code}: {message})") }
    }
}

/// The least permission that a request needs (Microsoft Graph permissions reference).
fn permission(place: &str) -> &'static str {
    let about = |part: &str| place.contains(part);
    if about("/servicePrincipals/") {
        "Application.Read.All"
    } else if about("/subscriptions of /groups") {
        "Group.Read.All"
    } else if about("/groups") || about("emberOf") || about("checkMemberGroups") {
        "GroupMember.Read.All"
    } else {
        "User.Read.All"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(place: &str, status: u16, code: &str) -> Answer {
        let body = json!({ "error": { "code": code, "message": "m" } }).to_string();
        Answer::read(place.to_owned(), status, None, body.as_bytes())
    }

    #[test]
    fn a_missing_permission_is_named() {
        for (place, permission) in [
            ("GET /users/delta", "User.Read.All"),
            ("GET /directory/deletedItems/microsoft.graph.user", "User.Read.All"),
            ("GET /groups/delta", "GroupMember.Read.All"),
            ("GET /users/1/memberOf", "GroupMember.Read.All"),
            ("GET /servicePrincipals/1/appRoleAssignedTo", "Application.Read.All"),
        ] {
            let error = answer(place, 403, "Authorization_RequestDenied").document().unwrap_err();
            assert!(matches!(error, Error::Credential { .. }), "{error}");
            assert!(error.to_string().contains(permission), "{error}");
        }
    }

    #[test]
    fn a_forgotten_token_is_known_by_status_or_code() {
        for (status, code) in [(410, "x"), (400, "syncStateNotFound"), (404, "SyncStateNotFound")] {
            let error = answer("GET /users/delta", status, code).document().unwrap_err();
            assert!(matches!(error, Error::WatermarkExpired), "{status} {code}");
        }
    }

    #[test]
    fn only_graph_itself_can_say_that_somebody_is_gone() {
        assert!(answer("GET /users/1", 404, "Request_ResourceNotFound").found().unwrap().is_none());
        let page = Answer::read("GET /users/1".into(), 404, None, b"<html>not here</html>");
        assert!(page.found().is_err());
    }
}
