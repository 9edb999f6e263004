//! The messages of the protocol: their URNs, list responses and search requests (RFC 7644 §3.4, §8.2).

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::error::Error;

/// URN of an error body.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// URN of a list response.
pub const LIST_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// URN of a search request.
pub const SEARCH_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// URN of a PATCH request.
pub const PATCH_OP_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// URN of a bulk request.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// URN of a bulk response.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// URN of the schema of schemas.
pub const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// URN of the schema of resource types.
pub const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// URN of the schema of the service provider configuration.
pub const SERVICE_PROVIDER_CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// A page of resources (RFC 7644 §3.4.2).
#[derive(Debug, Clone, PartialEq)]
pub struct ListResponse<Resource> {
    /// How many resources match, on all pages.
    pub total_results: u64,
    /// 1-based index of the first resource of the page.
    pub start_index: u64,
    /// The resources of the page.
    pub resources: Vec<Resource>,
}

impl<Resource: Serialize> Serialize for ListResponse<Resource> {
    /// `Resources` is there even when empty: Okta needs it, and RFC 7644 §3.4.2 allows it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut response = serializer.serialize_struct("ListResponse", 5)?;
        response.serialize_field("schemas", &[LIST_RESPONSE_URN])?;
        response.serialize_field("totalResults", &self.total_results)?;
        response.serialize_field("startIndex", &self.start_index)?;
        response.serialize_field("itemsPerPage", &self.resources.len())?;
        response.serialize_field("Resources", &self.resources)?;
        response.end()
    }
}

/// What a client asks of a collection, by query or by POST to `.search` (RFC 7644 §3.4.2, §3.4.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchRequest {
    /// The filter as written.
    pub filter: Option<String>,
    /// Attributes to return, comma-separated.
    pub attributes: Option<String>,
    /// Attributes not to return, comma-separated.
    pub excluded_attributes: Option<String>,
    /// Attribute to sort by.
    pub sort_by: Option<String>,
    /// `ascending` or `descending`.
    pub sort_order: Option<SortOrder>,
    /// 1-based index of the first result; what is below 1 counts as 1 (RFC 7644 §3.4.2.4).
    pub start_index: Option<u64>,
    /// Most results on a page; what is below 0 counts as 0 (RFC 7644 §3.4.2.4).
    pub count: Option<u64>,
}

/// Direction of a sort (RFC 7644 §3.4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

impl SearchRequest {
    /// Reads the body of a POST to `.search`. Names may be in any letter case; unknown ones are ignored.
    ///
    /// # Errors
    /// 400 `invalidSyntax` if the body is not an object; 400 `invalidValue` for a member of the wrong type.
    pub fn parse(body: &Value) -> Result<Self, Error> {
        let Value::Object(body) = body else {
            return Err(Error::invalid_syntax("a search request must be a JSON object"));
        };
        let mut request = Self::default();
        for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
            match value {
                Value::Array(names) => {
                    let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
                    let names = names.ok_or_else(|| wrong(name))?;
                    request.set(name, &names.join(","))?;
                }
                Value::String(text) => request.set(name, text)?,
                Value::Number(number) => request.set(name, &number.to_string())?,
                Value::Bool(_) | Value::Object(_) | Value::Null => request.set(name, "")?,
            }
        }
        Ok(request)
    }

    /// Sets one parameter, as a query string has it. Unknown names are ignored.
    ///
    /// # Errors
    /// 400 `invalidValue` for a value that does not fit.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let text = || Some(value.to_owned());
        match name.to_ascii_lowercase().as_str() {
            "filter" => self.filter = text(),
            "attributes" => self.attributes = text(),
            "excludedattributes" => self.excluded_attributes = text(),
            "sortby" => self.sort_by = text(),
            "sortorder" => self.sort_order = Some(sort_order(value).ok_or_else(|| wrong(name))?),
            "startindex" => self.start_index = Some(index(value).ok_or_else(|| wrong(name))?.max(1)),
            "count" => self.count = Some(index(value).ok_or_else(|| wrong(name))?),
            _ => {}
        }
        Ok(())
    }
}

fn sort_order(value: &str) -> Option<SortOrder> {
    if value.eq_ignore_ascii_case("ascending") {
        return Some(SortOrder::Ascending);
    }
    value.eq_ignore_ascii_case("descending").then_some(SortOrder::Descending)
}

fn index(value: &str) -> Option<u64> {
    let number: i64 = value.trim().parse().ok()?;
    Some(u64::try_from(number).unwrap_or(0))
}

fn wrong(name: &str) -> Error {
    Error::invalid_value(format!("{name} has a value that cannot be used"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_page_still_lists_resources() {
        let empty = ListResponse::<Value> { total_results: 0, start_index: 1, resources: Vec::new() };
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [],
        });
        assert_eq!(json!(empty), expected);
    }

    #[test]
    fn search_requests_are_read_in_any_letter_case() {
        let body = json!({
            "schemas": [SEARCH_REQUEST_URN], "Filter": "title pr", "attributes": ["userName", "emails.value"],
            "SortOrder": "Descending", "startIndex": -3, "count": 10, "unknown": true,
        });
        let expected = SearchRequest {
            filter: Some("title pr".to_owned()),
            attributes: Some("userName,emails.value".to_owned()),
            sort_order: Some(SortOrder::Descending),
            start_index: Some(1),
            count: Some(10),
            ..SearchRequest::default()
        };
        assert_eq!(SearchRequest::parse(&body), Ok(expected));
    }

    #[test]
    fn nonsense_is_refused() {
        for body in
            [json!([]), json!({ "count": "x" }), json!({ "sortOrder": "up" }), json!({ "count": 1.5 })]
        {
            assert!(SearchRequest::parse(&body).is_err(), "{body}");
        }
    }
}
