//! `…/saml/login` and `…/saml/acs`, and the same for Microsoft Entra with `_msft` at the end. The entity id is the address
//! of the assertion consumer service, as both providers' guides have it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use http::request::Parts;
use saml::{Assertion, Expected, IdentityProvider, Rejection, ServiceProvider, unverified_envelope, verify};

use super::finish::Proof;
use super::form::Form;
use super::visit::{Visit, failed};
use super::{Site, cookie, page};
use crate::limits::SKEW;
use crate::provider::{self, Provider, Saml};
use crate::start::Purpose;
use crate::used::Once;
use crate::{Door, Refusal, Settings, return_to, saml as door_saml, settings};

/// The two doors: which one an address is of.
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) Door);

impl At {
    fn acs(self, visit: &Visit) -> &str {
        if self.0 == Door::EntraSaml { &visit.addresses.entra_saml } else { &visit.addresses.saml }
    }

    /// What we are to the provider.
    fn service_provider(self, visit: &Visit) -> ServiceProvider {
        let acs = self.acs(visit).to_owned();
        ServiceProvider { entity_id: acs.clone(), acs: vec![acs] }
    }

    /// `GET …/saml/metadata`: what a provider can be set up with.
    pub(super) async fn metadata(
        self,
        State(site): State<Arc<Site>>,
        Path(tenant): Path<String>,
        parts: Parts,
    ) -> Response {
        let visit = match Visit::new(site, &tenant, &parts).await {
            Ok(visit) => visit,
            Err(page) => return page,
        };
        let mut response =
            page::guarded(StatusCode::OK, Body::from(self.service_provider(&visit).metadata()));
        let media_type = HeaderValue::from_static("application/samlmetadata+xml");
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response
    }

    /// `GET …/saml/login`: to the provider.
    pub(super) async fn login(
        self,
        State(site): State<Arc<Site>>,
        Path(tenant): Path<String>,
        parts: Parts,
    ) -> Response {
        let visit = match Visit::new(site, &tenant, &parts).await {
            Ok(visit) => visit,
            Err(page) => return page,
        };
        match self.begun(&visit, parts.uri.query().unwrap_or_default()).await {
            Ok(response) => response,
            Err(refusal) => visit.refuse(self.0, None, &refusal).await,
        }
    }

    async fn begun(self, visit: &Visit, query: &str) -> Result<Response, Refusal> {
        visit.admit()?;
        let (known, _) = self.provider(visit).await?;
        let provider = understood(&known)?;
        let start = visit.begin(query)?;
        let id = request_id(&start.derive(&visit.site.start_key, self.place(visit), Purpose::Request));
        let (us, acs) = (self.service_provider(visit), self.acs(visit));
        let url = us.sign_on_request(&provider, acs, &id, visit.at, None);
        let url = url.map_err(|error| Refusal::Provider(error.to_string()))?;
        Ok(page::redirect(&url, [cookie::set_start(visit.name(), start.cookie())]))
    }

    /// `POST …/saml/acs`: back from the provider.
    pub(super) async fn consume(
        self,
        State(site): State<Arc<Site>>,
        Path(tenant): Path<String>,
        request: Request,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let visit = match Visit::new(site, &tenant, &parts).await {
            Ok(visit) => visit,
            Err(page) => return page,
        };
        let mut subject = None;
        match self.back(&visit, body, &mut subject).await {
            Ok(response) => response,
            Err(refusal) => visit.refuse(self.0, subject, &refusal).await,
        }
    }

