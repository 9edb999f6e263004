//! `rollcall print enable|show|unresolved|disable`: what the provisioning tab of a print service does, for a print tenant.
//!
//! Provisioning has a connection of its own, so that its token can be replaced or taken away without touching others.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use model::client::Client;
use model::connection::{Connection, ConnectionName, Kind};
use model::grant::Grant;
use model::tenant::{Application, Tenant};
use model::token::Token;
use print::unresolved::{self, Unresolved};
use serde::Serialize;
use serde_json::json;
use store::Tx;
use store::token::Listed;

use crate::cli::Lifetime;
use crate::cli::print::Print;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};
use crate::verbs::tenant;
use crate::verbs::token::{self, Minted, New};

/// The connection of provisioning.
const PROVISIONING: &str = "provisioning";

/// Does what the command line says.
pub async fn run(on: &Installation, verb: Print, output: Output) -> Result<()> {
    match verb {
        Print::Enable { of, expires, overlap } => {
            output.answer(&enable(on, &of.tenant, expires, overlap).await?)
        }
        Print::Show { of } => output.answer(&show(on, &of.tenant).await?),
        Print::Unresolved { of, limit } => output.answer(&unresolved(on, &of.tenant, limit).await?),
        Print::Disable { of } => output.answer(&disable(on, &of.tenant).await?),
    }
}

/// What the administrator enters at the identity provider.
#[derive(Serialize)]
struct Enabled {
    tenant: String,
    provisioning_tenant_url: String,
    provisioning_secret_token: String,
    /// The token's public id.
    token: String,
    expires: Option<Timestamp>,
    /// The token that it replaces, if one was live, and when that ends.
    replaces: Option<String>,
    old_expires: Option<Timestamp>,
}

impl Answer for Enabled {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Provisioning of tenant {} is enabled. Enter at the identity provider:", self.tenant)?;
        writeln!(out, "Provisioning tenant URL    {}", self.provisioning_tenant_url)?;
        writeln!(out, "Provisioning secret token  {}", self.provisioning_secret_token)?;
        let end = token::end(self.expires);
        writeln!(out, "Keep the token now, {end}; it is not shown again.")?;
        match (&self.replaces, self.old_expires) {
            (Some(old), Some(at)) => {
                writeln!(out, "It replaces token {old}, which lives until {}.", shown(at))
            }
            _ => Ok(()),
        }
    }
}

/// Makes the connection if there is none, and a token in place of the one there is.
async fn enable(
    on: &Installation,
    name: &str,
    lifetime: Lifetime,
    overlap: SignedDuration,
) -> Result<Enabled> {
    let owner = print_tenant(on, name).await?;
    let connection = provisioning()?;
    let label = "provisioning secret token".to_owned();
    let new = New { connection: connection.clone(), label, lifetime, grant: Grant::default() };
    let Minted { token, created } = token::mint(on, owner.id, new)?;
    let now = token.created;
    let end = now.checked_add(overlap).context("that is beyond all time")?;
    let made = Connection {
        tenant: owner.id,
        name: connection.clone(),
        kind: Kind::Entra,
        choices: BTreeMap::new(),
        created: now,
    };
    let entry =
        on.audit("print.enable", connection.as_str(), json!({ "token": token.id, "expires": token.expires }));
    let replaced = on.store.write(move |tx| {
        if store::connection::get(tx, made.tenant, made.name.as_str())?.is_none() {
            store::connection::create(tx, &made)?;
        }
        let replaced = retire(tx, &made, now, end)?;
        if !store::token::add(tx, &token)? {
            return Ok(None);
        }
        record(tx, Some(made.tenant), &entry)?;
        Ok::<_, store::Error>(Some(replaced))
    });
    let Some(replaced) = replaced.await? else { return Err(token::too_many(name, &connection)) };
    let old_expires = replaced.as_ref().map(|old| old.expires.map_or(end, |expires| expires.min(end)));
    Ok(Enabled {
        tenant: name.to_owned(),
        provisioning_tenant_url: tenant::url(on, name).await?,
        provisioning_secret_token: created.secret,
        token: created.id,
        expires: created.expires,
        replaces: replaced.map(|old| old.id),
        old_expires,
    })
}

/// Makes room for a new token: the latest live one lives on until `end`, others are revoked. Answers the latest.
fn retire(
    tx: &mut Tx<'_>,
    of: &Connection,
    now: Timestamp,
    end: Timestamp,
) -> Result<Option<Token>, store::Error> {
    let mut live = live(store::token::list(tx, of.tenant)?, &of.name, now);
    let latest = live.pop();
    for old in live {
        store::token::revoke(tx, of.tenant, &old.id, now)?;
    }
    if let Some(latest) = &latest {
        store::token::expire(tx, of.tenant, &latest.id, end)?;
    }
    Ok(latest)
}

/// The live tokens of a connection, the oldest first.
fn live(listed: Vec<Listed>, of: &ConnectionName, now: Timestamp) -> Vec<Token> {
    let tokens = listed.into_iter().map(|listed| listed.token);
    tokens.filter(|token| token.connection == *of && token.is_live(now)).collect()
}

/// The clients of a connection.
fn of(clients: Vec<Client>, connection: &ConnectionName) -> impl Iterator<Item = Client> {
    clients.into_iter().filter(move |client| client.connection == *connection)
}

/// How provisioning stands.
#[derive(Serialize)]
struct Shown {
    tenant: String,
    /// Whether a token opens the door now, or a client can get one.
    enabled: bool,
    provisioning_tenant_url: String,
    tokens: Vec<Row>,
    /// Clients of OAuth that get tokens for themselves.
    clients: Vec<String>,
    users: i64,
}

