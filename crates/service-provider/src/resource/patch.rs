//! PATCH `…/Users/{id}`, PATCH `…/Groups/{id}`: modifying a resource (RFC 7644 §3.5.2).

use std::sync::Arc;

use application::resources::{self, Modification, Precondition, Relations, Wanted};
use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{Conditions, Item, Outcome};
use crate::Context;
use crate::body::Json;
use crate::error::Error;
use crate::limits::MAX_MEMBERS_IN_PATCH_ANSWER;
use crate::query::Parameters;

/// 200 with the whole resource and `ETag`, or 204 for a large group (see [`MAX_MEMBERS_IN_PATCH_ANSWER`]); 400 for
/// what can't be done; 404; 409 for a value that another resource has; 412 for another version than the client expects.
pub(crate) async fn patch(
    State(context): State<Arc<Context>>,
    item: Item,
    Conditions(precondition): Conditions,
    RawQuery(query): RawQuery,
    Json(body): Json,
) -> Result<Outcome, Error> {
    run(&context, &item, &Parameters::parse(query.as_deref())?, precondition, &body).await
}

/// The same for a request of its own and for an operation of a bulk request.
pub(crate) async fn run(
    context: &Context,
    item: &Item,
    parameters: &Parameters,
    precondition: Precondition,
    body: &Value,
) -> Result<Outcome, Error> {
    let result = store(context, item, parameters, precondition, body).await;
    context.watch(&item.collection, &Method::PATCH, &item.id.to_string(), result)
}

async fn store(
    context: &Context,
    Item { collection: target, id }: &Item,
    parameters: &Parameters,
    precondition: Precondition,
    body: &Value,
) -> Result<Outcome, Error> {
    let view = target.view(parameters)?;
    let client = &target.caller.client;
    client.recognise(body);
    let modification = Modification::new(&target.kind, body, client.tolerance())?;
    let operation = target.operation(context, precondition);
    let wanted = match view.wanted() {
        Wanted::Everything if !parameters.asks_for("members") => Wanted::AtMost(MAX_MEMBERS_IN_PATCH_ANSWER),
        wanted => wanted,
    };
    let id = *id;
    let modified = target
        .caller
        .write(move |tx| {
            let stored = resources::patch(tx, &operation, id, &modification)?;
            resources::attach(tx, operation.scope(wanted), stored)
        })
        .await?;
    let complete = match modified.relations {
        Relations::TooMany => false,
        Relations::None | Relations::Members(_) | Relations::Groups(_) => true,
    };
    let outcome = view.outcome(StatusCode::OK, modified)?;
    Ok(if complete { outcome } else { outcome.without_body() })
}
