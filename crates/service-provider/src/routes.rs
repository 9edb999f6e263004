//! The route table: every address and method that is answered with anything but 404 or 405.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use prometheus_client::encoding::EncodeLabelValue;
use tower::util::MapRequestLayer;

use crate::record::note;
use crate::{Context, application_api, bulk, discovery, fallback, me, oauth, resource};

/// Lists and searches, gets, changes and discovery: each has a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Endpoint {
    /// RFC 7644 §3.4.2: query resources.
    List,
    /// RFC 7644 §3.4.3: query resources by POST.
    Search,
    /// RFC 7644 §3.4.2.1: query the resources of all types.
    ListAll,
    /// RFC 7644 §3.4.3: query the resources of all types by POST.
    SearchAll,
    /// RFC 7644 §3.7: many operations at once.
    Bulk,
    /// RFC 7644 §3.11: retrieve the user that the token stands for.
    Me,
    /// RFC 7644 §3.11: create it, which is not supported.
    CreateMe,
    /// RFC 7644 §3.11: replace it.
    ReplaceMe,
    /// RFC 7644 §3.11: modify it.
    PatchMe,
    /// RFC 7644 §3.11: delete it.
    DeleteMe,
    /// RFC 7644 §3.3: create a resource.
    Create,
    /// RFC 7644 §3.4.1: retrieve a known resource.
    Get,
    /// RFC 7644 §3.5.1: replace a resource.
    Replace,
    /// RFC 7644 §3.5.2: modify a resource.
    Patch,
    /// RFC 7644 §3.6: delete a resource.
    Delete,
    /// A group's members page by page.
    Members,
    /// What the tenant's application does itself, where that changes nothing.
    ApplicationRead,
    /// What the tenant's application does itself.
    ApplicationWrite,
    /// RFC 6749 §4.4: a short-lived token for a client.
    Token,
    /// RFC 7644 §4: what the service provider supports.
    ServiceProviderConfig,
    /// RFC 7644 §4: the tenant's resource types.
    ResourceTypes,
    /// One resource type by its id.
    ResourceType,
    /// RFC 7644 §4: the schemas of the tenant's resource types.
    Schemas,
    /// One schema by its URN.
    Schema,
}

/// What a request does to a tenant's resources, and what the scope of its token must therefore allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It needs no token, because it proves itself in another way.
    Open,
    /// It changes nothing.
    Read,
    /// It may change something.
    Write,
}

impl Endpoint {
    /// Whether it is one of the application's own, and not of SCIM.
    #[must_use]
    pub fn is_of_application(self) -> bool {
        matches!(self, Self::ApplicationRead | Self::ApplicationWrite)
    }

