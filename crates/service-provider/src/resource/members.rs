//! GET `…/Groups/{id}/members`: a group's members page by page.
//!
//! No part of RFC 7644, in which a group is read whole or without its members. The answer is a list response with
//! cursors (RFC 9865), whose `Resources` are the values that `members` would have.

use std::sync::Arc;

use application::resources::{self, Precondition, Referring, Wanted};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use scim::message::ListResponse;

use super::Item;
use crate::Context;
use crate::answer;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with a page, also of an empty group; 400 `invalidCursor` for a cursor that is none; 404.
///
/// A cursor is the id of a page's last member. It needs no seal: whoever makes one up sees other members of the group
/// that they may see anyway, and no more.
pub(crate) async fn list(
    State(context): State<Arc<Context>>,
    Item { collection: target, id }: Item,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let parameters = Parameters::parse(query.as_deref())?;
    let (after, count) = (parameters.member_cursor()?, parameters.count()?);
    let operation = target.operation(&context, Precondition::default());
    let page = context
        .store
        .read(move |tx| resources::members(tx, operation.scope(Wanted::Nothing), id, after, count))
        .await?;
    let tenant_url = &target.caller.tenant_url;
    let body = ListResponse {
        total_results: page.total,
        start_index: None,
        next_cursor: page.next.map(|member| member.to_string()),
        resources: page.members.iter().map(|member| member.reference(tenant_url)).collect(),
    };
    Ok(answer::json(StatusCode::OK, &body))
}
