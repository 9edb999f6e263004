//! PATCH `…/Users/{id}`, PATCH `…/Groups/{id}`: modifying a resource (RFC 7644 §3.5.2).

use std::sync::Arc;

use application::resources::{self, Modification, Relations, Wanted};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Item;
use crate::Context;
use crate::answer;
use crate::body::Json;
use crate::error::Error;
use crate::limits::MAX_MEMBERS_IN_PATCH_ANSWER;
use crate::query::Parameters;

/// 200 with the whole resource and `ETag`, or 204 for a large group (see [`MAX_MEMBERS_IN_PATCH_ANSWER`]); 400 for
/// what can't be done; 404; 409 for a value that another resource has.
pub(crate) async fn patch(
    State(context): State<Arc<Context>>,
    Item { collection: target, id }: Item,
    RawQuery(query): RawQuery,
    Json(body): Json,
) -> Result<Response, Error> {
    let parameters = Parameters::parse(query.as_deref())?;
    let view = target.view(&parameters)?;
    let modification = Modification::new(&target.kind, &body)?;
    let operation = target.operation(&context);
    let wanted = match view.wanted() {
        Wanted::Everything if !parameters.asks_for("members") => Wanted::AtMost(MAX_MEMBERS_IN_PATCH_ANSWER),
        wanted => wanted,
    };
    let modified = context
        .store
        .write(move |tx| {
            let stored = resources::patch(tx, &operation, id, &modification)?;
            resources::attach(tx, operation.scope(wanted), stored)
        })
        .await?;
    let version = modified.stored.version;
    let response = match modified.relations {
        Relations::TooMany => answer::empty(StatusCode::NO_CONTENT),
        Relations::None | Relations::Members(_) | Relations::Groups(_) => {
            answer::json(StatusCode::OK, &view.show(modified))
        }
    };
    Ok(answer::with_version(response, version))
}
