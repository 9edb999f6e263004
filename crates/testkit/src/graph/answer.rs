//! Requests and answers of the simulator.

use std::io;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures::stream;
use serde_json::{Value, json};

/// A request, from the wire or from inside a batch.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// Scheme and host as the client wrote them: links lead back there.
    pub(super) origin: &'a str,
    /// The path below `/v1.0`.
    pub(super) path: &'a str,
    /// The query's parameters, decoded.
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Value,
    /// `Prefer: return=minimal`
    pub(super) minimal: bool,
    /// Objects in a page of a list at most.
    pub(super) list_page: usize,
}

impl Request<'_> {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The names of `$select`; none selects Graph's default, which here is everything.
    pub(super) fn select(&self) -> Option<Vec<String>> {
        self.parameter("$select").map(|names| names.split(',').map(str::to_owned).collect())
    }

    /// The request's own address with one parameter changed.
    pub(super) fn link(&self, name: &str, value: &str) -> String {
        let kept = self.query.iter().filter(|(key, _)| key != name);
        let pairs = kept.map(|(key, value)| (key.as_str(), value.as_str())).chain([(name, value)]);
        let query: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", encode(value))).collect();
        format!("{}/v1.0/{}?{}", self.origin, self.path, query.join("&"))
    }
}

/// An answer before it is sent.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Value,
    /// The connection breaks before the body ends.
    pub(super) breaks_off: bool,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body, breaks_off: false }
    }

    /// An error as Graph words it.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({ "error": { "code": code, "message": message } });
        Self { status, ..Self::ok(body) }
    }

    pub(super) fn not_found(id: &str) -> Self {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::error(404, "Request_ResourceNotFound", &message)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let (content_type, text) = match self.body {
            Value::String(page) => ("text/html", page),
            document => ("application/json", document.to_string()),
        };
        let body = if self.breaks_off { broken_body() } else { Body::from(text) };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status");
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value.parse().expect("a header"));
        }
        response
    }
}

fn broken_body() -> Body {
    let chunks = [Ok("{\"value\":"), Err(io::Error::other("the connection breaks"))];
    Body::from_stream(stream::iter(chunks))
}

/// Reads a query; `+` and `%20` are spaces.
pub(super) fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Decodes percent-encoding and `+`.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                let digits = std::str::from_utf8(&digits).unwrap_or("20");
                bytes.push(u8::from_str_radix(digits, 16).unwrap_or(b' '));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
