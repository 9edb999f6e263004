//! PUT `…/Users/{id}`, PUT `…/Groups/{id}`: replacing a resource (RFC 7644 §3.5.1).

use std::sync::Arc;

use application::resources::{self, Precondition, Replacement};
use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{Conditions, Item, Outcome};
use crate::Context;
use crate::body::Json;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with the resource and `ETag`; 400 for what does not fit the schemas; 404; 409 for a value that another
/// resource has; 412 for another version than the client expects. PUT never creates (RFC 7644 §3.5.1).
pub(crate) async fn replace(
    State(context): State<Arc<Context>>,
    item: Item,
    Conditions(precondition): Conditions,
    RawQuery(query): RawQuery,
    Json(body): Json,
) -> Result<Outcome, Error> {
    run(&context, &item, &Parameters::parse(query.as_deref())?, precondition, body).await
}

/// The same for a request of its own and for an operation of a bulk request.
pub(crate) async fn run(
    context: &Context,
    item: &Item,
    parameters: &Parameters,
    precondition: Precondition,
    body: Value,
) -> Result<Outcome, Error> {
    let result = store(context, item, parameters, precondition, body).await;
    context.watch(&item.collection, &Method::PUT, &item.id.to_string(), result)
}

async fn store(
    context: &Context,
    Item { collection: target, id }: &Item,
    parameters: &Parameters,
    precondition: Precondition,
    body: Value,
) -> Result<Outcome, Error> {
    let view = target.view(parameters)?;
    let replacement = Replacement::new(body);
    let operation = target.operation(context, precondition);
    let (id, wanted) = (*id, view.wanted());
    let replaced = target
        .caller
        .write(move |tx| {
            let stored = resources::replace(tx, &operation, id, &replacement)?;
            resources::attach(tx, operation.scope(wanted), stored)
        })
        .await?;
    view.outcome(StatusCode::OK, replaced)
}
