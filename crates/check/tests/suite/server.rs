//! A service provider in memory, over HTTP. A [`Wrong`] makes it behave wrongly in one way.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Response};
use check::{Endpoint, Order, Report, Selection};
use scim::Error;
use scim::quirks::{ClientKind, Tolerance};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::bulk::bulk;
use crate::store::{Store, refusal};
use crate::wrong::Wrong;

const TOKEN: &str = "s3cret-of-the-test";

/// A request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub parameters: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Value,
    /// Whether the body is empty or JSON.
    pub is_json: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// What the client that asks is known to need.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance::of(match self.header("user-agent") {
            Some(agent) if agent.starts_with("rollcall-check/") => ClientKind::Rfc,
            Some(_) => ClientKind::Okta,
            None => ClientKind::Entra,
        })
    }

    /// The steps of the path.
    fn steps(&self) -> Vec<&str> {
        self.path.split('/').filter(|step| !step.is_empty()).collect()
    }

    /// A search request as the query that it stands for.
    fn as_query(&self) -> Self {
        let mut query = self.clone();
        for (name, value) in self.body.as_object().into_iter().flatten() {
            let text = match value {
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            query.parameters.push((name.clone(), text));
        }
        query
    }
}

impl Reply {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), "application/scim+json".to_owned())], body }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    fn error(error: &Error) -> Self {
        let mut body = error.to_json();
        if error.detail == "invalidCursor" {
            body["scimType"] = json!("invalidCursor");
        }
        Self::new(error.status, body)
    }
}

/// The server.
pub struct Server {
    state: Arc<Shared>,
    url: String,
}

struct Shared {
    store: Mutex<Store>,
    wrong: Option<&'static Wrong>,
}

impl Server {
    pub async fn start(wrong: Option<&'static Wrong>) -> Self {
        let state = Arc::new(Shared { store: Mutex::new(Store::new()), wrong });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(serve).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { state, url }
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.state.store.lock().unwrap()
    }

    pub fn order(&self, selection: Selection) -> Order {
        let endpoint = Endpoint::new(&self.url, TOKEN, false).unwrap();
        Order { endpoint, selection, nonce: "0a1b2c".to_owned(), started: "now".to_owned() }
    }

    pub async fn check(&self, selection: Selection) -> Report {
        check::run(self.order(selection), std::future::pending(), |_| {}).await.unwrap()
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let asked = read(request).await;
    let reply = shared.wrong.map_or_else(
        || answer(&shared, asked.clone()),
        |wrong| wrong.act(asked.clone(), |asked| answer(&shared, asked)),
    );
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name.parse::<HeaderName>().unwrap(), value);
    }
    let body = if reply.body.is_null() { Body::empty() } else { Body::from(reply.body.to_string()) };
    response.body(body).unwrap()
}

async fn read(request: Request) -> Asked {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let query = parts.uri.query().unwrap_or_default();
    let body = serde_json::from_slice(&bytes);
    Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        is_json: bytes.is_empty() || body.is_ok(),
        body: body.unwrap_or_default(),
    }
}

fn answer(shared: &Shared, asked: Asked) -> Reply {
    if asked.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        let error = refusal(401, "who are you?");
        return Reply::error(&error).header("www-authenticate", "Bearer");
    }
    let mut store = shared.store.lock().unwrap();
    route(&mut store, &asked).unwrap_or_else(|error| Reply::error(&error))
}

/// Answers a request, which may be one of a bulk request.
pub fn route(store: &mut Store, asked: &Asked) -> Result<Reply, Error> {
    if !asked.is_json {
        return Err(Error::invalid_syntax("this is no JSON"));
    }
    let unknown = || refusal(404, "no such endpoint");
    let steps = asked.steps();
    match (asked.method.as_str(), steps.as_slice()) {
        ("GET", ["ServiceProviderConfig"]) => Ok(Reply::new(200, configuration())),
        ("GET", ["ResourceTypes" | "Schemas"]) if asked.parameter("filter").is_some() => {
            Err(refusal(403, "no filter here"))
        }
        ("GET", ["ResourceTypes"]) => {
            Ok(listed(store.kinds.iter().map(|kind| kind.resource_type.to_json()).collect()))
        }
        ("GET", ["Schemas"]) => Ok(listed(schemas(store))),
        ("GET", ["Schemas", urn]) => {
            let found = schemas(store).into_iter().find(|schema| schema["id"] == *urn);
            found.map(|schema| Reply::new(200, schema)).ok_or_else(unknown)
        }
        ("POST", ["Bulk"]) => bulk(store, asked),
        ("POST", [".search"]) => store.list(&[0, 1], &asked.as_query()),
        ("POST", [endpoint, ".search"]) => {
            store.list(&[store.kind(endpoint).ok_or_else(unknown)?], &asked.as_query())
        }
        ("GET", [endpoint]) => store.list(&[store.kind(endpoint).ok_or_else(unknown)?], asked),
        ("POST", [endpoint]) => store.create(store.kind(endpoint).ok_or_else(unknown)?, asked),
        (_, [endpoint, id]) => store.one(store.kind(endpoint).ok_or_else(unknown)?, id, asked),
        _ => Err(unknown()),
    }
}

fn listed(resources: Vec<Value>) -> Reply {
    let count = resources.len();
    let schemas = [scim::message::LIST_RESPONSE_URN];
    Reply::new(
        200,
        json!({
            "schemas": schemas, "totalResults": count, "startIndex": 1, "itemsPerPage": count, "Resources": resources,
        }),
    )
}

fn schemas(store: &Store) -> Vec<Value> {
    let types = store.kinds.iter().map(|kind| &kind.resource_type);
    let core = types.clone().map(|one| one.schema.to_json());
    core.chain(types.flat_map(|one| one.extensions.iter().map(|e| e.schema.to_json()))).collect()
}

fn configuration() -> Value {
    let yes = json!({ "supported": true });
    json!({
        "schemas": [scim::message::SERVICE_PROVIDER_CONFIG_URN],
        "patch": yes, "changePassword": yes, "sort": yes, "etag": yes,
        "filter": { "supported": true, "maxResults": 100 },
        "bulk": { "supported": true, "maxOperations": 5, "maxPayloadSize": 100_000 },
        "pagination": { "cursor": true, "index": true },
        "authenticationSchemes": [{ "type": "oauthbearertoken", "name": "Bearer", "description": "A token" }],
    })
}
