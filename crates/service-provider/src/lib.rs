//! The SCIM service provider over HTTP (RFC 7644): what stands behind a Tenant URL.
//!
//! One request goes: `observe` (its record) → `normalize` (one form of address) → [`routes`] (which endpoint) → `caller` (whose token) →
//! `body` and `query` (what is asked) → the endpoint's file in `resource` or `discovery` → one transaction of
//! `application::resources` → `answer` or `error`.
//!
//! Not here: what SCIM means (`scim`), what writing a resource entails (`application`), SQL (`store`), sockets, TLS
//! and configuration (`rollcall`), the engine that provisions into others (`provisioning`).
//!
//! Invariants
//! - No handler knows a tenant but through `caller::Caller`: a live token whose tenant is the one in the address.
//! - A tenant that does not exist and one that is somebody else's are the same answer.
//! - Every body is SCIM JSON, errors included, whatever address or method was asked for; only the token endpoint's
//!   answers are those of RFC 6749, and an application's own those of its operations, or problems (RFC 9457).
//! - Whatever a client can make long, large, deep or slow has a bound ([`limits`], [`scim::limits`]).
//! - No token, password or personal value is logged, and no cause of a failure is told to a client.

mod admission;
mod answer;
mod application_api;
mod authorization;
mod body;
mod bulk;
mod caller;
pub mod client;
mod client_address;
mod cursor;
mod discovery;
mod encoding;
mod error;
pub mod expiry;
mod fallback;
mod intervals;
mod known_tokens;
pub mod limits;
mod me;
pub mod metrics;
mod normalize;
mod oauth;
mod observe;
mod profiles;
mod query;
mod quirk_counts;
pub mod record;
pub mod refusals;
pub mod request_log;
mod resource;
pub mod retention;
pub mod routes;
pub mod trace;
mod usage;
mod waiting;

use std::sync::Arc;

use application::Applications;
use axum::Router;
use axum::middleware;
use ipnet::IpNet;
use jiff::Timestamp;
use model::token::DigestKey;
use model::{Clock, IdSource, TenantId};
use store::{Store, Tx};
use tokio::sync::watch;

use crate::admission::Admission;
use crate::application_api::Apis;
pub use crate::client_address::{Peer, client_address};
pub use crate::oauth::RandomBytes;
pub use crate::quirk_counts::QuirkCounts;
pub use crate::usage::Usage;

use crate::oauth::Issuer;

use crate::cursor::Cursors;
use crate::known_tokens::KnownTokens;
use crate::metrics::Metrics;
use crate::normalize::PublicUrl;
use crate::profiles::Profiles;
use crate::refusals::Refusals;
use crate::request_log::RequestLog;

/// What the service provider works with.
pub struct Context {
    store: Store,
    digest_key: DigestKey,
    cursors: Cursors,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    applications: Applications,
    apis: Apis,
    public_url: PublicUrl,
    trusted_proxies: Vec<IpNet>,
    known_tokens: KnownTokens,
    profiles: Profiles,
    admission: Admission,
    refusals: Refusals,
    quirk_counts: QuirkCounts,
    metrics: Metrics,
    request_log: Option<RequestLog>,
    issuer: Option<Issuer>,
    usage: Usage,
    ending: Option<watch::Receiver<bool>>,
    announced_events: Option<AnnouncedEvents>,
}

/// The security events that a tenant is told of.
pub type AnnouncedEvents = fn(&mut Tx<'_>, TenantId) -> Result<&'static [&'static str], store::Error>;

impl Context {
    /// `public_url` is what clients call the server, for example `https://scim.example.com`: Tenant URLs are
    /// `{public_url}/t/TENANT/scim/v2` and, with the tenant in front of its host, `https://TENANT.HOST/scim/v2`.
    #[must_use]
    pub fn new(
        store: Store,
        digest_key: DigestKey,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        applications: Applications,
        public_url: &str,
    ) -> Self {
        let cursors = Cursors::new(digest_key.subkey("page cursor"));
        Self {
            store,
            digest_key,
            cursors,
            clock,
            ids,
            apis: Apis::of(&applications),
            applications,
            public_url: PublicUrl::new(public_url),
            trusted_proxies: Vec::new(),
            known_tokens: KnownTokens::default(),
            profiles: Profiles::default(),
            admission: Admission::default(),
            refusals: Refusals::default(),
            quirk_counts: QuirkCounts::default(),
            metrics: Metrics::default(),
            request_log: None,
            issuer: None,
            usage: Usage::default(),
            ending: None,
            announced_events: None,
        }
    }

    /// The refusals that are not written yet, for whoever keeps them written.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        self.refusals.clone()
    }

    /// Issues tokens to clients, by OAuth 2.0: `random` makes them, and `egress` asks issuers for their keys. Without
    /// that, the token endpoint has none to give.
    #[must_use]
    pub fn issuing(self, random: RandomBytes, egress: egress::Client) -> Self {
        Self { issuer: Some(Issuer::new(random, egress)), ..self }
    }

    /// Answers requests that wait for news once `ending` is true, so that they do not hold up the end of the server.
    #[must_use]
    pub fn until(self, ending: watch::Receiver<bool>) -> Self {
        Self { ending: Some(ending), ..self }
    }

    /// Announces the security events that a tenant is told of (RFC 9967 §4). Who tells them is somebody else's matter.
    #[must_use]
    pub fn announcing(self, events: AnnouncedEvents) -> Self {
        Self { announced_events: Some(events), ..self }
    }

    /// Believes what these proxies say about where a request comes from (`X-Forwarded-For`). Without them, the other
    /// end of the connection is the client.
    #[must_use]
    pub fn trusting(self, proxies: Vec<IpNet>) -> Self {
        Self { trusted_proxies: proxies, ..self }
    }

    /// The counts of the quirks that requests need, for whoever keeps them written.
    #[must_use]
    pub fn quirk_counts(&self) -> QuirkCounts {
        self.quirk_counts.clone()
    }

    /// When tokens were used, as far as it is not written yet, for whoever keeps it written.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage.clone()
    }

    /// What is counted of requests.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Keeps the request log of tenants, as their settings ask; the writer is to be run. Without this, none is kept.
    pub fn log_requests(&mut self) -> request_log::Writer {
        let (log, writer) = request_log::queue(self.store.clone(), self.metrics.clone());
        self.request_log = Some(log);
        writer
    }
}

/// The instant now, as exact as the store keeps it, so that an answer to a write and a later read agree.
fn now(context: &Context) -> Timestamp {
    let now = context.clock.now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// The service provider as a service that answers every request, those it knows no route for with a SCIM error.
pub fn router(context: Context) -> Router {
    let context = Arc::new(context);
    let inner = routes::router().with_state(Arc::clone(&context));
    // Addresses are normalised before the inner router looks at them, so the outer one has no routes of its own.
    Router::new().fallback_service(inner).layer(middleware::from_fn_with_state(context, observe::observe))
}