    async fn back(
        self,
        visit: &Visit,
        body: Body,
        subject: &mut Option<String>,
    ) -> Result<Response, Refusal> {
        visit.admit()?;
        let form = Form::read(&visit.headers, body).await?;
        let response = form.get("SAMLResponse").ok_or(Refusal::BadRequest("it has no SAMLResponse"))?;
        let (known, settings) = self.provider(visit).await?;
        let answered = self.answered(visit, response, &settings)?;
        let assertion = self.verified(visit, response, &known, answered.as_ref()).await?;
        let issuer = understood(&known)?.entity_id;
        let identity =
            door_saml::identity(&assertion, (self.0, &issuer), (settings.match_key, known.claim.as_deref()))?;
        *subject = Some(identity.shown.clone());
        let once = Once::new(&issuer, &assertion.id, assertion.not_on_or_after);
        let after = match &answered {
            Some(answered) => answered.return_to.clone(),
            None => form.get("RelayState").and_then(return_to::checked).map(str::to_owned),
        };
        visit.let_in(Proof::Provider(Box::new(identity), Some(once)), after.as_deref()).await
    }

    /// The request of this browser that a response says it answers. `None`: none, and the tenant allows that.
    fn answered(
        self,
        visit: &Visit,
        response: &str,
        settings: &Settings,
    ) -> Result<Option<Answered>, Refusal> {
        let envelope = unverified_envelope(response).map_err(unproven)?;
        match envelope.in_response_to {
            None if settings.provider_initiated => Ok(None),
            None => Err(Refusal::ProviderInitiated),
            Some(id) => {
                let start = visit.start().ok_or(Refusal::NotStarted)?;
                let derived = id.strip_prefix(REQUEST_PREFIX).unwrap_or_default();
                if !start.is(&visit.site.start_key, self.place(visit), Purpose::Request, derived) {
                    return Err(Refusal::NotStarted);
                }
                Ok(Some(Answered { id, return_to: start.return_to }))
            }
        }
    }

    /// What a response says, if it can be believed: if it is signed by an unknown key, with metadata that are read again.
    async fn verified(
        self,
        visit: &Visit,
        response: &str,
        known: &Saml,
        answered: Option<&Answered>,
    ) -> Result<Assertion, Refusal> {
        let us = self.service_provider(visit);
        let check = |provider: &IdentityProvider| {
            let expected = Expected {
                provider,
                service_provider: &us,
                acs: self.acs(visit),
                request_id: answered.map(|answered| answered.id.as_str()),
                now: visit.at,
                skew: Duration::from_secs(SKEW.unsigned_abs().as_secs()),
            };
            verify(response, &expected)
        };
        match check(&understood(known)?) {
            Err(stale @ (Rejection::UnknownKey | Rejection::MetadataExpired(_))) => {
                let read = visit.site.reader.read_again(visit.tenant.id, self.0).await;
                let read = read.ok_or_else(|| unproven(stale))?;
                check(&understood(&read)?).map_err(unproven)
            }
            checked => checked.map_err(unproven),
        }
    }

    async fn provider(self, visit: &Visit) -> Result<(Saml, Settings), Refusal> {
        let (tenant, door) = (visit.tenant.id, self.0);
        let store = visit.store();
        let read =
            store.look_up(move |tx| Ok((provider::get(tx, tenant, door)?, settings::get(tx, tenant)?)));
        match read.await.map_err(failed)? {
            (Some(Provider::Saml(provider)), settings) => Ok((provider, settings)),
            (Some(Provider::Oidc(_)) | None, _) => Err(Refusal::NoProvider),
        }
    }

    fn place(self, visit: &Visit) -> (model::TenantId, Door) {
        (visit.tenant.id, self.0)
    }
}

/// The request that a response answers.
struct Answered {
    id: String,
    return_to: Option<String>,
}

/// An id begins with a letter (xs:ID).
const REQUEST_PREFIX: &str = "r";

fn request_id(derived: &str) -> String {
    format!("{REQUEST_PREFIX}{derived}")
}

fn understood(provider: &Saml) -> Result<IdentityProvider, Refusal> {
    IdentityProvider::from_metadata(&provider.metadata)
        .map_err(|error| Refusal::Unreachable(format!("its metadata: {error}")))
}

fn unproven(rejection: Rejection) -> Refusal {
    Refusal::Proof(rejection.to_string())
}
