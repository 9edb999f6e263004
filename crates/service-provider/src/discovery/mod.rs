//! The endpoints by which a client learns what the service provider can do (RFC 7644 §4). They ask for a token like
//! all others, because schemas are the tenant's own.

pub(crate) mod resource_types;
pub(crate) mod schemas;
pub(crate) mod service_provider_config;

use axum::http::StatusCode;
use axum::response::Response;
use scim::Object;
use scim::message::ListResponse;
use serde_json::Value;

use crate::answer;
use crate::error::Error;

/// 200 with all of them; 403 for a filter, because a client that asks for parts must not take the answer for one (RFC
/// 7644 §4).
fn list(query: Option<&str>, all: Vec<Object>) -> Result<Response, Error> {
    let filtered =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(name, _)| name == "filter");
    if filtered {
        return Err(scim::Error::forbidden("discovery endpoints can't be filtered; read them whole").into());
    }
    let response = ListResponse {
        total_results: Some(all.len() as u64),
        start_index: Some(1),
        next_cursor: None,
        resources: all,
    };
    Ok(answer::json(StatusCode::OK, &response))
}

/// Adds where the resource is.
fn located(resource: Value, location: String) -> Object {
    let Value::Object(mut object) = resource else { return Object::new() };
    if let Some(Value::Object(meta)) = object.get_mut("meta") {
        meta.insert("location".to_owned(), Value::from(location));
    }
    object
}
