//! Who asks: the one way from a request to a tenant.
//!
//! A handler that works on a tenant's resources takes a [`Caller`] as an argument; there is no other source of a
//! tenant, so a route without its guard does not compile into anything useful.

use std::sync::Arc;

use application::{Application, Profile};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use model::tenant::Tenant;
use model::token::Secret;
use store::token::Known;

use crate::Context;
use crate::error::Error;
use crate::normalize::HostForm;
use crate::record::note;

/// A client that showed a live token of the tenant it addresses.
pub(crate) struct Caller {
    /// The tenant of the token, which is the one in the address.
    pub(crate) tenant: Tenant,
    /// The public id of the token.
    pub(crate) token_id: String,
    /// What stands behind the tenant.
    pub(crate) application: Arc<dyn Application>,
    /// What the tenant's resources look like now.
    pub(crate) profile: Arc<Profile>,
    /// The Tenant URL in the form that the client uses; locations begin with it.
    pub(crate) tenant_url: String,
}

impl FromRequestParts<Arc<Context>> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Self, Error> {
        refuse_token_in_query(parts.uri.query())?;
        let secret = bearer(&parts.headers).ok_or_else(unauthorized)?;
        let Known { token, tenant, .. } = authenticate(context, secret, &parts.extensions).await?;
        let addressed = path_parameter(parts, context, "tenant").await?;
        let application = context.applications.get(tenant.application);
        let (Some(application), true) = (application, addressed == tenant.name.as_str()) else {
            return Err(unknown_tenant());
        };
        let tenant_url = match parts.extensions.get::<HostForm>() {
            Some(HostForm(url)) => url.clone(),
            None => context.public_url.tenant_url(tenant.name.as_str()),
        };
        let profile = Arc::clone(application.profile());
        Ok(Self { token_id: token.id, application: Arc::clone(application), profile, tenant_url, tenant })
    }
}

/// A parameter of the route's path, decoded.
///
/// # Errors
/// 404 if it is not UTF-8: no tenant, type or id of ours is.
pub(crate) async fn path_parameter(
    parts: &mut Parts,
    context: &Arc<Context>,
    name: &str,
) -> Result<String, Error> {
    let parameters = RawPathParams::from_request_parts(parts, context).await.map_err(|_| unknown_tenant())?;
    let found = parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(unknown_tenant)
}

/// What the token stands for, if it is ours and live.
///
/// A secret is proven before anything is told: whoever holds one may know that it expired. For an unknown public id a
/// digest is computed as well, so that the time tells nothing.
async fn authenticate(context: &Context, secret: Secret, extensions: &Extensions) -> Result<Known, Error> {
    let public_id = secret.public_id().to_owned();
    let found = context.store.look_up(move |tx| store::token::find(tx, &public_id)).await?;
    let digest = found.as_ref().map_or(&[0; 32][..], |known| &known.token.digest);
    let proven = context.digest_key.verify(&secret, digest);
    let known = found.filter(|_| proven).ok_or_else(unauthorized)?;
    let (token, tenant) = (&known.token, &known.tenant);
    note(extensions, |record| {
        record.note_caller(tenant.id, &token.id);
        record.note_connection(known.connection.name.as_str());
    });
    if token.is_live(context.clock.now()) {
        return Ok(known);
    }
    let end = if token.revoked.is_some() { "was revoked" } else { "has expired" };
    Err(scim::Error::unauthorized(format!("the token {} {end}; ask for a new one", token.id)).into())
}

/// The token of the one `Authorization: Bearer …` header (RFC 6750 §2.1; the scheme in any letter case, RFC 9110
/// §11.1). Form and checksum are checked here, before the store is asked anything.
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return None;
    }
    token.trim().parse().ok()
}

/// RFC 6750 §2.3 and §5.3: a token in a URL ends up in logs, so it is refused even when it is right.
fn refuse_token_in_query(query: Option<&str>) -> Result<(), Error> {
    let names_token =
        |pair: &str| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("access_token"));
    if query.is_some_and(|query| query.split('&').any(names_token)) {
        let detail =
            "a token must not be part of a URL; send it as Authorization: Bearer, and revoke this one";
        return Err(scim::Error::invalid_value(detail).into());
    }
    Ok(())
}

/// The same sentence whatever is wrong with the credential, so that it tells nothing about others.
fn unauthorized() -> Error {
    let detail = "a valid secret token is needed: Authorization: Bearer <token>";
    scim::Error::unauthorized(detail).into()
}

/// The same for a tenant that does not exist and for one that is somebody else's.
fn unknown_tenant() -> Error {
    scim::Error::new(404, "there is no such Tenant URL for this token").into()
}
