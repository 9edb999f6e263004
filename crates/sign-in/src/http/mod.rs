//! The endpoints, at `…/t/TENANT/`: the sign-in page and sessions, and one file for each way in.

mod break_glass;
mod cookie;
mod finish;
mod form;
mod link;
mod oidc;
mod page;
mod saml;
mod session;
mod visit;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use application::Applications;
use axum::Router;
use axum::routing::{get, post};
use http::request::Parts;
use model::token::{DigestKey, MINT_BYTES};
use model::{Clock, IdSource};
use store::Store;

use crate::oidc::Oidc;
use crate::rate::Rates;
use crate::start::StartKey;
use crate::{Door, Metrics, Reader};

use self::saml::At;

pub use addresses::{Addresses, addresses};

mod addresses;

/// Random bytes of the operating system.
pub type Random = Arc<dyn Fn() -> io::Result<[u8; MINT_BYTES]> + Send + Sync>;

/// Opens what was sealed for a place.
pub type Open = Arc<dyn Fn(&str, &str) -> Option<String> + Send + Sync>;

/// Where a request comes from, if that can be told.
pub type AddressOf = Arc<dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync>;

/// What signing in works with.
pub struct Context {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    /// What stands behind tenants.
    pub applications: Applications,
    /// The key of digests.
    pub digest_key: DigestKey,
    /// For new tokens.
    pub random: Random,
    /// For client secrets.
    pub open: Open,
    /// For rates, and for the administrator's log.
    pub address_of: AddressOf,
    /// What asks providers.
    pub egress: egress::Client,
    /// What browsers call the server, without a slash at the end.
    pub public_url: String,
    /// What is counted.
    pub metrics: Metrics,
}

impl Context {
    /// What reads the metadata of SAML providers.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            store: self.store.clone(),
            egress: self.egress.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
        }
    }
}

/// The same, and what is remembered.
struct Site {
    context: Context,
    start_key: StartKey,
    oidc: Oidc,
    rates: Rates,
    reader: Reader,
}

/// The endpoints.
pub fn router(context: Context) -> Router {
    let site = Site {
        start_key: StartKey::new(&context.digest_key),
        oidc: Oidc::new(context.egress.clone()),
        rates: Rates::default(),
        reader: context.reader(),
        context,
    };
    let (okta, entra) = (At(Door::Saml), At(Door::EntraSaml));
    Router::new()
        .route(
            "/t/{tenant}/saml/metadata",
            get(move |site, tenant, parts| okta.metadata(site, tenant, parts)),
        )
        .route(
            "/t/{tenant}/saml/metadata_msft",
            get(move |site, tenant, parts| entra.metadata(site, tenant, parts)),
        )
        .route("/t/{tenant}/saml/login", get(move |site, tenant, parts| okta.login(site, tenant, parts)))
        .route(
            "/t/{tenant}/saml/login_msft",
            get(move |site, tenant, parts| entra.login(site, tenant, parts)),
        )
        .route("/t/{tenant}/saml/acs", post(move |site, tenant, request| okta.consume(site, tenant, request)))
        .route(
            "/t/{tenant}/saml/acs_msft",
            post(move |site, tenant, request| entra.consume(site, tenant, request)),
        )
        .route("/t/{tenant}/sign-in", get(page::sign_in))
        .route("/t/{tenant}/sign-in/session", get(session::look))
        .route("/t/{tenant}/sign-out", post(session::sign_out))
        .route("/t/{tenant}/sign-in/break-glass", post(break_glass::open))
        .route("/t/{tenant}/sign-in/link", get(link::show).post(link::spend))
        .route("/t/{tenant}/oidc/login", get(oidc::login))
        .route("/t/{tenant}/oidc/callback", get(oidc::callback))
        .with_state(Arc::new(site))
}
