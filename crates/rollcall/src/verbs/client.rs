//! `rollcall client create|trust|secret|revoke|list|delete`

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
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
use crate::verbs::token::shortened;

/// Does what the command line says.
pub async fn run(on: &Installation, verb: Verb, output: Output) -> Result<()> {
    match verb {
        Verb::Create { of, connection, label, expires, grant } => {
            let new = New { connection, label, grant, trust: None, secret: Some(expires) };
            output.answer(&create(on, &of.tenant, new).await?)
        }
        Verb::Trust { of, connection, label, issuer, subject, audience, jwks_url, claim, grant } => {
            let claims: BTreeMap<String, String> = claim.into_iter().collect();
            check_jwks_url(&jwks_url)?;
            let trust = Trust { issuer, subject, audience, claims, jwks_url };
            let new = New { connection, label, grant, trust: Some(trust), secret: None };
            output.answer(&create(on, &of.tenant, new).await?)
        }
        Verb::Secret { of, id, overlap, expires } => {
            output.answer(&secret(on, &of.tenant, id, overlap, expires).await?)
        }
        Verb::Revoke { of, id, secret } => output.answer(&revoke(on, &of.tenant, id, secret).await?),
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
    /// The secret that was made with it. The only answer of all that holds one.
    #[serde(flatten)]
    secret: Option<NewSecret>,
}

#[derive(Serialize)]
struct NewSecret {
    secret_id: String,
    client_secret: String,
    secret_expires: Option<Timestamp>,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Client          {}\nToken endpoint  {}", self.client_id, self.token_endpoint)?;
        let Some(NewSecret { secret_id, client_secret, secret_expires }) = &self.secret else {
            return writeln!(out, "It proves itself by assertions of its issuer.");
        };
        let end = secret_expires
            .map_or_else(|| "does not expire".to_owned(), |at| format!("expires {}", shown(at)));
        writeln!(
            out,
            "Keep its secret {secret_id}, which {end}, now; it is not shown again:\n{client_secret}"
        )
    }
}

/// Whether the server would ask this address for an issuer's keys.
fn check_jwks_url(url: &str) -> Result<()> {
    egress::Client::new()?.check(url).map_err(|error| {
        let hint = "give the https URL of the issuer's keys: jwks_uri of its OpenID configuration";
        refusal(format!("--jwks-url {url}: {error}"), hint)
    })
}

/// A secret that was made and is not stored yet.
fn mint(on: &Installation, client: ClientId, lifetime: Lifetime) -> Result<(NewSecret, ClientSecret)> {
    let secret = Secret::mint(SecretKind::Client, &entropy::bytes::<MINT_BYTES>()?);
    let created = on.now();
    let expires = match lifetime {
        Lifetime::Never => None,
        Lifetime::For(duration) => Some(created.checked_add(duration).context("that is beyond all time")?),
    };
    let digest = on.keys.digest_key().digest(&secret);
    let id = secret.public_id().to_owned();
    let client_secret = secret.reveal().to_owned();
    let made = NewSecret { secret_id: id.clone(), client_secret, secret_expires: expires };
    Ok((made, ClientSecret { id, client, digest, created, expires }))
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
    let (secret, stored) = minted.unzip();
    let created = Created { client_id: client.id, token_endpoint: token_endpoint(on, tenant).await?, secret };
    let detail = json!({
        "label": client.label, "connection": client.connection, "scope": client.scope,
        "networks": client.networks, "trust": client.trust,
    });
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

async fn secret(
    on: &Installation,
    tenant: &str,
    id: ClientId,
    overlap: Option<SignedDuration>,
    lifetime: Lifetime,
) -> Result<Created> {
    let owner = find(on, tenant, id).await?.tenant;
    let end = overlap.map(|overlap| on.now().checked_add(overlap).context("that is beyond all time"));
    let end = end.transpose()?;
    let (made, stored) = mint(on, id, lifetime)?;
    let detail = json!({ "secret": stored.id, "expires": stored.expires, "others_expire": end });
    let entry = on.audit("client.secret", &id.to_string(), detail);
    let added = on.store.write(move |tx| {
        let others = store::client::secrets(tx, owner, id)?;
        let added = store::client::add_secret(tx, owner, &stored)?;
        if added {
            for (other, end) in others.iter().filter_map(|other| Some((other, end?))) {
                store::client::expire_secret(tx, owner, id, &other.id, end)?;
            }
            record(tx, Some(owner), &entry)?;
        }
        Ok::<_, store::Error>(added)
    });
    if !added.await? {
        return Err(refusal(
            format!("client {id} of tenant {tenant} has as many live secrets as may be"),
            format!(
                "see `rollcall client list --tenant {tenant}`, and revoke one with `rollcall client revoke`"
            ),
        ));
    }
    let token_endpoint = token_endpoint(on, tenant).await?;
    Ok(Created { client_id: id, token_endpoint, secret: Some(made) })
}

#[derive(Serialize)]
struct Revoked {
    client_id: ClientId,
    secret_id: String,
    revoked: bool,
}

impl Answer for Revoked {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { client_id, secret_id, .. } = self;
        writeln!(
            out,
            "Secret {secret_id} of client {client_id} is revoked, and the tokens that the client had."
        )
    }
}

