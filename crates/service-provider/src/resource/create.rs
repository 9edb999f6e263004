//! POST `…/Users`, POST `…/Groups`: creating a resource (RFC 7644 §3.3).

use std::sync::Arc;

use application::resources::{self, Draft, Precondition};
use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{Collection, Outcome};
use crate::Context;
use crate::body::Json;
use crate::error::Error;
use crate::query::Parameters;
use crate::refusals;

/// 201 with the resource, `Location` and `ETag`; 400 for what does not fit the schemas; 409 for a value that another
/// resource has.
pub(crate) async fn create(
    State(context): State<Arc<Context>>,
    target: Collection,
    RawQuery(query): RawQuery,
    Json(body): Json,
) -> Result<Outcome, Error> {
    run(&context, &target, &Parameters::parse(query.as_deref())?, body).await
}

/// The same for a request of its own and for an operation of a bulk request.
pub(crate) async fn run(
    context: &Context,
    target: &Collection,
    parameters: &Parameters,
    body: Value,
) -> Result<Outcome, Error> {
    let subject = refusals::subject(&body);
    let result = store(context, target, parameters, body).await;
    context.watch(target, &Method::POST, &subject, result)
}

async fn store(
    context: &Context,
    target: &Collection,
    parameters: &Parameters,
    body: Value,
) -> Result<Outcome, Error> {
    let view = target.view(parameters)?;
    let draft = Draft::new(&target.kind, body, target.caller.client.tolerance())?;
    // There is no version yet that could be expected.
    let operation = target.operation(context, Precondition::default());
    let wanted = view.wanted();
    let created = target
        .caller
        .write(move |tx| {
            let stored = resources::create(tx, &operation, &draft)?;
            let wanted = draft.wanted(&stored, wanted);
            resources::attach(tx, operation.scope(wanted), stored)
        })
        .await?;
    view.outcome(StatusCode::CREATED, created)
}
