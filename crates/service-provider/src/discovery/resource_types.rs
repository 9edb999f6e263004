//! GET `…/ResourceTypes` and `…/ResourceTypes/{id}` (RFC 7644 §4, RFC 7643 §6).

use std::sync::Arc;

use application::TypeProfile;
use axum::extract::{FromRequestParts, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use scim::Object;

use super::located;
use crate::Context;
use crate::answer;
use crate::caller::{Caller, path_parameter};
use crate::error::Error;

/// 200 with the tenant's resource types.
pub(crate) async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Error> {
    let types = caller.profile.types();
    super::list(query.as_deref(), types.iter().map(|kind| show(kind, &caller)).collect())
}

/// 200 with one of them; 404.
pub(crate) async fn get(State(context): State<Arc<Context>>, request: Request) -> Result<Response, Error> {
    let (mut parts, _) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &context).await?;
    let id = path_parameter(&mut parts, &context, "id").await?;
    let kind = caller.profile.by_id(&id);
    let kind = kind.ok_or_else(|| scim::Error::not_found("ResourceType", &id))?;
    Ok(answer::json(StatusCode::OK, &show(kind, &caller)))
}

fn show(kind: &TypeProfile, caller: &Caller) -> Object {
    let location = format!("{}/ResourceTypes/{}", caller.tenant_url, kind.id());
    located(kind.resource_type().to_json(), location)
}
