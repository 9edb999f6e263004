//! Searching, for every endpoint that does: by query or by POST to `.search`, among the resources of one type or of all
//! (RFC 7644 §3.4.2, §3.4.3).

use std::sync::Arc;
use std::time::Instant;

use application::TypeProfile;
use application::resources::{self, Condition, Page, Part, Query, Resource, Start};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use scim::SortBy;
use scim::message::ListResponse;
use scim::quirks::Tolerance;

use super::{Collection, View};
use crate::body::Json;
use crate::caller::Caller;
use crate::error::Error;
use crate::limits::SEARCH_TIMEOUT;
use crate::query::Parameters;
use crate::{Context, answer, now};

/// GET `…/Users`: 200 with a page of resources, also when nothing matches; 400 for a query that can't be understood.
pub(crate) async fn list(
    State(context): State<Arc<Context>>,
    Collection { caller, kind }: Collection,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    run(&context, &caller, &[kind], &Parameters::parse(query.as_deref())?).await
}

/// POST `…/Users/.search`: the same, without the query in an address that ends up in logs.
pub(crate) async fn search(
    State(context): State<Arc<Context>>,
    Collection { caller, kind }: Collection,
    Json(body): Json,
) -> Result<Response, Error> {
    run(&context, &caller, &[kind], &Parameters::of_search(&body)?).await
}

/// GET of the Tenant URL: the same among the resources of all types, which come type by type (RFC 7644 §3.4.2.1).
pub(crate) async fn list_all(
    State(context): State<Arc<Context>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    run(&context, &caller, &caller.types(), &Parameters::parse(query.as_deref())?).await
}

/// POST `…/.search`: the same among the resources of all types.
pub(crate) async fn search_all(
    State(context): State<Arc<Context>>,
    caller: Caller,
    Json(body): Json,
) -> Result<Response, Error> {
    run(&context, &caller, &caller.types(), &Parameters::of_search(&body)?).await
}

async fn run(
    context: &Context,
    caller: &Caller,
    kinds: &[Arc<TypeProfile>],
    parameters: &Parameters,
) -> Result<Response, Error> {
    let views =
        kinds.iter().map(|kind| View::new(caller, kind, parameters)).collect::<Result<Vec<_>, _>>()?;
    let cursor = parameters.cursor().map(|cursor| (cursor, binding(caller, kinds, parameters)));
    let start_index = parameters.start_index()?;
    let start = match &cursor {
        Some((cursor, bound)) => Start::After(context.cursors.open(bound, cursor, now(context))?),
        None => Start::Index(start_index),
    };
    let query = Query {
        tenant: caller.tenant().id,
        parts: parts(caller, kinds, &views, parameters)?,
        order: parameters.sort_by().map(|_| parameters.sort_order()).transpose()?,
        start,
        count: usize::try_from(parameters.count()?).unwrap_or(0),
        deadline: Instant::now() + SEARCH_TIMEOUT,
    };
    let Page { total, resources, next } = page(caller, query).await?;
    let shown = |(part, resource): (usize, Resource)| Some(views.get(part)?.show(resource));
    let response = ListResponse {
        total_results: total,
        start_index: cursor.is_none().then_some(start_index.unsigned_abs()),
        next_cursor: cursor
            .zip(next)
            .map(|((_, bound), place)| context.cursors.seal(&bound, place, now(context))),
        resources: resources.into_iter().filter_map(shown).collect::<Result<Vec<_>, _>>()?,
    };
    Ok(answer::json(StatusCode::OK, &response))
}

/// The page, at once if it is a look-up.
async fn page(caller: &Caller, query: Query) -> Result<Page, Error> {
    let query = Arc::new(query);
    if query.is_look_up() {
        let query = Arc::clone(&query);
        if let Some(page) = caller.look_up(move |tx| resources::look_up(tx, &query)).await? {
            return Ok(page);
        }
    }
    caller.read(move |tx| resources::list(tx, &query)).await
}

fn parts(
    caller: &Caller,
    kinds: &[Arc<TypeProfile>],
    views: &[View],
    parameters: &Parameters,
) -> Result<Vec<Part>, Error> {
    let conditions = conditions(kinds, parameters, caller.client.tolerance())?;
    let sort_by = sort_by(kinds, parameters)?;
    let each = kinds.iter().zip(views).zip(conditions).zip(sort_by);
    let part = |(((kind, view), condition), sort_by): (((&Arc<TypeProfile>, &View), _), _)| Part {
        kind: Arc::clone(kind),
        wanted: view.wanted(),
        condition,
        sort_by,
    };
    Ok(each.map(part).collect())
}

/// What the filter means for each type.
fn conditions(
    kinds: &[Arc<TypeProfile>],
    parameters: &Parameters,
    tolerance: &Tolerance,
) -> Result<Vec<Option<Condition>>, Error> {
    Ok(match (parameters.filter(), kinds) {
        (None, kinds) => kinds.iter().map(|_| None).collect(),
        (Some(filter), [kind]) => vec![Some(Condition::parse(kind, filter, tolerance)?)],
        (Some(filter), kinds) => {
            Condition::parse_each(kinds, filter, tolerance)?.into_iter().map(Some).collect()
        }
    })
}

/// What `sortBy` means for each type; at least one of them must have the attribute.
fn sort_by(kinds: &[Arc<TypeProfile>], parameters: &Parameters) -> Result<Vec<Option<SortBy>>, Error> {
    let Some(text) = parameters.sort_by() else { return Ok(kinds.iter().map(|_| None).collect()) };
    let found =
        kinds.iter().map(|kind| SortBy::parse(kind.resource_type(), text)).collect::<Result<Vec<_>, _>>()?;
    if found.iter().all(Option::is_none) {
        return Err(scim::Error::invalid_value(format!("sortBy: there is no attribute {text:?} here")).into());
    }
    Ok(found)
}

/// What a cursor is good for: as text that no other query has.
fn binding(caller: &Caller, kinds: &[Arc<TypeProfile>], parameters: &Parameters) -> String {
    let types: Vec<&str> = kinds.iter().map(|kind| kind.id()).collect();
    let order = parameters.sort_order().ok().filter(|_| parameters.sort_by().is_some());
    format!("{:?}", (caller.tenant().id, types, parameters.filter(), parameters.sort_by(), order))
}
