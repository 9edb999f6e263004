//! An application that has the service provider in it: `cargo run -p service-provider --example embed`.
//!
//! It prints a Tenant URL and a Secret Token for Entra, Okta or curl, and shows at `/` what they did.

#![allow(clippy::print_stdout, reason = "it tells how to reach it")]

use std::sync::Arc;

use application::{Application, Applications, Change, Profile};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use jiff::Timestamp;
use model::connection::ConnectionName;
use model::grant::Grant;
use model::settings::Settings;
use model::tenant::{Application as Kind, Tenant};
use model::token::{DigestKey, Secret, SecretKind, Token};
use model::{Clock, IdSource, TenantId};
use service_provider::{Context, router};
use store::{DatabaseUrl, Store, Tx};
use uuid::Uuid;

/// What the application has to say about users and groups.
struct Crm(Arc<Profile>);

impl Application for Crm {
    fn kind(&self) -> Kind {
        Kind::Plain
    }

    fn profile(&self) -> &Arc<Profile> {
        &self.0
    }

    /// This is part of the transaction of each SCIM request: tables of one's own can't disagree with the users.
    fn changed(&self, _: &mut Tx<'_>, change: &Change<'_>) -> Result<(), store::Error> {
        println!("{} is about to change: {:?}", change.resource_type, change.after.map(|after| after.id));
        Ok(())
    }
}

struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl IdSource for System {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let (app, token) = app("sqlite:embed.db", "http://127.0.0.1:8080").await?;
    println!("Tenant URL    http://127.0.0.1:8080/t/acme/scim/v2\nSecret Token  {token}");
    Ok(axum::serve(listener, app).await?)
}

/// The application, and a token for its tenant `acme`.
pub async fn app(database: &str, url: &str) -> Result<(Router, String), Box<dyn std::error::Error>> {
    let store = Store::open(&DatabaseUrl::parse(database)?)?;
    // A real one keeps this key in a file of its own: tokens are good with it alone.
    let key = DigestKey::new(rand::random());
    let (name, created, settings) = ("acme".parse()?, Timestamp::now(), Settings::default());
    let (id, application) = (TenantId(Uuid::now_v7()), Kind::Plain);
    let new = Tenant { id, name, application, created, settings, schema_version: 0 };
    let secret = Secret::mint(SecretKind::Scim, &rand::random());
    let (public_id, digest) = (secret.public_id().to_owned(), key.digest(&secret).to_vec());
    let set_up = move |tx: &mut Tx<'_>| {
        let tenant = match store::tenant::by_name(tx, new.name.as_str())? {
            Some(known) => known.id,
            None => store::tenant::create(tx, &new).map(|()| new.id)?,
        };
        let (id, digest, connection) = (public_id.clone(), digest.clone(), ConnectionName::default());
        let (label, expires, revoked, grant) = (String::new(), None, None, Grant::default());
        let token = Token { id, tenant, connection, digest, label, created, expires, revoked, grant };
        store::token::insert(tx, &token).map(|()| tenant)
    };
    let tenant = store.write(set_up).await?;
    let crm = Applications::new(vec![Arc::new(Crm(Arc::new(Profile::plain())))]);
    let context = Context::new(store.clone(), key, Arc::new(System), Arc::new(System), crm, url);
    let app =
        Router::new().route("/", get(home)).with_state((store, tenant)).fallback_service(router(context));
    Ok((app, secret.reveal().to_owned()))
}

/// What happened so far.
async fn home(State((store, tenant)): State<(Store, TenantId)>) -> Result<String, StatusCode> {
    let feed = store.write(move |tx| store::feed::read(tx, tenant, 0, 100)).await;
    let feed = feed.map_err(|_: store::Error| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(feed.iter().map(|one| format!("{} {}\n", one.change.resource, one.change.kind.as_str())).collect())
}
