//! What became of an operation on one resource: a response of its own, or a part of a bulk response.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::ResourceId;
use serde_json::value::RawValue;

use crate::answer;

/// An operation that succeeded.
pub(crate) struct Outcome {
    /// The resource.
    pub(crate) id: ResourceId,
    /// The status, for example 201.
    pub(crate) status: StatusCode,
    /// The entity tag of the resource; a deleted one has none.
    pub(crate) version: Option<String>,
    /// Where the resource is, or was.
    pub(crate) location: String,
    /// The resource as the client wants to see it, unless there is nothing to show.
    pub(crate) body: Option<Box<RawValue>>,
}

impl Outcome {
    /// The same without showing the resource (RFC 7644 §3.5.2: 204 and no body).
    pub(crate) fn without_body(self) -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, ..self }
    }
}

impl IntoResponse for Outcome {
    /// Only a new resource has a `Location` (RFC 7644 §3.3): in other answers that header would mean a redirection.
    fn into_response(self) -> Response {
        let response = match &self.body {
            Some(body) => answer::json(self.status, body),
            None => answer::empty(self.status),
        };
        let response = match &self.version {
            Some(version) => answer::with_version(response, version),
            None => response,
        };
        if self.status == StatusCode::CREATED {
            answer::with_location(response, &self.location)
        } else {
            response
        }
    }
}