/// A live token.
#[derive(Serialize)]
struct Row {
    token: String,
    expires: Option<Timestamp>,
    last_used: Option<Timestamp>,
}

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let state = if self.enabled { "enabled" } else { "disabled" };
        writeln!(out, "Provisioning of tenant {} is {state}.", self.tenant)?;
        writeln!(out, "Provisioning tenant URL  {}", self.provisioning_tenant_url)?;
        for Row { token, expires, last_used } in &self.tokens {
            let used =
                last_used.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", shown(at)));
            writeln!(out, "Token {token}, {}, {used}", token::end(*expires))?;
        }
        for client in &self.clients {
            writeln!(out, "Client {client} gets tokens for itself")?;
        }
        if !self.enabled {
            writeln!(out, "Next: rollcall print enable --tenant {}", self.tenant)?;
        }
        writeln!(out, "Users  {}", self.users)
    }
}

async fn show(on: &Installation, name: &str) -> Result<Shown> {
    let (id, now, connection) = (print_tenant(on, name).await?.id, on.now(), provisioning()?);
    let read = on.store.read(move |tx| {
        Ok::<_, store::Error>((
            store::token::list(tx, id)?,
            store::client::list(tx, id)?,
            store::resource::count(tx, id, application::USER)?,
        ))
    });
    let (listed, clients, users) = read.await?;
    let of_provisioning =
        |listed: &Listed| listed.token.connection == connection && listed.token.is_live(now);
    let row = |one: Listed| Row { token: one.token.id, expires: one.token.expires, last_used: one.last_used };
    let tokens: Vec<Row> = listed.into_iter().filter(of_provisioning).map(row).collect();
    let clients: Vec<String> = of(clients, &connection).map(|client| client.id.to_string()).collect();
    Ok(Shown {
        tenant: name.to_owned(),
        enabled: !tokens.is_empty() || !clients.is_empty(),
        provisioning_tenant_url: tenant::url(on, name).await?,
        tokens,
        clients,
        users,
    })
}

/// Whom print clients asked for in vain.
#[derive(Serialize)]
struct AllUnresolved {
    unresolved: Vec<OneUnresolved>,
}

#[derive(Serialize)]
struct OneUnresolved {
    /// None: it was a card, whose number is a secret.
    name: Option<String>,
    attempts: i64,
    first: Timestamp,
    last: Timestamp,
}

impl Answer for AllUnresolved {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.unresolved.iter().map(|one| {
            let name = one.name.clone().unwrap_or_else(|| "(a card)".to_owned());
            [name, one.attempts.to_string(), shown(one.first), shown(one.last)]
        });
        let header = ["NAME", "ATTEMPTS", "FIRST", "LAST"];
        write_table(out, &table(header, rows), "Everybody whom print clients asked for was found.")
    }
}

async fn unresolved(on: &Installation, name: &str, limit: u32) -> Result<AllUnresolved> {
    let (id, now) = (print_tenant(on, name).await?.id, on.now());
    let all = on.store.read(move |tx| unresolved::list(tx, id, now, i64::from(limit))).await?;
    let told = |one: Unresolved| {
        let Unresolved { name, attempts, first, last } = one;
        OneUnresolved { name, attempts, first, last }
    };
    Ok(AllUnresolved { unresolved: all.into_iter().map(told).collect() })
}

/// That nobody provisions any more.
#[derive(Serialize)]
struct Disabled {
    tenant: String,
    /// How many tokens were revoked.
    revoked: usize,
    /// How many clients of OAuth were deleted, with their tokens.
    deleted_clients: usize,
}

impl Answer for Disabled {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let count = |count, one, several| number(u64::try_from(count).unwrap_or(u64::MAX), one, several);
        let revoked = count(self.revoked, "token is", "tokens are");
        write!(out, "Provisioning of tenant {} is disabled: {revoked} revoked", self.tenant)?;
        if self.deleted_clients > 0 {
            write!(out, ", {} deleted", count(self.deleted_clients, "client is", "clients are"))?;
        }
        writeln!(out, ". Users stay.")
    }
}

async fn disable(on: &Installation, name: &str) -> Result<Disabled> {
    let (id, now, connection) = (print_tenant(on, name).await?.id, on.now(), provisioning()?);
    let entry = on.audit("print.disable", connection.as_str(), json!({}));
    let done = on.store.write(move |tx| {
        let live = live(store::token::list(tx, id)?, &connection, now);
        for token in &live {
            store::token::revoke(tx, id, &token.id, now)?;
        }
        let clients: Vec<Client> = of(store::client::list(tx, id)?, &connection).collect();
        for client in &clients {
            store::client::delete(tx, id, client.id)?;
        }
        if !live.is_empty() || !clients.is_empty() {
            record(tx, Some(id), &entry)?;
        }
        Ok::<_, store::Error>((live.len(), clients.len()))
    });
    let (revoked, deleted_clients) = done.await?;
    Ok(Disabled { tenant: name.to_owned(), revoked, deleted_clients })
}

fn provisioning() -> Result<ConnectionName> {
    PROVISIONING.parse().context("the name of the connection")
}

async fn print_tenant(on: &Installation, name: &str) -> Result<Tenant> {
    let tenant = on.tenant(name).await?;
    if tenant.application == Application::Print {
        return Ok(tenant);
    }
    Err(refusal(
        format!(
            "tenant {name} is of the application {}, and this is about print tenants",
            tenant.application
        ),
        format!("provisioning into it needs a token only: rollcall token create --tenant {name}"),
    ))
}
