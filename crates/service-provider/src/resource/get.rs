//! GET `…/Users/{id}`, GET `…/Groups/{id}`: reading a resource (RFC 7644 §3.4.1).

use std::sync::Arc;

use application::GROUP;
use application::resources::{self, Precondition, Scope, Tags, Wanted};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use store::Tx;

use super::{Conditions, Item};
use crate::answer;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with the resource, active or not, and `ETag`; 304 if the client has it already (RFC 7644 §3.14); 404; 412 for
/// another version than `If-Match` names.
pub(crate) async fn get(
    Item { collection: target, id }: Item,
    Conditions(precondition): Conditions,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let view = target.view(&Parameters::parse(query.as_deref())?)?;
    let Precondition { matches, none_matches } = precondition;
    let (tenant, kind, wanted) = (target.caller.tenant().id, Arc::clone(&target.kind), view.wanted());
    let known = none_matches.unwrap_or_else(|| Tags::List(Vec::new()));
    let members = target.kind.id() == GROUP && wanted != Wanted::Nothing;
    let read = move |tx: &mut Tx<'_>| {
        resources::get_if_modified(tx, Scope { tenant, kind: &kind, wanted }, id, &known)
    };
    // A group may have very many members, whose reading holds up nobody on a thread of the store.
    let found = if members { target.caller.read(read).await? } else { target.caller.look_up(read).await? };
    let tag = match &found {
        Ok(resource) => resource.entity_tag(),
        Err(tag) => tag.clone(),
    };
    if matches.is_some_and(|tags| !tags.contain(&tag)) {
        return Err(scim::Error::precondition_failed().into());
    }
    Ok(match found {
        Ok(resource) => view.outcome(StatusCode::OK, resource)?.into_response(),
        Err(tag) => answer::with_version(answer::empty(StatusCode::NOT_MODIFIED), &tag),
    })
}
