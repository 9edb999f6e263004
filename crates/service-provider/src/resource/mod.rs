//! The endpoints that read and write resources, one file each, and what their addresses name.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod members;
mod outcome;
pub(crate) mod patch;
pub(crate) mod replace;
pub(crate) mod search;

use std::convert::Infallible;
use std::sync::Arc;

use application::resources::{Operation, Precondition, Resource, Tags, Wanted, parse_id};
use application::{GROUP, TypeProfile};
use axum::extract::FromRequestParts;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use model::ResourceId;
use scim::Projection;
use serde_json::value::RawValue;

use crate::caller::{Caller, path_parameter};
use crate::error::Error;
use crate::query::Parameters;
use crate::{Context, now};

pub(crate) use outcome::Outcome;

/// All resources of a type, as an address names them: `…/Users`.
pub(crate) struct Collection {
    pub(crate) caller: Caller,
    pub(crate) kind: Arc<TypeProfile>,
}

/// One resource, as an address names it: `…/Users/{id}`.
pub(crate) struct Item {
    pub(crate) collection: Collection,
    pub(crate) id: ResourceId,
}

impl FromRequestParts<Arc<Context>> for Collection {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Self, Error> {
        let caller = Caller::from_request_parts(parts, context).await?;
        let endpoint = path_parameter(parts, context, "type").await?;
        Self::named(caller, &endpoint)
    }
}

impl FromRequestParts<Arc<Context>> for Item {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Self, Error> {
        let collection = Collection::from_request_parts(parts, context).await?;
        let text = path_parameter(parts, context, "id").await?;
        Self::named(collection, &text)
    }
}

impl Item {
    /// The resource with this id.
    ///
    /// # Errors
    /// 404 for what can't be an id of ours.
    pub(crate) fn named(collection: Collection, text: &str) -> Result<Self, Error> {
        let id = parse_id(text).ok_or_else(|| scim::Error::not_found(collection.kind.id(), text))?;
        Ok(Self { collection, id })
    }

    /// Where the resource is, or would be.
    pub(crate) fn location(&self) -> String {
        let Collection { caller, kind } = &self.collection;
        format!("{}{}/{}", caller.tenant_url, kind.resource_type().endpoint, self.id)
    }
}

impl Collection {
    /// The resources at this endpoint, named without its slash.
    ///
    /// # Errors
    /// 404 if the tenant has none; 403 if the token is not good for them.
    pub(crate) fn named(caller: Caller, endpoint: &str) -> Result<Self, Error> {
        let kind = caller.profile.by_endpoint(endpoint).map(Arc::clone);
        let kind = kind.ok_or_else(|| scim::Error::new(404, "this tenant has no such resource type"))?;
        caller.check_type(&kind)?;
        Ok(Self { caller, kind })
    }

    /// The caller's operation on resources of this type, now and only on such a version.
    pub(crate) fn operation(&self, context: &Context, precondition: Precondition) -> Operation {
        Operation {
            tenant: self.caller.tenant().id,
            settings: self.caller.tenant().settings.clone(),
            application: Arc::clone(&self.caller.application),
            kind: Arc::clone(&self.kind),
            actor: self.caller.actor(),
            origin: self.caller.origin(),
            at: now(context),
            tolerance: Arc::clone(self.caller.client.tolerance()),
            ids: Arc::clone(&context.ids),
            precondition,
        }
    }

    /// How the client wants to see resources.
    ///
    /// # Errors
    /// 400 for a projection that names attributes wrongly.
    pub(crate) fn view(&self, parameters: &Parameters) -> Result<View, Error> {
        View::new(&self.caller, &self.kind, parameters)
    }
}

/// Which version of a resource a request is about, from its headers `If-Match` and `If-None-Match`.
pub(crate) struct Conditions(pub(crate) Precondition);

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Precondition {
            matches: tags(&parts.headers, &IF_MATCH),
            none_matches: tags(&parts.headers, &IF_NONE_MATCH),
        }))
    }
}

/// A list header may come in several lines (RFC 9110 §5.3). What is no text is no tag of ours.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
    let lines: Vec<&str> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?")).collect();
    (!lines.is_empty()).then(|| Tags::parse(&lines.join(",")))
}

/// How a client wants to see resources: which attributes, and under which addresses.
pub(crate) struct View {
    kind: Arc<TypeProfile>,
    tenant_url: String,
    projection: Arc<Projection>,
}

impl View {
    /// What this client wants to see of resources of a type.
    ///
    /// # Errors
    /// 400 for a projection that names attributes wrongly.
    pub(crate) fn new(
        caller: &Caller,
        kind: &Arc<TypeProfile>,
        parameters: &Parameters,
    ) -> Result<Self, Error> {
        let projection = parameters.projection(kind)?;
        Ok(Self { kind: Arc::clone(kind), tenant_url: caller.tenant_url.clone(), projection })
    }

    /// Whether memberships have to be read.
    pub(crate) fn wanted(&self) -> Wanted {
        let attribute = if self.kind.id() == GROUP { "members" } else { "groups" };
        if self.projection.wants(attribute) { Wanted::Everything } else { Wanted::Nothing }
    }

    /// The resource as this client sees it.
    ///
    /// # Errors
    /// 500 if its document is none.
    pub(crate) fn show(&self, resource: Resource) -> Result<Box<RawValue>, Error> {
        Ok(resource.show(&self.kind, &self.tenant_url, &self.projection)?)
    }

    /// What became of an operation that left this resource.
    ///
    /// # Errors
    /// As [`View::show`].
    pub(crate) fn outcome(&self, status: StatusCode, resource: Resource) -> Result<Outcome, Error> {
        Ok(Outcome {
            id: resource.stored.id,
            status,
            version: Some(resource.entity_tag()),
            location: resource.location(self.kind.resource_type(), &self.tenant_url),
            body: Some(self.show(resource)?),
        })
    }
}
