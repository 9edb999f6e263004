//! `rollcall token create|list|rotate|revoke`

use std::io::{self, Write};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use model::TenantId;
use model::connection::ConnectionName;
use model::token::{MINT_BYTES, Secret, Token};
use serde::Serialize;
use serde_json::json;
use store::token::Listed;

use crate::cli::{self, Lifetime};
use crate::clock::shown;
use crate::entropy;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Token, output: Output) -> Result<()> {
    match verb {
        cli::Token::Create { of, connection, label, expires } => {
            output.answer(&create(on, &of.tenant, connection, label, expires).await?)
        }
        cli::Token::List { of } => output.answer(&list(on, &of.tenant).await?),
        cli::Token::Rotate { of, id, overlap, expires } => {
            output.answer(&rotate(on, &of.tenant, &id, overlap, expires).await?)
        }
        cli::Token::Revoke { of, id } => output.answer(&revoke(on, &of.tenant, &id).await?),
    }
}

/// A new token. The only answer of all that holds a secret.
#[derive(Serialize)]
pub struct Created {
    /// Its public id.
    pub id: String,
    /// The whole token.
    pub secret: String,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "Token {}, {}. Keep its secret now; it is not shown again:",
            self.id,
            end(self.expires)
        )?;
        writeln!(out, "{}", self.secret)
    }
}

fn end(expires: Option<Timestamp>) -> String {
    expires.map_or_else(|| "which does not expire".to_owned(), |at| format!("which expires {}", shown(at)))
}

/// A token that was made and is not stored yet.
struct Minted {
    token: Token,
    created: Created,
}

fn mint(
    on: &Installation,
    of: (TenantId, ConnectionName),
    label: String,
    lifetime: Lifetime,
) -> Result<Minted> {
    let (tenant, connection) = of;
    let secret = Secret::mint(&entropy::bytes::<MINT_BYTES>()?);
    let now = on.now();
    let expires = match lifetime {
        Lifetime::Never => None,
        Lifetime::For(duration) => Some(now.checked_add(duration).context("that is beyond all time")?),
    };
    let token = Token {
        id: secret.public_id().to_owned(),
        tenant,
        connection,
        digest: on.keys.digest_key().digest(&secret).to_vec(),
        label,
        created: now,
        expires,
        revoked: None,
    };
    let created = Created { id: token.id.clone(), secret: secret.reveal().to_owned(), expires };
    Ok(Minted { token, created })
}

/// Makes a token.
///
/// # Errors
/// When there is no such tenant or connection.
pub async fn create(
    on: &Installation,
    tenant: &str,
    connection: ConnectionName,
    label: String,
    lifetime: Lifetime,
) -> Result<Created> {
    let of = on.connection(tenant, &connection).await?;
    let tenant = of.tenant;
    let Minted { token, created } = mint(on, (tenant, of.name), label, lifetime)?;
    let detail = json!({ "label": token.label, "expires": token.expires, "connection": token.connection });
    let entry = on.audit("token.create", &token.id, detail);
    on.store
        .write(move |tx| {
            store::token::insert(tx, &token)?;
            record(tx, Some(tenant), &entry)
        })
        .await?;
    Ok(created)
}

#[derive(Serialize)]
struct Tokens {
    tokens: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    connection: ConnectionName,
    label: String,
    state: &'static str,
    created: Timestamp,
    expires: Option<Timestamp>,
    revoked: Option<Timestamp>,
    last_used: Option<Timestamp>,
}

impl Row {
    fn of(listed: Listed, now: Timestamp) -> Self {
        let Listed { token, last_used } = listed;
        let state = match (token.is_live(now), token.revoked) {
            (true, _) => "live",
            (false, Some(_)) => "revoked",
            (false, None) => "expired",
        };
        let Token { id, connection, label, created, expires, revoked, .. } = token;
        Self { id, connection, label, state, created, expires, revoked, last_used }
    }
}

