//! The messages of the protocol: their URNs, list responses (RFC 7644 §3.4, §8.2).

use serde::ser::{Serialize, SerializeMap, Serializer};

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

/// A page of resources (RFC 7644 §3.4.2, RFC 9865 §2.1).
#[derive(Debug, Clone, PartialEq)]
pub struct ListResponse<Resource> {
    /// How many resources match, on all pages; `None` where counting them would cost more than the page (RFC 9865
    /// allows that with cursors).
    pub total_results: Option<u64>,
    /// 1-based index of the first resource of the page, where pages are told by index.
    pub start_index: Option<u64>,
    /// Where the next page begins, where pages are told by cursor and there is one.
    pub next_cursor: Option<String>,
    /// The resources of the page.
    pub resources: Vec<Resource>,
}

impl<Resource: Serialize> Serialize for ListResponse<Resource> {
    /// `Resources` is there even when empty: Okta needs it, and RFC 7644 §3.4.2 allows it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut response = serializer.serialize_map(None)?;
        response.serialize_entry("schemas", &[LIST_RESPONSE_URN])?;
        if let Some(total) = self.total_results {
            response.serialize_entry("totalResults", &total)?;
        }
        if let Some(index) = self.start_index {
            response.serialize_entry("startIndex", &index)?;
        }
        if let Some(cursor) = &self.next_cursor {
            response.serialize_entry("nextCursor", cursor)?;
        }
        response.serialize_entry("itemsPerPage", &self.resources.len())?;
        response.serialize_entry("Resources", &self.resources)?;
        response.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_empty_page_still_lists_resources() {
        let empty = ListResponse::<Value> {
            total_results: Some(0),
            start_index: Some(1),
            next_cursor: None,
            resources: Vec::new(),
        };
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [],
        });
        assert_eq!(json!(empty), expected);
    }
}
