//! `…/sign-in/link`: in with a link that works once. To look at it does not use it up, because mail scanners look at links;
//! a button does, on a page that says who one will be.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::request::Parts;

use super::finish::Proof;
use super::form::Form;
use super::visit::{Visit, failed};
use super::{Site, page};
use crate::{Door, Refusal, once, settings};

/// `GET`: whose link it is.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    parts: Parts,
) -> Response {
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    match shown(&visit, parts.uri.query().unwrap_or_default()).await {
        Ok(page) => page,
        Err(refusal) => visit.refuse(Door::Link, None, &refusal).await,
    }
}

async fn shown(visit: &Visit, query: &str) -> Result<Response, Refusal> {
    visit.admit()?;
    let token = page::parameter(query, "token").ok_or(Refusal::NotValid)?;
    let (tenant, at) = (visit.tenant.id, visit.at);
    let (text, key) = (token.clone(), visit.site.context.digest_key.clone());
    let store = visit.store();
    let read = store.read(move |tx| {
        let is_open = !settings::get(tx, tenant)?.sso_only;
        let found = once::whose(tx, tenant, (&text, &key), at)?.filter(|_| is_open);
        let Some((_, user)) = found else { return Ok((is_open, None)) };
        let user = store::resource::get(tx, tenant, application::USER, user)?;
        Ok((is_open, user.and_then(|user| user.document.get("userName")?.as_str().map(str::to_owned))))
    });
    match read.await.map_err(failed)? {
        (false, _) => Err(Refusal::SsoOnly),
        (true, None) => Err(Refusal::NotValid),
        (true, Some(name)) => Ok(page::link(visit, &name, &token)),
    }
}

/// `POST`: in.
pub(super) async fn spend(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    match spent(&visit, body).await {
        Ok(response) => response,
        Err(refusal) => visit.refuse(Door::Link, None, &refusal).await,
    }
}

async fn spent(visit: &Visit, body: Body) -> Result<Response, Refusal> {
    visit.admit()?;
    visit.check_origin()?;
    let form = Form::read(&visit.headers, body).await?;
    let token = form.get("token").ok_or(Refusal::NotValid)?;
    visit.let_in(Proof::Link(token.to_owned()), None).await
}
