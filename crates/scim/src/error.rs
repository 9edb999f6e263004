//! The errors of the SCIM protocol, as a client sees them (RFC 7644 §3.12).

use std::fmt;

use serde_json::{Map, Value, json};

use crate::message::ERROR_URN;

/// A refusal a SCIM client gets: HTTP status, error keyword and a sentence for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    /// HTTP status code.
    pub status: u16,
    /// SCIM detail error keyword, where RFC 7644 Table 9 has one.
    pub scim_type: Option<ScimType>,
    /// What is wrong and, where it helps, what to do next. Shown verbatim by Entra and Okta.
    pub detail: String,
    /// After how many seconds asking again makes sense, where somebody knows: the header `Retry-After` (RFC 9110
    /// §10.2.3), which has no place in the body.
    pub retry_after_seconds: Option<u32>,
}

/// SCIM detail error keywords (RFC 7644 §3.12, Table 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or compares what cannot be compared.
    InvalidFilter,
    /// The query yields more results than the server is willing to return.
    TooMany,
    /// A value is in use by another resource.
    Uniqueness,
    /// The attribute cannot be changed that way.
    Mutability,
    /// The body does not have the structure of the request.
    InvalidSyntax,
    /// The PATCH path is malformed or names an unknown attribute.
    InvalidPath,
    /// The PATCH path selects nothing that could be operated on.
    NoTarget,
    /// A required value is missing or a value does not fit its attribute.
    InvalidValue,
    /// The SCIM protocol version is not supported.
    InvalidVers,
    /// The cursor is not one that this service provider gave for this query (RFC 9865 §2.3).
    InvalidCursor,
    /// The cursor is too old (RFC 9865 §2.3).
    ExpiredCursor,
    /// The size of a page is not possible (RFC 9865 §2.3).
    InvalidCount,
    /// The request would put sensitive information in a URI.
    Sensitive,
}

impl ScimType {
    /// The keyword as it stands in an error body.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
            Self::Sensitive => "sensitive",
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// An error without a SCIM keyword, for statuses that Table 9 does not cover (401, 404, 412, 429, 5xx …).
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), retry_after_seconds: None }
    }

    fn typed(status: u16, scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::new(status, detail) }
    }

    /// The same, with what to tell a client that would ask again.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }

    /// 400 `invalidFilter`.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::InvalidFilter, detail)
    }

    /// 400 `tooMany`.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::TooMany, detail)
    }

    /// 409 `uniqueness`: the value of `attribute` is in use by another resource. The value itself is not
    /// repeated, since it is personal data of somebody else.
    #[must_use]
    pub fn uniqueness(attribute: &str) -> Self {
        let detail = format!("another resource has the same value of {attribute}");
        Self::typed(409, ScimType::Uniqueness, detail)
    }

    /// 409 `uniqueness` for a reason of its own; `detail` names the attribute, and never the value.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::typed(409, ScimType::Uniqueness, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::Mutability, detail)
    }

    /// 400 `invalidSyntax`.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::InvalidSyntax, detail)
    }

    /// 400 `invalidPath`.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::InvalidPath, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::NoTarget, detail)
    }

    /// 400 `invalidValue`.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::InvalidValue, detail)
    }

    /// 400 `invalidVers`.
    pub fn invalid_version(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::InvalidVers, detail)
    }

    /// 400 `invalidCursor`.
    pub fn invalid_cursor(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::InvalidCursor, detail)
    }

    /// 400 `expiredCursor`.
    pub fn expired_cursor(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::ExpiredCursor, detail)
    }

    /// 400 `invalidCount`.
    pub fn invalid_count(detail: impl Into<String>) -> Self {
        Self::typed(400, ScimType::InvalidCount, detail)
    }

    /// 403 `sensitive` (RFC 7644 §7.5.2).
    pub fn sensitive(detail: impl Into<String>) -> Self {
        Self::typed(403, ScimType::Sensitive, detail)
    }

    /// 401 without or with an unknown credential.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(401, detail)
    }

    /// 403: the credential does not permit the operation.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, detail)
    }

    /// 404: there is no `resource_type` with this `id`.
    #[must_use]
    pub fn not_found(resource_type: &str, id: &str) -> Self {
        Self::new(404, format!("{resource_type} {id} not found"))
    }

    /// 412: the resource has another version than `If-Match` expects (RFC 7644 §3.14).
    #[must_use]
    pub fn precondition_failed() -> Self {
        Self::new(412, "the resource has changed since it was read; read it again and repeat the change")
    }

    /// 413: the body or the bulk request is larger than the service provider accepts.
    pub fn payload_too_large(detail: impl Into<String>) -> Self {
        Self::new(413, detail)
    }

    /// 501: the service provider does not support the operation.
    pub fn not_implemented(detail: impl Into<String>) -> Self {
        Self::new(501, detail)
    }

    /// The error body of RFC 7644 §3.12. `status` is a string there.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".to_owned(), json!([ERROR_URN]));
        body.insert("status".to_owned(), Value::String(self.status.to_string()));
        if let Some(scim_type) = self.scim_type {
            body.insert("scimType".to_owned(), Value::String(scim_type.as_str().to_owned()));
        }
        body.insert("detail".to_owned(), Value::String(self.detail.clone()));
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_the_members_of_the_rfc_and_no_others() {
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "409",
            "scimType": "uniqueness",
            "detail": "another resource has the same value of userName",
        });
        assert_eq!(Error::uniqueness("userName").to_json(), expected);
        assert_eq!(Error::not_found("User", "7").to_json().get("scimType"), None);
    }
}
