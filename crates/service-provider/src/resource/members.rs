//! GET `…/Groups/{id}/members`: a group's members page by page.
//!
//! No part of RFC 7644, in which a group is read whole or without its members. The answer is a list response with
//! cursors (RFC 9865), whose `Resources` are the values that `members` would have.

use std::sync::Arc;

use application::resources::{self, Precondition, Reference, Referring, Wanted};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::ResourceId;
use scim::message::LIST_RESPONSE_URN;
use serde::Serialize;

use super::Item;
use crate::Context;
use crate::answer;
use crate::error::Error;
use crate::query::Parameters;

/// 200 with a page, also of an empty group; 400 for a cursor that is none; 404.
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
    let members: Vec<_> = page.members.iter().map(|member| member.reference(tenant_url)).collect();
    let body = MembersResponse {
        schemas: [LIST_RESPONSE_URN],
        total_results: page.total,
        items_per_page: members.len(),
        next_cursor: page.next,
        resources: members,
    };
    Ok(answer::json(StatusCode::OK, &body))
}

/// RFC 7644 §3.4.2 with the cursor of RFC 9865 §2. A total is optional beside a cursor; only the first page has one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MembersResponse<'a> {
    schemas: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    total_results: Option<u64>,
    items_per_page: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<ResourceId>,
    #[serde(rename = "Resources")]
    resources: Vec<Reference<'a>>,
}
