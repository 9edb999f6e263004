//! `rollcall token create|list|rotate|revoke`

use std::io::{self, Write};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use model::connection::ConnectionName;
use model::grant::{Grant, Networks, Scope};
use model::token::{MINT_BYTES, Secret, SecretKind, Token};
use model::{ResourceId, TenantId};
use serde::Serialize;
use serde_json::json;
use service_provider::expiry;
use store::token::Listed;

use crate::cli::{self, Lifetime};
use crate::clock::shown;
use crate::entropy;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Token, output: Output) -> Result<()> {
    match verb {
        cli::Token::Create { of, connection, label, expires, grant, subject } => {
            let cli::Grant { scope, networks } = grant;
            let grant = Grant { scope, networks, client: None, subject };
            let new = New { connection, label, lifetime: expires, grant };
            output.answer(&create(on, &of.tenant, new).await?)
        }
        cli::Token::List { of } => output.answer(&list(on, &of.tenant).await?),
        cli::Token::Rotate { of, id, overlap, expires } => {
            output.answer(&rotate(on, &of.tenant, &id, overlap, expires).await?)
        }
        cli::Token::Revoke { of, id } => output.answer(&revoke(on, &of.tenant, &id).await?),
    }
}

/// A new token, with its secret.
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

/// When a token ends, in words.
pub fn end(expires: Option<Timestamp>) -> String {
    expires.map_or_else(|| "which does not expire".to_owned(), |at| format!("which expires {}", shown(at)))
}

/// What a token is to be.
pub struct New {
    /// The connection it belongs to.
    pub connection: ConnectionName,
    /// What it is for.
    pub label: String,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// What it opens.
    pub grant: Grant,
}

/// A token that was made and is not stored yet.
pub struct Minted {
    /// As it is to be stored.
    pub token: Token,
    /// As it is shown, once.
    pub created: Created,
}

/// Makes a token, without storing it.
///
/// # Errors
/// When there is no randomness, or its end is beyond all time.
pub fn mint(on: &Installation, tenant: TenantId, new: New) -> Result<Minted> {
    let New { connection, label, lifetime, grant } = new;
    let secret = Secret::mint(SecretKind::Scim, &entropy::bytes::<MINT_BYTES>()?);
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
        grant,
    };
    let created = Created { id: token.id.clone(), secret: secret.reveal().to_owned(), expires };
    Ok(Minted { token, created })
}

/// Makes a token.
///
/// # Errors
/// When there is no such tenant or connection, the subject is no user of it, or as many tokens live as may.
pub async fn create(on: &Installation, tenant: &str, new: New) -> Result<Created> {
    let of = on.connection(tenant, &new.connection).await?;
    let owner = of.tenant;
    if let Some(subject) = new.grant.subject {
        check_subject(on, tenant, owner, subject).await?;
    }
    let Minted { token, created } = mint(on, owner, new)?;
    let detail = json!({
        "label": token.label, "expires": token.expires, "connection": token.connection,
        "scope": token.grant.scope, "networks": token.grant.networks, "subject": token.grant.subject,
    });
    let entry = on.audit("token.create", &token.id, detail);
    let added = on.store.write(move |tx| {
        let added = store::token::add(tx, &token)?;
        if added {
            record(tx, Some(owner), &entry)?;
        }
        Ok::<_, store::Error>(added)
    });
    if added.await? { Ok(created) } else { Err(too_many(tenant, &of.name)) }
}

async fn check_subject(on: &Installation, tenant: &str, owner: TenantId, subject: ResourceId) -> Result<()> {
    let found = on.store.read(move |tx| store::resource::get(tx, owner, application::USER, subject)).await?;
    found.map(drop).ok_or_else(|| {
        let hint = "give the `id` that GET …/Users answers with";
        refusal(format!("tenant {tenant} has no user {subject}"), hint)
    })
}

/// That as many tokens live as may.
pub fn too_many(tenant: &str, connection: &ConnectionName) -> anyhow::Error {
    let live = store::token::MAX_LIVE;
    refusal(
        format!(
            "the connection {connection} of tenant {tenant} has {live} live tokens, and no more may live at once"
        ),
        format!("see `rollcall token list --tenant {tenant}`, and revoke one with `rollcall token revoke`"),
    )
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
    /// 30, 7 or 1: it is live, and ends within so many days.
    ends_within_days: Option<u8>,
    revoked: Option<Timestamp>,
    last_used: Option<Timestamp>,
    last_used_from: Option<String>,
    scope: Scope,
    networks: Networks,
    subject: Option<ResourceId>,
}

impl Row {
    fn of(listed: Listed, now: Timestamp) -> Self {
        let Listed { token, last_used, last_used_from } = listed;
        let state = token.state(now).as_str();
        let ends_within_days = ends_within_days(&token, now);
        let Token { id, connection, label, created, expires, revoked, grant, .. } = token;
        let Grant { scope, networks, subject, client: _ } = grant;
        Self {
            id,
            connection,
            label,
            state,
            created,
            expires,
            ends_within_days,
            revoked,
            last_used,
            last_used_from,
            scope,
            networks,
            subject,
        }
    }
}

impl Answer for Tokens {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.tokens.iter().map(|t| {
            let expires = t.expires.map_or_else(|| "never".to_owned(), shown);
            let expires = match t.ends_within_days {
                Some(days) => format!("{expires}, within {}", number(days, "day", "days")),
                None => expires,
            };
            let used = t.last_used.map_or_else(|| "never".to_owned(), shown);
            let used = t.last_used_from.as_ref().map_or(used.clone(), |from| format!("{used} from {from}"));
            let limits = [t.scope.to_string(), t.networks.to_string()].join(" ").trim().to_owned();
            let state = t.state.to_owned();
            [t.id.clone(), t.connection.to_string(), t.label.clone(), state, expires, used, limits]
        });
        let header = ["TOKEN", "CONNECTION", "LABEL", "STATE", "EXPIRES", "LAST USED", "ONLY"];
        let table = table(header, rows);
        write_table(out, &table, "The tenant has no token yet: rollcall token create --tenant NAME")
    }
}

/// The step of warning that a live token has come to.
pub fn ends_within_days(token: &Token, now: Timestamp) -> Option<u8> {
    token.expires.filter(|_| token.is_live(now)).and_then(|expires| expiry::step(expires, now))
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
    let (connection, label, grant) = (old.connection.clone(), old.label.clone(), old.grant.clone());
    let Minted { token, created } = mint(on, old.tenant, New { connection, label, lifetime, grant })?;
    let entry = on.audit("token.rotate", &old.id, json!({ "successor": token.id, "expires": end }));
    let (owner, replaced) = (old.tenant, old.id.clone());
    let added = on.store.write(move |tx| {
        let added = store::token::add(tx, &token)?;
        if added {
            store::token::expire(tx, owner, &replaced, end)?;
            record(tx, Some(owner), &entry)?;
        }
        Ok::<_, store::Error>(added)
    });
    if !added.await? {
        return Err(too_many(tenant, &old.connection));
    }
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
pub fn shortened(id: &str) -> String {
    let mut parts = id.split('_');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(prefix), Some(id), Some(_)) => format!("{prefix}_{id}_…"),
        _ => id.to_owned(),
    }
}
