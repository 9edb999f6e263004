//! The HTTP server: which path is answered by whom.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::{Response, header};
use serde_json::Value;
use tokio::net::TcpListener;

use super::answer::{Answer, Request, decode, parameters};
use super::directory::{Kind, Life};
use super::{Graph, State, batch, delta, faults, groups, lists, sign_in};

/// The longest body that is read.
const MAX_BODY_BYTES: usize = 1 << 20;

impl Graph {
    /// Serves an empty directory on a free port of this machine.
    ///
    /// # Panics
    /// If this machine can't be listened on.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let graph = Self::new(url);
        let router = graph.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        graph
    }

    /// An empty directory that somebody else serves, at this scheme, host and port: see [`Graph::router`].
    #[must_use]
    pub fn new(url: String) -> Self {
        Self { url, state: Arc::new(Mutex::new(State::default())) }
    }

    /// The endpoints, for a server of one's own.
    pub fn router(&self) -> Router {
        let graph = self.clone();
        Router::new().fallback(move |request: HttpRequest| {
            let graph = graph.clone();
            async move { graph.serve(request).await }
        })
    }

    async fn serve(&self, request: HttpRequest) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let origin = format!("http://{}", text(header::HOST));
        let bearer = text(header::AUTHORIZATION).trim_start_matches("Bearer ");
        let path = decode(parts.uri.path());
        if let Some(rest) = path.strip_prefix("/v1.0/subscriptions") {
            return self
                .about_subscriptions(parts.method.as_str(), rest, bearer, &body)
                .await
                .into_response();
        }
        let mut state = self.state();
        if let Some(tenant) = path.trim_start_matches('/').strip_suffix("/oauth2/v2.0/token") {
            let form = String::from_utf8_lossy(&body);
            let answer = match state.faults.of("token", 0) {
                Some(fault) => fault,
                None => sign_in::answer(&mut state, &origin, tenant, &form),
            };
            state.faults.note("POST", "token".to_owned(), answer.status, 0, false);
            return answer.into_response();
        }
        let request = Request {
            method: parts.method.as_str(),
            origin: &origin,
            path: path.trim_start_matches("/v1.0/"),
            query: parameters(parts.uri.query().unwrap_or_default()),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            minimal: parts.headers.get("prefer").is_some_and(|prefer| prefer == "return=minimal"),
            list_page: state.behaviour.list_page,
        };
        if !state.tokens.is_live(bearer) {
            state.faults.note(request.method, address(&request), 401, 0, false);
            return faults::unauthorized().into_response();
        }
        authorized(&mut state, &request, false).into_response()
    }

    /// Answers a request for `/subscriptions{path}`, outside the state: Graph asks the listener before it answers.
    async fn about_subscriptions(&self, method: &str, path: &str, bearer: &str, body: &[u8]) -> Answer {
        let fault = {
            let mut state = self.state();
            if state.tokens.is_live(bearer) {
                state.faults.of("subscriptions", 0)
            } else {
                Some(faults::unauthorized())
            }
        };
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let answer = match fault {
            Some(fault) => fault,
            None => self.subscription(method, path, &body).await,
        };
        self.state().faults.note(method, format!("subscriptions{path}"), answer.status, 0, false);
        answer
    }
}

/// Answers a request whose token is good.
pub(super) fn authorized(state: &mut State, request: &Request<'_>, in_batch: bool) -> Answer {
    let (units, address) = (faults::units(request), address(request));
    let answer = match state.faults.of(&address, units) {
        Some(fault) => fault,
        None => permitted(state, request),
    };
    state.faults.note(request.method, address, answer.status, units, in_batch);
    answer.with("x-ms-resource-unit", units)
}

fn address(request: &Request<'_>) -> String {
    let pairs: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { request.path.to_owned() } else { format!("{}?{}", request.path, pairs.join("&")) }
}

fn permitted(state: &mut State, request: &Request<'_>) -> Answer {
    let parts: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).collect();
    let permission = match parts.as_slice() {
        ["users", _, "memberOf" | "transitiveMemberOf" | "checkMemberGroups", ..] | ["groups", ..] => {
            "GroupMember.Read.All"
        }
        ["servicePrincipals", ..] => "Application.Read.All",
        ["$batch"] => "",
        _ => "User.Read.All",
    };
    if state.behaviour.missing_permissions.contains(&permission) {
        return Answer::error(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        );
    }
    let directory = &state.directory;
    match (request.method, parts.as_slice()) {
        ("POST", ["$batch"]) => batch::answer(state, request),
        ("GET", ["users", "delta"]) => delta::answer(state, Kind::User, request),
        ("GET", ["groups", "delta"]) => delta::answer(state, Kind::Group, request),
        ("GET", ["users"]) => lists::list(directory, Kind::User, Life::Here, request),
        ("GET", ["groups"]) => lists::list(directory, Kind::Group, Life::Here, request),
        ("GET", ["users", id]) => lists::one(directory, Kind::User, Life::Here, id, request),
        ("GET", ["groups", id]) => lists::one(directory, Kind::Group, Life::Here, id, request),
        ("GET" | "POST", ["users", id, rest @ ..]) => {
            groups::relation(directory, Kind::User, id, rest, request)
        }
        ("GET" | "POST", ["groups", id, rest @ ..]) => {
            groups::relation(directory, Kind::Group, id, rest, request)
        }
        ("GET", ["directory", "deletedItems", "microsoft.graph.user"]) => {
            lists::list(directory, Kind::User, Life::SoftDeleted, request)
        }
        ("GET", ["directory", "deletedItems", "microsoft.graph.group"]) => {
            lists::list(directory, Kind::Group, Life::SoftDeleted, request)
        }
        ("GET", ["directory", "deletedItems", id, "microsoft.graph.user"]) => {
            lists::one(directory, Kind::User, Life::SoftDeleted, id, request)
        }
        ("GET", ["directory", "deletedItems", id, "microsoft.graph.group"]) => {
            lists::one(directory, Kind::Group, Life::SoftDeleted, id, request)
        }
        ("GET", ["servicePrincipals", rest @ ..]) => lists::service_principal(directory, rest, request),
        _ => Answer::error(400, "BadRequest", &format!("{} {} is not known", request.method, request.path)),
    }
}
