//! DELETE `…/Users/{id}`, DELETE `…/Groups/{id}`: deleting a resource (RFC 7644 §3.6).

use std::sync::Arc;

use application::resources::{self, Precondition};
use axum::extract::State;
use axum::http::{Method, StatusCode};

use super::{Conditions, Item, Outcome};
use crate::Context;
use crate::error::Error;

/// 204; 404 for what is not there, or not any more; 412 for another version than the client expects.
pub(crate) async fn delete(
    State(context): State<Arc<Context>>,
    item: Item,
    Conditions(precondition): Conditions,
) -> Result<Outcome, Error> {
    run(&context, &item, precondition).await
}

/// The same for a request of its own and for an operation of a bulk request.
pub(crate) async fn run(
    context: &Context,
    item: &Item,
    precondition: Precondition,
) -> Result<Outcome, Error> {
    let operation = item.collection.operation(context, precondition);
    let id = item.id;
    let result = item.collection.caller.write(move |tx| resources::delete(tx, &operation, id)).await;
    context.watch(&item.collection, &Method::DELETE, &id.to_string(), result)?;
    Ok(Outcome { id, status: StatusCode::NO_CONTENT, version: None, location: item.location(), body: None })
}
