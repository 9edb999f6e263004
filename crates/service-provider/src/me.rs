//! `…/Me` (RFC 7644 §3.11): another address of the user that a token stands for. What is asked of it is done as at
//! `…/Users/{id}`, by the same functions.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawQuery, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::body::Json;
use crate::caller::Caller;
use crate::error::Error;
use crate::resource::{self, Collection, Conditions, Item};
use crate::{Context, answer};

/// The user that the caller's token stands for.
pub(crate) struct Me(Item);

impl FromRequestParts<Arc<Context>> for Me {
    type Rejection = Error;

    /// # Errors
    /// 404 for a token that stands for nobody, which is what one for a connection that provisions users does.
    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Self, Error> {
        let caller = Caller::from_request_parts(parts, context).await?;
        let Some(id) = caller.subject() else {
            let detail = "this token belongs to a connection and not to a user, so there is no /Me; \
                          address the user by id";
            return Err(scim::Error::new(404, detail).into());
        };
        Ok(Self(Item { collection: Collection::named(caller, "Users")?, id }))
    }
}

/// As [`resource::get::get`].
pub(crate) async fn get(Me(item): Me, conditions: Conditions, query: RawQuery) -> Response {
    let location = item.location();
    located(&location, resource::get::get(item, conditions, query).await)
}

/// As [`resource::replace::replace`].
pub(crate) async fn replace(
    context: State<Arc<Context>>,
    Me(item): Me,
    conditions: Conditions,
    query: RawQuery,
    body: Result<Json, Error>,
) -> Response {
    let location = item.location();
    let answer = async { resource::replace::replace(context, item, conditions, query, body?).await };
    located(&location, answer.await)
}

/// As [`resource::patch::patch`].
pub(crate) async fn patch(
    context: State<Arc<Context>>,
    Me(item): Me,
    conditions: Conditions,
    query: RawQuery,
    body: Result<Json, Error>,
) -> Response {
    let location = item.location();
    let answer = async { resource::patch::patch(context, item, conditions, query, body?).await };
    located(&location, answer.await)
}

/// As [`resource::delete::delete`].
pub(crate) async fn delete(context: State<Arc<Context>>, Me(item): Me, conditions: Conditions) -> Response {
    let location = item.location();
    located(&location, resource::delete::delete(context, item, conditions).await)
}

/// 501: a token can only stand for a user that exists already.
pub(crate) async fn create(Me(item): Me) -> Response {
    let refusal = scim::Error::new(501, "/Me creates nobody; create users at /Users");
    located(&item.location(), Error::from(refusal))
}

/// RFC 7644 §3.11: any response tells where the user is for good.
fn located(location: &str, answer: impl IntoResponse) -> Response {
    answer::with_location(answer.into_response(), location)
}