    /// What the endpoint needs.
    #[must_use]
    pub fn access(self) -> Access {
        match self {
            Self::List
            | Self::Search
            | Self::ListAll
            | Self::SearchAll
            | Self::Me
            | Self::Get
            | Self::Members
            | Self::ApplicationRead
            | Self::ServiceProviderConfig
            | Self::ResourceTypes
            | Self::ResourceType
            | Self::Schemas
            | Self::Schema => Access::Read,
            Self::Token => Access::Open,
            Self::Create
            | Self::Replace
            | Self::Patch
            | Self::Delete
            | Self::CreateMe
            | Self::ReplaceMe
            | Self::PatchMe
            | Self::DeleteMe
            | Self::ApplicationWrite
            | Self::Bulk => Access::Write,
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// What answers.
    pub endpoint: Endpoint,
}

/// All of them. The router is built from this table and from nothing else, so a test that walks the table walks the
/// router.
pub const ROUTES: &[Route] = &[
    route(Method::POST, "/t/{tenant}/oauth2/token", Endpoint::Token),
    route(Method::GET, "/t/{tenant}/api/v1/{*path}", Endpoint::ApplicationRead),
    route(Method::POST, "/t/{tenant}/api/v1/{*path}", Endpoint::ApplicationWrite),
    route(Method::PUT, "/t/{tenant}/api/v1/{*path}", Endpoint::ApplicationWrite),
    route(Method::PATCH, "/t/{tenant}/api/v1/{*path}", Endpoint::ApplicationWrite),
    route(Method::DELETE, "/t/{tenant}/api/v1/{*path}", Endpoint::ApplicationWrite),
    route(Method::GET, "/t/{tenant}/scim/v2", Endpoint::ListAll),
    route(Method::POST, "/t/{tenant}/scim/v2/.search", Endpoint::SearchAll),
    route(Method::POST, "/t/{tenant}/scim/v2/Bulk", Endpoint::Bulk),
    route(Method::GET, "/t/{tenant}/scim/v2/Me", Endpoint::Me),
    route(Method::POST, "/t/{tenant}/scim/v2/Me", Endpoint::CreateMe),
    route(Method::PUT, "/t/{tenant}/scim/v2/Me", Endpoint::ReplaceMe),
    route(Method::PATCH, "/t/{tenant}/scim/v2/Me", Endpoint::PatchMe),
    route(Method::DELETE, "/t/{tenant}/scim/v2/Me", Endpoint::DeleteMe),
    route(Method::GET, "/t/{tenant}/scim/v2/ServiceProviderConfig", Endpoint::ServiceProviderConfig),
    route(Method::GET, "/t/{tenant}/scim/v2/ResourceTypes", Endpoint::ResourceTypes),
    route(Method::GET, "/t/{tenant}/scim/v2/ResourceTypes/{id}", Endpoint::ResourceType),
    route(Method::GET, "/t/{tenant}/scim/v2/Schemas", Endpoint::Schemas),
    route(Method::GET, "/t/{tenant}/scim/v2/Schemas/{id}", Endpoint::Schema),
    route(Method::GET, "/t/{tenant}/scim/v2/{type}", Endpoint::List),
    route(Method::POST, "/t/{tenant}/scim/v2/{type}", Endpoint::Create),
    route(Method::POST, "/t/{tenant}/scim/v2/{type}/.search", Endpoint::Search),
    route(Method::GET, "/t/{tenant}/scim/v2/{type}/{id}", Endpoint::Get),
    route(Method::PUT, "/t/{tenant}/scim/v2/{type}/{id}", Endpoint::Replace),
    route(Method::PATCH, "/t/{tenant}/scim/v2/{type}/{id}", Endpoint::Patch),
    route(Method::DELETE, "/t/{tenant}/scim/v2/{type}/{id}", Endpoint::Delete),
    route(Method::GET, "/t/{tenant}/scim/v2/{type}/{id}/members", Endpoint::Members),
];

const fn route(method: Method, path: &'static str, endpoint: Endpoint) -> Route {
    Route { method, path, endpoint }
}

/// The router of the table.
pub(crate) fn router() -> Router<Arc<Context>> {
    ROUTES
        .iter()
        .fold(Router::new(), |router, route| router.route(route.path, handler(route)))
        .fallback(fallback::not_found)
        .method_not_allowed_fallback(fallback::method_not_allowed)
}

fn handler(route: &Route) -> MethodRouter<Arc<Context>> {
    // Every method of the table is one that axum has a filter for.
    let method = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::TRACE);
    let endpoint = route.endpoint;
    let answering = match endpoint {
        Endpoint::List => on(method, resource::search::list),
        Endpoint::Search => on(method, resource::search::search),
        Endpoint::ListAll => on(method, resource::search::list_all),
        Endpoint::SearchAll => on(method, resource::search::search_all),
        Endpoint::Bulk => on(method, bulk::bulk),
        Endpoint::Me => on(method, me::get),
        Endpoint::CreateMe => on(method, me::create),
        Endpoint::ReplaceMe => on(method, me::replace),
        Endpoint::PatchMe => on(method, me::patch),
        Endpoint::DeleteMe => on(method, me::delete),
        Endpoint::Create => on(method, resource::create::create),
        Endpoint::Get => on(method, resource::get::get),
        Endpoint::Replace => on(method, resource::replace::replace),
        Endpoint::Patch => on(method, resource::patch::patch),
        Endpoint::Delete => on(method, resource::delete::delete),
        Endpoint::Members => on(method, resource::members::list),
        Endpoint::ApplicationRead | Endpoint::ApplicationWrite => on(method, application_api::call),
        Endpoint::Token => on(method, oauth::token),
        Endpoint::ServiceProviderConfig => on(method, discovery::service_provider_config::get),
        Endpoint::ResourceTypes => on(method, discovery::resource_types::list),
        Endpoint::ResourceType => on(method, discovery::resource_types::get),
        Endpoint::Schemas => on(method, discovery::schemas::list),
        Endpoint::Schema => on(method, discovery::schemas::get),
    };
    answering.layer(MapRequestLayer::new(move |request: Request| {
        note(request.extensions(), |record| record.note_endpoint(endpoint));
        request
    }))
}
