//! POST `…/Users`, POST `…/Groups`: creating a resource (RFC 7644 §3.3).

use std::sync::Arc;

use application::resources::{self, Draft};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Collection;
use crate::Context;
use crate::answer;
use crate::body::Json;
use crate::error::Error;
use crate::query::Parameters;

/// 201 with the resource, `Location` and `ETag`; 400 for what does not fit the schemas; 409 for a value that another
/// resource has.
pub(crate) async fn create(
    State(context): State<Arc<Context>>,
    target: Collection,
    RawQuery(query): RawQuery,
    Json(body): Json,
) -> Result<Response, Error> {
    let view = target.view(&Parameters::parse(query.as_deref())?)?;
    let draft = Draft::new(&target.kind, body)?;
    let operation = target.operation(&context);
    let wanted = draft.wanted(view.wanted());
    let created = context
        .store
        .write(move |tx| {
            let stored = resources::create(tx, &operation, &draft)?;
            resources::attach(tx, operation.scope(wanted), stored)
        })
        .await?;
    let (version, location) = (created.stored.version, view.location(&created));
    let response = answer::json(StatusCode::CREATED, &view.show(created));
    Ok(answer::with_location(answer::with_version(response, version), &location))
}
