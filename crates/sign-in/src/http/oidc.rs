//! `…/oidc/login` and `…/oidc/callback`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::request::Parts;

use super::finish::Proof;
use super::visit::{Visit, failed};
use super::{Site, cookie, page};
use crate::oidc::{Begun, Callback};
use crate::provider::{self, Provider};
use crate::start::{Purpose, Start};
use crate::{Door, MatchKey, Refusal, settings};

/// `GET …/oidc/login`: to the provider.
pub(super) async fn login(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    parts: Parts,
) -> Response {
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    match begun(&visit, parts.uri.query().unwrap_or_default()).await {
        Ok(response) => response,
        Err(refusal) => visit.refuse(Door::Oidc, None, &refusal).await,
    }
}

async fn begun(visit: &Visit, query: &str) -> Result<Response, Refusal> {
    visit.admit()?;
    let (provider, _) = provider(visit).await?;
    let start = visit.begin(query)?;
    let url = visit.site.oidc.authorization_url(&provider, &told(visit, &start), visit.at).await?;
    Ok(page::redirect(&url, [cookie::set_start(visit.name(), start.cookie())]))
}

/// `GET …/oidc/callback`: back from the provider.
pub(super) async fn callback(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    parts: Parts,
) -> Response {
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    let mut subject = None;
    match back(&visit, parts.uri.query().unwrap_or_default(), &mut subject).await {
        Ok(response) => response,
        Err(refusal) => visit.refuse(Door::Oidc, subject, &refusal).await,
    }
}

async fn back(visit: &Visit, query: &str, subject: &mut Option<String>) -> Result<Response, Refusal> {
    visit.admit()?;
    let callback = Callback::parse(query).ok_or(Refusal::BadRequest("a parameter is there twice"))?;
    let start = visit.start().ok_or(Refusal::NotStarted)?;
    let state = callback.state.as_deref().ok_or(Refusal::BadRequest("it has no state"))?;
    let place = (visit.tenant.id, Door::Oidc);
    if !start.is(&visit.site.start_key, place, Purpose::State, state) {
        return Err(Refusal::NotStarted);
    }
    let (provider, key) = provider(visit).await?;
    let sealed = provider::secret_place(visit.tenant.id);
    let secret = (visit.site.context.open)(&sealed, &provider.client_secret).ok_or_else(|| {
        tracing::error!(tenant = visit.name(), "the client secret can't be opened with this key file");
        Refusal::Failed
    })?;
    let told = told(visit, &start);
    let identity = visit.site.oidc.identity((&provider, &secret), (&told, &callback), key, visit.at).await?;
    *subject = Some(identity.shown.clone());
    visit.let_in(Proof::Provider(Box::new(identity), None), start.return_to.as_deref()).await
}

fn told<'v>(visit: &'v Visit, start: &Start) -> Begun<'v> {
    let derive = |purpose| start.derive(&visit.site.start_key, (visit.tenant.id, Door::Oidc), purpose);
    Begun {
        redirect_uri: &visit.addresses.oidc_redirect_uri,
        state: derive(Purpose::State),
        nonce: derive(Purpose::Nonce),
        verifier: derive(Purpose::Verifier),
    }
}

async fn provider(visit: &Visit) -> Result<(provider::Oidc, MatchKey), Refusal> {
    let tenant = visit.tenant.id;
    let store = visit.store();
    let read = store.look_up(move |tx| {
        Ok((provider::get(tx, tenant, Door::Oidc)?, settings::get(tx, tenant)?.match_key))
    });
    match read.await.map_err(failed)? {
        (Some(Provider::Oidc(provider)), key) => Ok((provider, key)),
        (Some(Provider::Saml(_)) | None, _) => Err(Refusal::NoProvider),
    }
}
