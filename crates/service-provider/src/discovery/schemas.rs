//! GET `…/Schemas` and `…/Schemas/{id}` (RFC 7644 §4, RFC 7643 §7).

use std::sync::Arc;

use application::Profile;
use axum::extract::{FromRequestParts, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use scim::{Object, Schema};

use super::located;
use crate::Context;
use crate::answer;
use crate::caller::{Caller, path_parameter};
use crate::error::Error;

/// 200 with the schemas of the tenant's resource types.
pub(crate) async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Error> {
    let all = all(&caller.profile);
    super::list(query.as_deref(), all.into_iter().map(|schema| show(schema, &caller)).collect())
}

/// 200 with the schema of this URN, in any letter case (RFC 8141 §3.1); 404.
pub(crate) async fn get(State(context): State<Arc<Context>>, request: Request) -> Result<Response, Error> {
    let (mut parts, _) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &context).await?;
    let id = path_parameter(&mut parts, &context, "id").await?;
    let all = all(&caller.profile);
    let schema = all.into_iter().find(|schema| schema.id.eq_ignore_ascii_case(&id));
    let schema = schema.ok_or_else(|| scim::Error::not_found("Schema", &id))?;
    Ok(answer::json(StatusCode::OK, &show(schema, &caller)))
}

/// Each schema once, in the order in which the resource types use them.
fn all(profile: &Profile) -> Vec<&Schema> {
    let mut all: Vec<&Schema> = Vec::new();
    for kind in profile.types() {
        let resource_type = kind.resource_type();
        let extensions = resource_type.extensions.iter().map(|extension| &extension.schema);
        for schema in std::iter::once(&resource_type.schema).chain(extensions) {
            if !all.iter().any(|known| known.id == schema.id) {
                all.push(schema);
            }
        }
    }
    all
}

fn show(schema: &Schema, caller: &Caller) -> Object {
    located(schema.to_json(), format!("{}/Schemas/{}", caller.tenant_url, schema.id))
}
