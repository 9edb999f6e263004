//! An Okta org in memory behind a real HTTP server: the part of the management API that a source reads.
//!
//! It keeps what makes Okta's API its own: lists that leave out the deprovisioned, `Link` paging, a System Log in the
//! order of storing with events that come late or twice, rate limits, errors with codes, API tokens and OAuth clients.
//! A test edits the org through [`Okta::edit`], and the log tells of each edit as Okta's does: of a group that is
//! assigned, not of each of its members.
//!
//! It sends no event hooks, but writes what one would send ([`Org::delivery`]), has one app, and never writes over HTTP. Ids are whatever the test calls objects.

mod answer;
mod app;
mod clock;
mod faults;
mod filter;
mod folder;
mod groups;
mod limits;
mod log;
mod oauth;
mod org;
mod routes;
mod users;

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use model::Clock;
use tokio::net::TcpListener;

pub use faults::{Asked, Fault};
pub use org::Org;

/// The API token that the org knows.
pub const TOKEN: &str = "00simulated-api-token";
/// The id of its app.
pub const APP: &str = "0oaworkplace";
/// The id of its OAuth client, whose key is [`crate::issuer::rsa_pem`].
pub const CLIENT: &str = "0oaservice";

/// An org. Clones share it.
#[derive(Clone)]
pub struct Okta {
    url: String,
    org: Arc<Mutex<Org>>,
}

impl Okta {
    /// An empty org on a free port of this machine. Its clock begins with 2026 and moves when told.
    ///
    /// # Panics
    /// If this machine can't be listened on.
    pub async fn start() -> Self {
        let (okta, listener) = Self::bind("127.0.0.1:0", Org::set_clock()).await;
        let router = okta.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        okta
    }

    /// An empty org that keeps the time of this machine, and the listener on which [`Okta::router`] is to be served.
    ///
    /// # Panics
    /// If the address can't be listened on.
    pub async fn bind_on_this_machines_time(address: &str) -> (Self, TcpListener) {
        Self::bind(address, Org::system_clock()).await
    }

    async fn bind(address: &str, org: Org) -> (Self, TcpListener) {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        (Self { org: Arc::new(Mutex::new(Org { url: url.clone(), ..org })), url }, listener)
    }

    /// The org's API.
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// The org's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `[source]` table of a job file that reads the org with its API token.
    #[must_use]
    pub fn source_table(&self) -> String {
        format!("[source]\nkind = \"okta\"\nurl = \"{}\"\ntoken = \"{TOKEN}\"\napp = \"{APP}\"\n", self.url)
    }

    /// Changes the org, or sets how it behaves.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Org) -> T) -> T {
        change(&mut self.org())
    }

    /// Sets the org's clock forward.
    pub fn pass(&self, time: Duration) {
        self.org().clock.pass(time);
    }

    fn org(&self) -> MutexGuard<'_, Org> {
        // A test that panics while it edits has failed already; others share nothing with it.
        self.org.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The org's clock, for whoever must agree with it.
impl Clock for Okta {
    fn now(&self) -> Timestamp {
        self.org().clock.now()
    }
}

async fn answer(State(okta): State<Okta>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_else(|_| Bytes::new());
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        authorization: header(&parts.headers, "authorization"),
        form: pairs(&body),
    };
    okta.edit(|org| org.answer(asked)).into_response()
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn header(headers: &HeaderMap, name: impl Display) -> String {
    let value = headers.get(name.to_string()).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}
