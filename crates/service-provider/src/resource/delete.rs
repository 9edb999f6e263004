//! DELETE `…/Users/{id}`, DELETE `…/Groups/{id}`: deleting a resource (RFC 7644 §3.6).

use std::sync::Arc;

use application::resources;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Item;
use crate::Context;
use crate::answer;
use crate::error::Error;

/// 204; 404 for what is not there, or not any more.
pub(crate) async fn delete(
    State(context): State<Arc<Context>>,
    Item { collection: target, id }: Item,
) -> Result<Response, Error> {
    let operation = target.operation(&context);
    context.store.write(move |tx| resources::delete(tx, &operation, id)).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