async fn revoke(on: &Installation, tenant: &str, id: ClientId, secret: String) -> Result<Revoked> {
    let owner = find(on, tenant, id).await?.tenant;
    let entry = on.audit("client.revoke", &id.to_string(), json!({ "secret": secret }));
    let asked = secret.clone();
    let revoked = on.store.write(move |tx| {
        let revoked = store::client::delete_secret(tx, owner, id, &asked)?;
        if revoked {
            record(tx, Some(owner), &entry)?;
        }
        Ok::<_, store::Error>(revoked)
    });
    if !revoked.await? {
        let hint = format!("see `rollcall client list --tenant {tenant}`; a secret's id has 12 characters");
        return Err(refusal(format!("client {id} has no secret {:?}", shortened(&secret)), hint));
    }
    Ok(Revoked { client_id: id, secret_id: secret, revoked: true })
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
    trust: Option<Trust>,
    /// The secrets that prove it now.
    secrets: Vec<SecretRow>,
    created: Timestamp,
}

#[derive(Serialize)]
struct SecretRow {
    id: String,
    created: Timestamp,
    expires: Option<Timestamp>,
}

impl Row {
    fn of(client: Client, secrets: Vec<ClientSecret>, now: Timestamp) -> Self {
        let Client { id, connection, label, scope, networks, trust, created, tenant: _ } = client;
        let live = secrets.into_iter().filter(|secret| secret.is_live(now));
        let secrets =
            live.map(|ClientSecret { id, created, expires, .. }| SecretRow { id, created, expires });
        Self { id, connection, label, scope, networks, trust, secrets: secrets.collect(), created }
    }

    /// By what it is proven, in words.
    fn proof(&self) -> String {
        let issuer = self.trust.iter().map(|trust| trust.issuer.clone());
        let secrets = self.secrets.iter().map(|secret| match secret.expires {
            Some(expires) => format!("secret {} until {}", secret.id, shown(expires)),
            None => format!("secret {}", secret.id),
        });
        issuer.chain(secrets).collect::<Vec<_>>().join(", ")
    }
}

impl Answer for Clients {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.clients.iter().map(|row| {
            let limits = [row.scope.to_string(), row.networks.to_string()].join(" ").trim().to_owned();
            [row.id.to_string(), row.connection.to_string(), row.label.clone(), row.proof(), limits]
        });
        let table = table(["CLIENT", "CONNECTION", "LABEL", "PROVEN BY", "ONLY"], rows);
        write_table(out, &table, "The tenant has no OAuth client: rollcall client create --tenant NAME")
    }
}

async fn list(on: &Installation, tenant: &str) -> Result<Clients> {
    let (owner, now) = (on.tenant(tenant).await?.id, on.now());
    let clients = on.store.read(move |tx| {
        let clients = store::client::list(tx, owner)?;
        let row = |client: Client| {
            let secrets = store::client::secrets(tx, owner, client.id)?;
            Ok(Row::of(client, secrets, now))
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
