//! GET `…/ServiceProviderConfig` (RFC 7644 §4, RFC 7643 §5).

use axum::http::StatusCode;
use axum::response::Response;
use scim::message::SERVICE_PROVIDER_CONFIG_URN;
use serde_json::{Value, json};

use crate::answer;
use crate::caller::Caller;
use crate::limits::MAX_PAGE;

/// 200 with what is supported, and nothing that is not.
pub(crate) async fn get(caller: Caller) -> Response {
    let location = format!("{}/ServiceProviderConfig", caller.tenant_url);
    answer::json(StatusCode::OK, &configuration(&location))
}

fn configuration(location: &str) -> Value {
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG_URN],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MAX_PAGE },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
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
