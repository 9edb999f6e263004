//! GET `…/Users/{id}`, GET `…/Groups/{id}`: reading a resource (RFC 7644 §3.4.1).

use std::sync::Arc;

use application::resources::{self, Precondition, Tags};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Conditions, Item};
use crate::Context;
use crate::answer;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with the resource, active or not, and `ETag`; 304 if the client has it already (RFC 7644 §3.14); 404; 412 for
/// another version than `If-Match` names.
pub(crate) async fn get(
    State(context): State<Arc<Context>>,
    Item { collection: target, id }: Item,
    Conditions(precondition): Conditions,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let view = target.view(&Parameters::parse(query.as_deref())?)?;
    let Precondition { matches, none_matches } = precondition;
    let operation = target.operation(&context, Precondition::default());
    let wanted = view.wanted();
    let known = none_matches.unwrap_or_else(|| Tags::List(Vec::new()));
    let found = context
        .store
        .look_up(move |tx| resources::get_if_modified(tx, operation.scope(wanted), id, &known))
        .await?;
    let tag = match &found {
        Ok(resource) => resource.entity_tag(),
        Err(tag) => tag.clone(),
    };
    if matches.is_some_and(|tags| !tags.contain(&tag)) {
        return Err(scim::Error::precondition_failed().into());
    }
    Ok(match found {
        Ok(resource) => view.outcome(StatusCode::OK, resource).into_response(),
        Err(tag) => answer::with_version(answer::empty(StatusCode::NOT_MODIFIED), &tag),
    })
}
