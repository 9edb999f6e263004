//! GET `…/ServiceProviderConfig` (RFC 7644 §4, RFC 7643 §5, RFC 9865 §4).

use axum::http::StatusCode;
use axum::response::Response;
use scim::limits::MAX_BULK_OPERATIONS;
use scim::message::SERVICE_PROVIDER_CONFIG_URN;
use serde_json::{Value, json};

use crate::answer;
use crate::caller::Caller;
use crate::limits::{CURSOR_TIMEOUT_SECONDS, DEFAULT_PAGE, MAX_BODY_BYTES, MAX_PAGE};

/// 200 with what is supported, and nothing that is not.
pub(crate) async fn get(caller: Caller) -> Response {
    let location = format!("{}/ServiceProviderConfig", caller.tenant_url);
    answer::json(StatusCode::OK, &configuration(&location))
}

fn configuration(location: &str) -> Value {
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG_URN],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": MAX_BULK_OPERATIONS,
            "maxPayloadSize": MAX_BODY_BYTES,
        },
        "filter": { "supported": true, "maxResults": MAX_PAGE },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": DEFAULT_PAGE,
            "maxPageSize": MAX_PAGE,
            "cursorTimeout": CURSOR_TIMEOUT_SECONDS,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Secret token",
            "description": "A secret token of the tenant in the header Authorization: Bearer",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": location },
    })
}
