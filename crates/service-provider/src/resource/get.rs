//! GET `…/Users/{id}`, GET `…/Groups/{id}`: reading a resource (RFC 7644 §3.4.1).

use std::sync::Arc;

use application::resources;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Item;
use crate::Context;
use crate::answer;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with the resource, active or not, and `ETag`; 404.
pub(crate) async fn get(
    State(context): State<Arc<Context>>,
    Item { collection: target, id }: Item,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let view = target.view(&Parameters::parse(query.as_deref())?)?;
    let operation = target.operation(&context);
    let wanted = view.wanted();
    let found = context.store.look_up(move |tx| resources::get(tx, operation.scope(wanted), id)).await?;
    let version = found.stored.version;
    Ok(answer::with_version(answer::json(StatusCode::OK, &view.show(found)), version))
}
