//! `rollcall admin-token create|list|revoke`

use std::io::{self, Write};

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::admin_token::{Access, AdminToken};
use model::token::{MINT_BYTES, Secret, SecretKind};
use serde::Serialize;
use serde_json::json;

use crate::cli::{self, Lifetime};
use crate::clock::shown;
use crate::entropy;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::AdminToken, output: Output) -> Result<()> {
    match verb {
        cli::AdminToken::Create { tenant, read_only, label, expires } => {
            let access = if read_only { Access::Read } else { Access::Write };
            output.answer(&create(on, tenant, access, label, expires).await?)
        }
        cli::AdminToken::List => output.answer(&list(on).await?),
        cli::AdminToken::Revoke { id } => output.answer(&revoke(on, id).await?),
    }
}

#[derive(Serialize)]
struct Created {
    id: String,
    secret: String,
    expires: Option<Timestamp>,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let end =
            self.expires.map_or_else(|| "does not expire".to_owned(), |at| format!("expires {}", shown(at)));
        writeln!(out, "Admin token {}, which {end}. Keep its secret now; it is not shown again:", self.id)?;
        writeln!(out, "{}", self.secret)
    }
}

async fn create(
    on: &Installation,
    tenant: Option<String>,
    access: Access,
    label: String,
    lifetime: Lifetime,
) -> Result<Created> {
    let owner = match &tenant {
        Some(name) => Some(on.tenant(name).await?.id),
        None => None,
    };
    let secret = Secret::mint(SecretKind::Admin, &entropy::bytes::<MINT_BYTES>()?);
    let created = on.now();
    let expires = match lifetime {
        Lifetime::Never => None,
        Lifetime::For(duration) => Some(created.checked_add(duration).context("that is beyond all time")?),
    };
    let token = AdminToken {
        id: secret.public_id().to_owned(),
        digest: on.keys.digest_key().digest(&secret).to_vec(),
        label,
        tenant: owner,
        access,
        created,
        expires,
        revoked: None,
    };
    let detail = json!({ "label": token.label, "tenant": tenant, "access": access, "expires": expires });
    let entry = on.audit("admin_token.create", &token.id, detail);
    let id = token.id.clone();
    on.store
        .write(move |tx| {
            store::admin_token::insert(tx, &token)?;
            record(tx, owner, &entry)
        })
        .await?;
    Ok(Created { id, secret: secret.reveal().to_owned(), expires })
}

#[derive(Serialize)]
struct Tokens {
    admin_tokens: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    label: String,
    tenant: Option<String>,
    access: Access,
    state: &'static str,
    created: Timestamp,
    expires: Option<Timestamp>,
    revoked: Option<Timestamp>,
}

impl Answer for Tokens {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.admin_tokens.iter().map(|row| {
            let tenant = row.tenant.clone().unwrap_or_else(|| "all".to_owned());
            let access = match row.access {
                Access::Read => "read",
                Access::Write => "write",
            };
            let expires = row.expires.map_or_else(|| "never".to_owned(), shown);
            [row.id.clone(), row.label.clone(), tenant, access.to_owned(), row.state.to_owned(), expires]
        });
        let table = table(["ADMIN TOKEN", "LABEL", "TENANT", "ACCESS", "STATE", "EXPIRES"], rows);
        write_table(out, &table, "There is no admin token yet: rollcall admin-token create")
    }
}

async fn list(on: &Installation) -> Result<Tokens> {
    let now = on.now();
    let read = |tx: &mut store::Tx<'_>| Ok((store::admin_token::list(tx)?, store::tenant::list(tx)?));
    let (tokens, tenants) = on.store.read::<_, store::Error, _>(read).await?;
    let row = |token: AdminToken| {
        let state = token.state(now).as_str();
        let tenant = tenants.iter().find(|tenant| Some(tenant.id) == token.tenant);
        let AdminToken { id, label, access, created, expires, revoked, .. } = token;
        Row {
            id,
            label,
            tenant: tenant.map(|tenant| tenant.name.to_string()),
            access,
            state,
            created,
            expires,
            revoked,
        }
    };
    Ok(Tokens { admin_tokens: tokens.into_iter().map(row).collect() })
}

#[derive(Serialize)]
struct Revoked {
    id: String,
    revoked: bool,
}

impl Answer for Revoked {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Admin token {} is revoked; the next request with it is refused.", self.id)
    }
}

async fn revoke(on: &Installation, id: String) -> Result<Revoked> {
    let asked = id.clone();
    let found = on.store.read(move |tx| store::admin_token::find(tx, &asked)).await?;
    let token = found.ok_or_else(|| {
        refusal(
            "there is no admin token of this id",
            "see `rollcall admin-token list`; an id has 12 characters",
        )
    })?;
    let (now, entry) = (on.now(), on.audit("admin_token.revoke", &token.id, json!({ "label": token.label })));
    on.store
        .write(move |tx| {
            if store::admin_token::revoke(tx, &token.id, now)? {
                record(tx, token.tenant, &entry)?;
            }
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(Revoked { id, revoked: true })
}
