//! One request of a browser: whose site it is at, from where it comes, and what came of it.

use std::net::IpAddr;
use std::sync::Arc;

use application::Application;
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum::response::Response;
use http::request::Parts;
use jiff::Timestamp;
use model::tenant::{Tenant, TenantName};
use store::Store;
use url::Url;
use uuid::Uuid;

use super::{Addresses, Site, addresses, cookie, page};
use crate::attempt::{self, Attempt};
use crate::session::{self, Session};
use crate::start::Start;
use crate::{Door, Refusal};

/// One request of a browser at a tenant's site.
pub(super) struct Visit {
    pub(super) site: Arc<Site>,
    pub(super) tenant: Tenant,
    pub(super) application: Arc<dyn Application>,
    pub(super) addresses: Addresses,
    pub(super) headers: HeaderMap,
    pub(super) address: Option<IpAddr>,
    pub(super) at: Timestamp,
    /// By which its attempt is found in the tenant's log.
    pub(super) number: Uuid,
}

impl Visit {
    /// Who visits whom.
    ///
    /// # Errors
    /// The page for a tenant that does not exist, or a store that fails.
    pub(super) async fn new(site: Arc<Site>, tenant: &str, parts: &Parts) -> Result<Self, Response> {
        let context = &site.context;
        let number = context.ids.next();
        // What is no name is nobody's: PostgreSQL is not asked for texts with NUL.
        let Ok(name) = tenant.parse::<TenantName>() else {
            return Err(page::refused(&Refusal::NoProvider, number, None));
        };
        let found = context.store.look_up(move |tx| store::tenant::by_name(tx, name.as_str())).await;
        let found = found.map_err(|error: store::Error| {
            tracing::error!(%error, "a sign-in failed in the store");
            page::refused(&Refusal::Failed, number, None)
        })?;
        let found = found.and_then(|tenant| {
            let application = context.applications.get(tenant.application).map(Arc::clone);
            application.map(|application| (tenant, application))
        });
        let Some((tenant, application)) = found else {
            return Err(page::refused(&Refusal::NoProvider, number, None));
        };
        let now = context.clock.now();
        Ok(Self {
            addresses: addresses(&context.public_url, tenant.name.as_str()),
            address: (context.address_of)(parts),
            // As exact as the store keeps it.
            at: Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now),
            headers: parts.headers.clone(),
            tenant,
            application,
            number,
            site,
        })
    }

    /// The store, with this tenant's share of it.
    pub(super) fn store(&self) -> Store {
        self.site.context.store.of_tenant(self.tenant.id)
    }

    /// The name in its address.
    pub(super) fn name(&self) -> &str {
        self.tenant.name.as_str()
    }

    /// Refuses who tries too often.
    pub(super) fn admit(&self) -> Result<(), Refusal> {
        if self.site.rates.admits(self.tenant.id, self.address) { Ok(()) } else { Err(Refusal::TooOften) }
    }

    /// Refuses a form that another site sent. Browsers say whose page a form is on (Fetch §3.2).
    pub(super) fn check_origin(&self) -> Result<(), Refusal> {
        let given = self.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let own = Url::parse(&self.addresses.base).map(|url| url.origin().ascii_serialization()).ok();
        if given.is_some() && given == own.as_deref() { Ok(()) } else { Err(Refusal::OtherSite) }
    }

    /// Begins a sign-in; the query may have a `return_to`.
    pub(super) fn begin(&self, query: &str) -> Result<Start, Refusal> {
        let random = (self.site.context.random)().map_err(|error| {
            tracing::error!(%error, "the operating system gives no random bytes");
            Refusal::Failed
        })?;
        Ok(Start::new(&random, self.at, page::parameter(query, "return_to").as_deref()))
    }

    /// The sign-in that this browser began.
    pub(super) fn start(&self) -> Option<Start> {
        Start::of_cookie(cookie::get(&self.headers, &cookie::start_name(self.name()))?, self.at)
    }

    /// The session's token that the browser has, alive or not.
    pub(super) fn token(&self) -> Option<String> {
        cookie::get(&self.headers, &cookie::session_name(self.name())).map(str::to_owned)
    }

    /// Who is signed in.
    pub(super) async fn session(&self) -> Result<Option<Session>, Refusal> {
        let Some(token) = self.token() else { return Ok(None) };
        let key = self.site.context.digest_key.clone();
        let (tenant, at) = (self.tenant.id, self.at);
        let found = self.store().look_up(move |tx| session::find(tx, tenant, (&token, &key), at)).await;
        found.map_err(failed)
    }

    /// An attempt that has come to nothing yet.
    pub(super) fn attempt(&self, door: Door, subject: Option<String>) -> Attempt {
        Attempt {
            id: self.number,
            at: self.at,
            door,
            outcome: attempt::SIGNED_IN.to_owned(),
            detail: String::new(),
            subject: subject.map(|subject| attempt::shown(&subject)),
            address: self.address.map(|address| address.to_string()),
        }
    }

    /// The page for who is not let in, who finds themselves in the tenant's log.
    pub(super) async fn refuse(&self, door: Door, subject: Option<String>, refusal: &Refusal) -> Response {
        self.site.context.metrics.count(door, Some(refusal));
        // What costs the sender nothing is not written: a log that anybody can fill tells nothing.
        if *refusal != Refusal::TooOften && self.site.rates.admits_line(self.tenant.id) {
            let (tenant, attempt) = (self.tenant.id, self.attempt(door, subject).refused(refusal));
            let kept = self.store().write(move |tx| attempt::add(tx, tenant, &attempt)).await;
            if let Err::<(), store::Error>(error) = kept {
                tracing::warn!(%error, "a refused sign-in was not logged");
            }
        }
        page::refused(refusal, self.number, Some(&self.addresses.sign_in))
    }
}

/// What is told of a failure of the store, which is logged here.
pub(super) fn failed(error: store::Error) -> Refusal {
    tracing::error!(%error, hint = error.hint(), "a sign-in failed in the store");
    Refusal::Failed
}