impl Answer for Tokens {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.tokens.iter().map(|t| {
            let expires = t.expires.map_or_else(|| "never".to_owned(), shown);
            [
                t.id.clone(),
                t.connection.to_string(),
                t.label.clone(),
                t.state.to_owned(),
                shown(t.created),
                expires,
            ]
        });
        let table = table(["TOKEN", "CONNECTION", "LABEL", "STATE", "CREATED", "EXPIRES"], rows);
        write_table(out, &table, "The tenant has no token yet: rollcall token create --tenant NAME")
    }
}

async fn list(on: &Installation, tenant: &str) -> Result<Tokens> {
    let (tenant, now) = (on.tenant(tenant).await?.id, on.now());
    let listed = on.store.read(move |tx| store::token::list(tx, tenant)).await?;
    Ok(Tokens { tokens: listed.into_iter().map(|listed| Row::of(listed, now)).collect() })
}

/// A token in place of another.
#[derive(Serialize)]
struct Rotated {
    #[serde(flatten)]
    created: Created,
    replaces: String,
    old_expires: Timestamp,
}

impl Answer for Rotated {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.created.print(out)?;
        writeln!(out, "It replaces token {}, which lives until {}.", self.replaces, shown(self.old_expires))
    }
}

async fn rotate(
    on: &Installation,
    tenant: &str,
    id: &str,
    overlap: SignedDuration,
    lifetime: Lifetime,
) -> Result<Rotated> {
    let old = find(on, tenant, id).await?;
    let now = on.now();
    if !old.is_live(now) {
        return Err(refusal(
            format!("token {id} is not live any more"),
            format!("make a new one with `rollcall token create --tenant {tenant}`"),
        ));
    }
    let end = now.checked_add(overlap).context("that is beyond all time")?;
    let end = old.expires.map_or(end, |expires| expires.min(end));
    let Minted { token, created } =
        mint(on, (old.tenant, old.connection.clone()), old.label.clone(), lifetime)?;
    let entry = on.audit("token.rotate", &old.id, json!({ "successor": token.id, "expires": end }));
    let (owner, replaced) = (old.tenant, old.id.clone());
    on.store
        .write(move |tx| {
            store::token::insert(tx, &token)?;
            store::token::expire(tx, owner, &replaced, end)?;
            record(tx, Some(owner), &entry)
        })
        .await?;
    Ok(Rotated { created, replaces: old.id, old_expires: end })
}

#[derive(Serialize)]
struct Revoked {
    id: String,
    revoked: Timestamp,
}

impl Answer for Revoked {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Token {} is revoked; the next request with it is refused.", self.id)
    }
}

async fn revoke(on: &Installation, tenant: &str, id: &str) -> Result<Revoked> {
    let token = find(on, tenant, id).await?;
    let now = on.now();
    let entry = on.audit("token.revoke", &token.id, json!({ "label": token.label }));
    on.store
        .write(move |tx| {
            if store::token::revoke(tx, token.tenant, &token.id, now)? {
                record(tx, Some(token.tenant), &entry)?;
            }
            Ok::<_, store::Error>(())
        })
        .await?;
    let revoked = find(on, tenant, id).await?.revoked.unwrap_or(now);
    Ok(Revoked { id: id.to_owned(), revoked })
}

/// The tenant's token of this id.
async fn find(on: &Installation, tenant: &str, id: &str) -> Result<Token> {
    let (owner, asked) = (on.tenant(tenant).await?.id, id.to_owned());
    let found = on.store.read(move |tx| store::token::find(tx, &asked)).await?;
    found.map(|known| known.token).filter(|token| token.tenant == owner).ok_or_else(|| {
        let hint = format!("see `rollcall token list --tenant {tenant}`; an id has 12 characters");
        refusal(format!("tenant {tenant} has no token {:?}", shortened(id)), hint)
    })
}

/// Somebody may have given the whole secret for its id; then no more of it than the id is repeated.
fn shortened(id: &str) -> String {
    let mut parts = id.split('_');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(prefix), Some(id), Some(_)) => format!("{prefix}_{id}_…"),
        _ => id.to_owned(),
    }
}
