//! Who is signed in, and signing out.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use http::request::Parts;

use super::visit::{Visit, failed};
use super::{Site, cookie, page};
use crate::api::Signed;
use crate::{Refusal, session};

/// `GET …/sign-in/session`: whose session the browser has, as JSON, and notes that it is used.
pub(super) async fn look(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    parts: Parts,
) -> Response {
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    match signed(&visit).await {
        Ok(signed) => json(&signed),
        Err(refusal) => page::refused(&refusal, visit.number, None),
    }
}

async fn signed(visit: &Visit) -> Result<Signed, Refusal> {
    let found = visit.session().await?;
    if let Some(found) = found.as_ref().filter(|found| session::is_touch_due(found, visit.at)) {
        let (tenant, id, at) = (visit.tenant.id, found.id.clone(), visit.at);
        visit.store().write(move |tx| session::touch(tx, tenant, &id, at)).await.map_err(failed)?;
    }
    Ok(found.into())
}

fn json(signed: &Signed) -> Response {
    let text = serde_json::to_string(signed).unwrap_or_default();
    let mut response = page::guarded(StatusCode::OK, Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// `POST …/sign-out`: ends the browser's session.
pub(super) async fn sign_out(
    State(site): State<Arc<Site>>,
    Path(tenant): Path<String>,
    parts: Parts,
) -> Response {
    let visit = match Visit::new(site, &tenant, &parts).await {
        Ok(visit) => visit,
        Err(page) => return page,
    };
    match end(&visit).await {
        Ok(()) => {
            let forgotten = cookie::forget(&cookie::session_name(visit.name()));
            page::redirect(&visit.addresses.sign_in, [forgotten])
        }
        Err(refusal) => page::refused(&refusal, visit.number, None),
    }
}

async fn end(visit: &Visit) -> Result<(), Refusal> {
    visit.check_origin()?;
    if let Some(found) = visit.session().await? {
        let tenant = visit.tenant.id;
        visit.store().write(move |tx| session::end(tx, tenant, &found.id)).await.map_err(failed)?;
    }
    Ok(())
}
