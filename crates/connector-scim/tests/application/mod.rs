//! An application over real HTTP that answers as told and keeps what it was asked.

#![allow(dead_code)] // Each test binary uses a part of it.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use connector_scim::{Config, Dialect, ScimTarget, Secret};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const TOKEN: &str = "rc_8fe1c2-do-not-show";

/// What is answered to every request.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// A SCIM answer.
pub fn scim(status: u16, body: Value) -> Answer {
    Answer { status, headers: vec![("content-type", "application/scim+json".into())], body: body.to_string() }
}

/// A page that does not come from a SCIM endpoint.
pub fn html(status: u16) -> Answer {
    Answer {
        status,
        headers: vec![("content-type", "text/html; charset=utf-8".into())],
        body: "<html>\n  <h1>Sign in</h1></html>".into(),
    }
}

pub fn empty(status: u16) -> Answer {
    Answer { status, headers: Vec::new(), body: String::new() }
}

pub fn list(resources: &[Value]) -> Answer {
    scim(
        200,
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.len(), "Resources": resources, "startIndex": 1, "itemsPerPage": 20}),
    )
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method, path and query.
    pub line: String,
    pub headers: HeaderMap,
    pub body: Value,
}

type Decide = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

#[derive(Clone)]
struct Shared {
    decide: Decide,
    asked: Arc<Mutex<Vec<Asked>>>,
}

pub struct Application {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Asked {
    /// Method and path below the Tenant URL.
    pub fn short(&self) -> String {
        self.line.replace(" /scim/v2", " ")
    }
}

impl Application {
    /// One that answers everything alike.
    pub async fn answering(answer: Answer) -> Self {
        Self::deciding(move |_| answer.clone()).await
    }

    /// One that answers as it is asked.
    pub async fn deciding(decide: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { decide: Arc::new(decide), asked: Arc::clone(&asked) };
        let router = axum::Router::new().fallback(record).with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/scim/v2/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    pub fn target(&self, dialect: Dialect) -> ScimTarget {
        ScimTarget::new(config(&self.url, dialect)).unwrap()
    }

    /// The requests so far, which are forgotten.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

pub fn config(url: &str, dialect: Dialect) -> Config {
    Config { timeout: Duration::from_secs(20), ..Config::new(url, Secret::new(TOKEN), dialect) }
}

async fn record(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let asked = Asked {
        line: format!("{} {}", parts.method, parts.uri),
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    let answer = (shared.decide)(&asked);
    shared.asked.lock().unwrap().push(asked);
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
