//! Who asks: the one way from a request to a tenant.
//!
//! A handler that works on a tenant's resources takes a [`Caller`] as an argument; there is no other source of a
//! tenant, and no other way to the store, so a route without its guard does not compile into anything useful.

use std::net::IpAddr;
use std::sync::Arc;

use application::{Application, Profile, TypeProfile, USER, resources};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::Extensions;
use axum::http::request::Parts;
use jiff::Timestamp;
use model::ResourceId;
use model::connection::{Connection, ConnectionName, Kind};
use model::lifetime::State;
use model::resource::Origin;
use model::tenant::Tenant;
use model::token::{Secret, Token};
use scim::quirks::{Quirk, Tolerance};
use store::token::Known;
use store::{Listener, Store, Tx};

use crate::admission::{Patience, Permit};
use crate::authorization::Form;
use crate::client::Client;
use crate::client_address::of_request;
use crate::encoding::settle_plus;
use crate::error::Error;
use crate::normalize::HostForm;
use crate::profiles;
use crate::record::{Record, note};
use crate::routes::{Access, Endpoint};
use crate::{Context, authorization, now};

/// A client that showed a live token of the tenant it addresses.
#[derive(Clone)]
pub(crate) struct Caller {
    /// What is known of the client, and tolerated from it.
    pub(crate) client: Arc<Client>,
    /// What stands behind the tenant.
    pub(crate) application: Arc<dyn Application>,
    /// What the tenant's resources look like now.
    pub(crate) profile: Arc<Profile>,
    /// The Tenant URL in the form that the client uses; locations begin with it.
    pub(crate) tenant_url: String,
    known: Arc<Known>,
    store: Store,
    at: Timestamp,
    /// Its share of the server, for as long as the request is under way.
    permit: Arc<Permit>,
}

impl FromRequestParts<Arc<Context>> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Self, Error> {
        refuse_token_in_query(parts.uri.query())?;
        let (secret, form) = authorization::read(&parts.headers).ok_or_else(unauthorized)?;
        let at = now(context);
        let known = authenticate(context, secret, at, &parts.extensions).await?;
        let Known { token, tenant, connection } = &*known;
        let addressed = path_parameter(parts, context, "tenant").await?;
        let application = context.applications.get(tenant.application);
        let (Some(application), true) = (application, addressed == tenant.name.as_str()) else {
            return Err(unknown_tenant());
        };
        let address = of_request(parts, context);
        check_network(token, address)?;
        context.usage.note(token, at, address);
        let endpoint = parts.extensions.get::<Arc<Record>>().and_then(|record| record.endpoint());
        check_access(token, endpoint)?;
        check_purpose(connection, endpoint)?;
        let permit = context.admission.admit(tenant)?;
        let client = Arc::new(Client::new(Arc::clone(connection), parts)?);
        note(&parts.extensions, |record| record.note_client(Arc::clone(&client)));
        tolerate(form, client.tolerance())?;
        settle_plus(&mut parts.uri, client.tolerance())?;
        parts.extensions.insert(Arc::clone(&client));
        let tenant_url = match parts.extensions.get::<HostForm>() {
            Some(HostForm(url)) => url.clone(),
            None => context.public_url.tenant_url(tenant.name.as_str()),
        };
        let profile = profiles::of(context, tenant, &**application).await?;
        note(&parts.extensions, |record| record.note_profile(tenant, &profile));
        let application = Arc::clone(application);
        let store = context.store.of_tenant(tenant.id);
        Ok(Self { client, application, profile, tenant_url, known, store, at, permit: Arc::new(permit) })
    }
}

