//! GET `…/Users`, GET `…/Groups`: listing and searching resources (RFC 7644 §3.4.2).

use std::sync::Arc;

use application::resources::{self, Precondition, Query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use scim::message::ListResponse;

use super::Collection;
use crate::Context;
use crate::answer;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with a page of resources in the order of their creation, also when nothing matches; 400 for a filter that can't
/// be understood.
pub(crate) async fn list(
    State(context): State<Arc<Context>>,
    target: Collection,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let parameters = Parameters::parse(query.as_deref())?;
    let view = target.view(&parameters)?;
    let filter = parameters.filter(&target.kind)?;
    let (start_index, count) = (parameters.start_index()?, parameters.count()?);
    let operation = target.operation(&context, Precondition::default());
    let wanted = view.wanted();
    let page = target
        .caller
        .read(move |tx| {
            let query = Query { filter: filter.as_ref(), start_index, count };
            resources::list(tx, operation.scope(wanted), query)
        })
        .await?;
    let response = ListResponse {
        total_results: page.total,
        start_index: start_index.unsigned_abs(),
        resources: page
            .resources
            .into_iter()
            .map(|resource| view.show(resource))
            .collect::<Result<_, _>>()?,
    };
    Ok(answer::json(StatusCode::OK, &response))
}
