//! PUT `…/Users/{id}`, PUT `…/Groups/{id}`: replacing a resource (RFC 7644 §3.5.1).

use std::sync::Arc;

use application::resources::{self, Replacement};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Item;
use crate::Context;
use crate::answer;
use crate::body::Json;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with the resource and `ETag`; 400 for what does not fit the schemas; 404; 409 for a value that another
/// resource has. PUT never creates (RFC 7644 §3.5.1).
pub(crate) async fn replace(
    State(context): State<Arc<Context>>,
    Item { collection: target, id }: Item,
    RawQuery(query): RawQuery,
    Json(body): Json,
) -> Result<Response, Error> {
    let view = target.view(&Parameters::parse(query.as_deref())?)?;
    let replacement = Replacement::new(body);
    let operation = target.operation(&context);
    let wanted = view.wanted();
    let replaced = context
        .store
        .write(move |tx| {
            let stored = resources::replace(tx, &operation, id, &replacement)?;
            resources::attach(tx, operation.scope(wanted), stored)
        })
        .await?;
    let version = replaced.stored.version;
    Ok(answer::with_version(answer::json(StatusCode::OK, &view.show(replaced)), version))
}