impl Caller {
    /// The tenant of the token, which is the one in the address.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.known.tenant
    }

    /// The instant of the request.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// The same caller, who asks again later.
    pub(crate) fn again(&self, at: Timestamp) -> Self {
        Self { at, ..self.clone() }
    }

    /// Who acts, for the audit log.
    pub(crate) fn actor(&self) -> String {
        let token = &self.known.token;
        match token.grant.client {
            Some(client) => format!("client:{client}"),
            None => format!("token:{}", token.id),
        }
    }

    /// The user that it acts as, if its token stands for one.
    pub(crate) fn subject(&self) -> Option<ResourceId> {
        self.known.token.grant.subject
    }

    /// The connection of its token.
    pub(crate) fn connection(&self) -> &ConnectionName {
        &self.known.token.connection
    }

    /// Through what it acts: the connection of its token.
    pub(crate) fn origin(&self) -> Origin {
        Origin::Scim { connection: self.known.token.connection.clone() }
    }

    /// Refuses resources of a type that the token is not good for. Whatever names a type in another way than by a
    /// route's path asks here as well.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn check_type(&self, kind: &TypeProfile) -> Result<(), scim::Error> {
        let token = &self.known.token;
        if token.grant.scope.users_only && kind.id() != USER {
            let id = &token.id;
            return Err(scim::Error::forbidden(format!("the token {id} is for users only")));
        }
        Ok(())
    }

    /// Lets the request wait for news, until what is answered is dropped.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn wait(&self) -> Result<Patience, scim::Error> {
        self.permit.wait()
    }

    /// Hears of news in change feeds from now on.
    pub(crate) fn listen(&self) -> Listener {
        self.store.listen()
    }

    /// The resource types that the token is good for.
    pub(crate) fn types(&self) -> Vec<Arc<TypeProfile>> {
        self.profile.types().iter().filter(|kind| self.check_type(kind).is_ok()).cloned().collect()
    }

    /// Counts the operations of a bulk request against the tenant's rate, besides the request itself.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn charge(&self, operations: usize) -> Result<(), scim::Error> {
        self.permit.charge(self.tenant(), u32::try_from(operations).unwrap_or(u32::MAX))
    }

    /// Reads for the tenant.
    ///
    /// # Errors
    /// Those of the closure and of [`Store::read`].
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<T, resources::Error> + Send + 'static,
    ) -> Result<T, Error> {
        Ok(self.store.read(run).await?)
    }

    /// As [`Caller::read`], for a read of a few rows by their keys.
    ///
    /// # Errors
    /// Those of the closure and of [`Store::look_up`].
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<T, resources::Error> + Send + 'static,
    ) -> Result<T, Error> {
        Ok(self.store.look_up(run).await?)
    }

    /// Writes for the tenant, if the token is still live: what was revoked, or went with its tenant, while a request
    /// was on its way changes nothing any more.
    ///
    /// # Errors
    /// 401 if the token is not live; those of the closure and of [`Store::write`].
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<T, resources::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (tenant, token, at) = (self.tenant().id, self.known.token.id.clone(), self.at);
        let written = self.store.write(move |tx| {
            if !store::token::hold_live(tx, tenant, &token, at)? {
                return Err(not_live(&token, "was revoked").into());
            }
            run(tx)
        });
        Ok(written.await?)
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
async fn authenticate(
    context: &Context,
    secret: Secret,
    at: Timestamp,
    extensions: &Extensions,
) -> Result<Arc<Known>, Error> {
    let found = context.known_tokens.find(&context.store, secret.public_id()).await?;
    let digest = found.as_ref().map_or(&[0; 32][..], |known| &known.token.digest);
    let proven = context.digest_key.verify(&secret, digest);
    let known = found.filter(|_| proven).ok_or_else(unauthorized)?;
    let (token, tenant) = (&known.token, &known.tenant);
    note(extensions, |record| record.note_caller(tenant, &token.id));
    match token.state(at) {
        State::Live => Ok(known),
        State::Revoked => Err(not_live(&token.id, "was revoked").into()),
        State::Expired => Err(not_live(&token.id, "has expired").into()),
    }
}

/// What whoever holds a secret that was right once may know.
fn not_live(token: &str, end: &str) -> scim::Error {
    scim::Error::unauthorized(format!("the token {token} {end}; ask for a new one"))
}

/// Refuses a token that is shown from outside its networks.
fn check_network(token: &Token, address: Option<IpAddr>) -> Result<(), Error> {
    if token.grant.networks.contain(address) {
        return Ok(());
    }
    let from =
        address.map_or_else(|| "an address that is not known".to_owned(), |address| address.to_string());
    let detail = format!("the token {} is not accepted from {from}", token.id);
    Err(scim::Error::forbidden(detail).into())
}

/// Refuses what the token's scope does not cover. A route that does not say what it needs needs everything. The
/// application's operations do not say of what resources they tell: events and members are of groups as well.
fn check_access(token: &Token, endpoint: Option<Endpoint>) -> Result<(), Error> {
    if token.grant.scope.users_only && endpoint.is_some_and(Endpoint::is_of_application) {
        let detail = format!(
            "the token {} is for users only; the application's API needs one that is not: without the scope users_only",
            token.id
        );
        return Err(scim::Error::forbidden(detail).into());
    }
    match endpoint.map_or(Access::Write, Endpoint::access) {
        Access::Write if token.grant.scope.read_only => {
            let detail = format!("the token {} is for reading only", token.id);
            Err(scim::Error::forbidden(detail).into())
        }
        Access::Write | Access::Read | Access::Open => Ok(()),
    }
}

/// Refuses a token of a client that provisions where the application itself is meant, and the other way round: neither
/// shall be able to do the other's work.
fn check_purpose(connection: &Connection, endpoint: Option<Endpoint>) -> Result<(), Error> {
    let is_application = connection.kind == Kind::Application;
    if is_application == endpoint.is_some_and(Endpoint::is_of_application) {
        return Ok(());
    }
    let detail = if is_application {
        format!(
            "the connection {} is of the kind application: its tokens are good for the application's API, not for SCIM",
            connection.name
        )
    } else {
        format!(
            "the connection {} provisions; the application's API needs a token of a connection of the kind application",
            connection.name
        )
    };
    Err(scim::Error::forbidden(detail).into())
}

/// Refuses a token in a form that is not tolerated. Its owner has shown it, so this tells nobody anything.
fn tolerate(form: Form, tolerance: &Tolerance) -> Result<(), Error> {
    let quirk = match form {
        Form::Bearer => return Ok(()),
        Form::Raw => Quirk::RawToken,
        Form::BearerTwice => Quirk::RepeatedBearer,
        Form::Basic => Quirk::BasicToken,
    };
    let refusal = || scim::Error::unauthorized("the token must be sent as Authorization: Bearer <token>");
    Ok(tolerance.require(quirk, refusal)?)
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
