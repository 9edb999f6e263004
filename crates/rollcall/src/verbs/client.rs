//! `rollcall client create|trust|secret|list|delete`

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::ClientId;
use model::client::{Client, ClientSecret, Trust};
use model::connection::ConnectionName;
use model::grant::{Networks, Scope};
use model::token::{MINT_BYTES, Secret, SecretKind};
use serde::Serialize;
use serde_json::json;

use crate::cli::client::Client as Verb;
use crate::cli::{self, Lifetime};
use crate::clock::shown;
use crate::entropy;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: Verb, output: Output) -> Result<()> {
    match verb {
        Verb::Create { of, connection, label, expires, grant } => {
            let new = New { connection, label, grant, trust: None, secret: Some(expires) };
            output.answer(&create(on, &of.tenant, new).await?)
        }
        Verb::Trust { of, connection, label, issuer, subject, audience, jwks_url, claim, grant } => {
            let claims: BTreeMap<String, String> = claim.into_iter().collect();
            let trust = Trust { issuer, subject, audience, claims, jwks_url };
            let new = New { connection, label, grant, trust: Some(trust), secret: None };
            output.answer(&create(on, &of.tenant, new).await?)
        }
        Verb::Secret { of, id, expires } => output.answer(&secret(on, &of.tenant, id, expires).await?),
        Verb::List { of } => output.answer(&list(on, &of.tenant).await?),
        Verb::Delete { of, id } => output.answer(&delete(on, &of.tenant, id).await?),
    }
}

/// What a client is to be.
struct New {
    connection: ConnectionName,
    label: String,
    grant: cli::Grant,
    trust: Option<Trust>,
    secret: Option<Lifetime>,
}

#[derive(Serialize)]
struct Created {
    client_id: ClientId,
    token_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_expires: Option<Timestamp>,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Client          {}\nToken endpoint  {}", self.client_id, self.token_endpoint)?;
        let Some(secret) = &self.client_secret else {
            return writeln!(out, "It proves itself by assertions of its issuer.");
        };
        let end = self
            .secret_expires
            .map_or_else(|| "does not expire".to_owned(), |at| format!("expires {}", shown(at)));
        writeln!(out, "Keep its secret, which {end}, now; it is not shown again:\n{secret}")
    }
}

/// A secret that was made and is not stored yet.
fn mint(on: &Installation, client: ClientId, lifetime: Lifetime) -> Result<(Secret, ClientSecret)> {
    let secret = Secret::mint(SecretKind::Client, &entropy::bytes::<MINT_BYTES>()?);
    let created = on.now();
    let expires = match lifetime {
        Lifetime::Never => None,
        Lifetime::For(duration) => Some(created.checked_add(duration).context("that is beyond all time")?),
    };
    let digest = on.keys.digest_key().digest(&secret);
    let stored = ClientSecret { id: secret.public_id().to_owned(), client, digest, created, expires };
    Ok((secret, stored))
}

async fn create(on: &Installation, tenant: &str, new: New) -> Result<Created> {
    let of = on.connection(tenant, &new.connection).await?;
    let cli::Grant { scope, networks } = new.grant;
    let client = Client {
        id: ClientId(on.ids.next()),
        tenant: of.tenant,
        connection: of.name,
        label: new.label,
        scope,
        networks,
        trust: new.trust,
        created: on.now(),
    };
    let minted = new.secret.map(|lifetime| mint(on, client.id, lifetime)).transpose()?;
    let (revealed, stored) = minted.map(|(secret, stored)| (secret.reveal().to_owned(), stored)).unzip();
    let created = Created {
        client_id: client.id,
        token_endpoint: token_endpoint(on, tenant).await?,
        client_secret: revealed,
        secret_expires: stored.as_ref().and_then(|stored: &ClientSecret| stored.expires),
    };
    let issuer = client.trust.as_ref().map(|trust| &trust.issuer);
    let detail = json!({ "label": client.label, "connection": client.connection, "issuer": issuer });
    let entry = on.audit("client.create", &client.id.to_string(), detail);
    on.store
        .write(move |tx| {
            store::client::insert(tx, &client)?;
            if let Some(secret) = &stored {
                store::client::add_secret(tx, client.tenant, secret)?;
            }
            record(tx, Some(client.tenant), &entry)
        })
        .await?;
    Ok(created)
}

