//! `POST …/sign-in/break-glass`: in with the tenant's key.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::Site;
use super::finish::Proof;
use super::form::Form;
use super::visit::Visit;
use crate::{Door, Refusal};

/// In with the key.
pub(super) async fn open(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    match opened(&visit, body).await {
        Ok(response) => response,
        Err(refusal) => visit.refuse(Door::BreakGlass, None, &refusal).await,
    }
}

async fn opened(visit: &Visit, body: Body) -> Result<Response, Refusal> {
    visit.admit()?;
    visit.check_origin()?;
    if !visit.site.rates.admits_key(visit.tenant.id, visit.address) {
        return Err(Refusal::TooOften);
    }
    let form = Form::read(&visit.headers, body).await?;
    let key = form.get("key").ok_or(Refusal::BadRequest("it has no key"))?;
    visit.let_in(Proof::BreakGlass(key.to_owned()), None).await
}
