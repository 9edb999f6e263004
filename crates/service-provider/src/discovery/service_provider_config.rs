//! GET `…/ServiceProviderConfig` (RFC 7644 §4, RFC 7643 §5, RFC 9865 §4, RFC 9967 §4).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use scim::limits::MAX_BULK_OPERATIONS;
use scim::message::SERVICE_PROVIDER_CONFIG_URN;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::error::Error;
use crate::limits::{CURSOR_TIMEOUT_SECONDS, DEFAULT_PAGE, MAX_BODY_BYTES, MAX_PAGE};
use crate::{Context, answer};

/// 200 with what is supported, and nothing that is not. There is no `securityEvents` for a tenant without events: clients
/// that are older than RFC 9967 and refuse what they don't know could not use the tenant.
pub(crate) async fn get(State(context): State<Arc<Context>>, caller: Caller) -> Result<Response, Error> {
    let location = format!("{}/ServiceProviderConfig", caller.tenant_url);
    let token_endpoint = context.issuer.is_some().then(|| token_endpoint(&caller.tenant_url));
    let mut configuration = configuration(&location, token_endpoint.as_deref());
    let events = announced_events(&context, &caller).await?;
    if let (false, Some(object)) = (events.is_empty(), configuration.as_object_mut()) {
        let events = json!({ "asyncRequest": "none", "eventUris": events });
        object.insert("securityEvents".to_owned(), events);
    }
    Ok(answer::json(StatusCode::OK, &configuration))
}

async fn announced_events(context: &Context, caller: &Caller) -> Result<&'static [&'static str], Error> {
    let (Some(announced), tenant) = (context.announced_events, caller.tenant().id) else { return Ok(&[]) };
    caller.read(move |tx| Ok(announced(tx, tenant)?)).await
}

/// Where clients get short-lived tokens, in the form of address that this client uses.
fn token_endpoint(tenant_url: &str) -> String {
    format!("{}/oauth2/token", tenant_url.strip_suffix("/scim/v2").unwrap_or(tenant_url))
}

fn configuration(location: &str, token_endpoint: Option<&str>) -> Value {
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
        "authenticationSchemes": authentication_schemes(token_endpoint),
        "meta": { "resourceType": "ServiceProviderConfig", "location": location },
    })
}

/// RFC 7643 §5. The words of `type` are those of the RFC.
fn authentication_schemes(token_endpoint: Option<&str>) -> Vec<Value> {
    let bearer = json!({
        "type": "oauthbearertoken",
        "name": "Secret token",
        "description": "A secret token of the tenant in the header Authorization: Bearer",
        "specUri": "https://www.rfc-editor.org/info/rfc6750",
        "primary": true,
    });
    let client_credentials = token_endpoint.map(|url| {
        json!({
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": format!("A short-lived token from {url}, in the header Authorization: Bearer"),
            "specUri": "https://www.rfc-editor.org/info/rfc6749",
            "primary": false,
        })
    });
    [bearer].into_iter().chain(client_credentials).collect()
}