async fn token_endpoint(on: &Installation, tenant: &str) -> Result<String> {
    Ok(format!("{}/t/{tenant}/oauth2/token", on.public_url().await?))
}

async fn secret(on: &Installation, tenant: &str, id: ClientId, lifetime: Lifetime) -> Result<Created> {
    let owner = find(on, tenant, id).await?.tenant;
    let (secret, stored) = mint(on, id, lifetime)?;
    let entry =
        on.audit("client.secret", &id.to_string(), json!({ "secret": stored.id, "expires": stored.expires }));
    let expires = stored.expires;
    let added = on.store.write(move |tx| {
        let added = store::client::add_secret(tx, owner, &stored)?;
        if added {
            record(tx, Some(owner), &entry)?;
        }
        Ok::<_, store::Error>(added)
    });
    if !added.await? {
        return Err(refusal(
            format!("client {id} of tenant {tenant} has as many live secrets as may be"),
            "wait until one expires, or make a new client in its place",
        ));
    }
    let client_secret = Some(secret.reveal().to_owned());
    let token_endpoint = token_endpoint(on, tenant).await?;
    Ok(Created { client_id: id, token_endpoint, client_secret, secret_expires: expires })
}

#[derive(Serialize)]
struct Clients {
    clients: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: ClientId,
    connection: ConnectionName,
    label: String,
    scope: Scope,
    networks: Networks,
    /// Whose assertions prove it.
    issuer: Option<String>,
    live_secrets: usize,
    created: Timestamp,
}

impl Answer for Clients {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.clients.iter().map(|row| {
            let proof = row.issuer.clone().unwrap_or_else(|| format!("{} live secrets", row.live_secrets));
            [row.id.to_string(), row.connection.to_string(), row.label.clone(), proof, shown(row.created)]
        });
        let table = table(["CLIENT", "CONNECTION", "LABEL", "PROVEN BY", "CREATED"], rows);
        write_table(out, &table, "The tenant has no OAuth client: rollcall client create --tenant NAME")
    }
}

async fn list(on: &Installation, tenant: &str) -> Result<Clients> {
    let (owner, now) = (on.tenant(tenant).await?.id, on.now());
    let clients = on.store.read(move |tx| {
        let clients = store::client::list(tx, owner)?;
        let row = |client: Client| {
            let secrets = store::client::secrets(tx, owner, client.id)?;
            let Client { id, connection, label, scope, networks, trust, created, .. } = client;
            let live_secrets = secrets.iter().filter(|secret| secret.is_live(now)).count();
            let issuer = trust.map(|trust| trust.issuer);
            Ok(Row { id, connection, label, scope, networks, issuer, live_secrets, created })
        };
        clients.into_iter().map(row).collect::<Result<_, store::Error>>()
    });
    Ok(Clients { clients: clients.await? })
}

#[derive(Serialize)]
struct Deleted {
    client_id: ClientId,
    deleted: bool,
}

impl Answer for Deleted {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Client {} is deleted, and its tokens with it.", self.client_id)
    }
}

async fn delete(on: &Installation, tenant: &str, id: ClientId) -> Result<Deleted> {
    let client = find(on, tenant, id).await?;
    let entry = on.audit("client.delete", &id.to_string(), json!({ "label": client.label }));
    on.store
        .write(move |tx| {
            store::client::delete(tx, client.tenant, id)?;
            record(tx, Some(client.tenant), &entry)
        })
        .await?;
    Ok(Deleted { client_id: id, deleted: true })
}

/// The tenant's client of this id.
async fn find(on: &Installation, tenant: &str, id: ClientId) -> Result<Client> {
    let owner = on.tenant(tenant).await?.id;
    let clients = on.store.read(move |tx| store::client::list(tx, owner)).await?;
    clients.into_iter().find(|client| client.id == id).ok_or_else(|| {
        refusal(
            format!("tenant {tenant} has no client {id}"),
            format!("see `rollcall client list --tenant {tenant}`"),
        )
    })
}
