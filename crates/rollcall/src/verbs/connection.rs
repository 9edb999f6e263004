//! `rollcall connection create|list|show|set|delete`

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::Result;
use jiff::Timestamp;
use model::connection::{Connection, ConnectionName, Kind};
use scim::quirks::{ClientKind, Quirk};
use serde::Serialize;
use serde_json::json;
use store::quirk::Count;

use crate::cli;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Connection, output: Output) -> Result<()> {
    match verb {
        cli::Connection::Create { of, name, kind } => {
            output.answer(&create(on, of.tenant, name, kind).await?)
        }
        cli::Connection::List { of } => output.answer(&list(on, &of.tenant).await?),
        cli::Connection::Show { of, name } => output.answer(&show(on, &of.tenant, &name).await?),
        cli::Connection::Set { of, name, changes } => {
            output.answer(&set(on, &of.tenant, &name, &changes).await?)
        }
        cli::Connection::Delete { of, name, yes } => {
            output.answer(&delete(on, &of.tenant, &name, yes).await?)
        }
    }
}

#[derive(Serialize)]
struct Created {
    tenant: String,
    connection: ConnectionName,
    kind: Kind,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { tenant, connection, .. } = self;
        writeln!(out, "Tenant {tenant} has a connection {connection} now.")?;
        writeln!(out, "Next: rollcall token create --tenant {tenant} --connection {connection}")
    }
}

async fn create(on: &Installation, tenant: String, name: ConnectionName, kind: Kind) -> Result<Created> {
    let id = on.tenant(&tenant).await?.id;
    let made =
        Connection { tenant: id, name: name.clone(), kind, choices: BTreeMap::new(), created: on.now() };
    let entry = on.audit("connection.create", name.as_str(), json!({ "kind": kind }));
    let result = on.store.write(move |tx| {
        store::connection::create(tx, &made)?;
        record(tx, Some(id), &entry)
    });
    match result.await {
        Ok(()) => Ok(Created { tenant, connection: name, kind }),
        Err(store::Error::Uniqueness { .. }) => Err(refusal(
            format!("tenant {tenant} has a connection {:?} already", name.as_str()),
            format!("choose another name; `rollcall connection show --tenant {tenant} {name}` shows it"),
        )),
        Err(error) => Err(error.into()),
    }
}

#[derive(Serialize)]
struct Connections {
    connections: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    connection: ConnectionName,
    kind: Kind,
    created: Timestamp,
}

impl Answer for Connections {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.connections.iter();
        let rows = rows.map(|row| [row.connection.to_string(), row.kind.to_string(), shown(row.created)]);
        write_table(out, &table(["CONNECTION", "KIND", "CREATED"], rows), "The tenant has no connection.")
    }
}

async fn list(on: &Installation, tenant: &str) -> Result<Connections> {
    let id = on.tenant(tenant).await?.id;
    let listed = on.store.read(move |tx| store::connection::list(tx, id)).await?;
    let row =
        |listed: Connection| Row { connection: listed.name, kind: listed.kind, created: listed.created };
    Ok(Connections { connections: listed.into_iter().map(row).collect() })
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    connection: Row,
    quirks: Vec<ShownQuirk>,
}

/// A quirk as a connection has it.
#[derive(Serialize)]
struct ShownQuirk {
    quirk: Quirk,
    explanation: &'static str,
    /// For whom it is on: for everybody or nobody, or as the kind of client that a request looks like has it.
    on: On,
    /// Whether somebody chose that.
    chosen: bool,
    /// How many requests needed it.
    requests: i64,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
enum On {
    Always(bool),
    For(Vec<ClientKind>),
}

impl On {
    fn of(connection: &Connection, quirk: Quirk) -> Self {
        let tolerates = |client: &ClientKind| connection.quirks(*client).contains(quirk);
        let kinds = match connection.kind.client() {
            Some(client) => vec![client],
            None => ClientKind::ALL.to_vec(),
        };
        let on: Vec<ClientKind> = kinds.iter().copied().filter(tolerates).collect();
        if on.is_empty() || on.len() == kinds.len() { Self::Always(!on.is_empty()) } else { Self::For(on) }
    }

    fn text(&self) -> String {
        match self {
            Self::Always(true) => "on".to_owned(),
            Self::Always(false) => "off".to_owned(),
            Self::For(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
                format!("on for {}", kinds.join(" and "))
            }
        }
    }
}

impl ShownQuirk {
    fn of(connection: &Connection, quirk: Quirk, counts: &[Count]) -> Self {
        let count = counts.iter().find(|count| count.quirk == quirk);
        Self {
            quirk,
            explanation: quirk.explanation(),
            on: On::of(connection, quirk),
            chosen: connection.choices.contains_key(&quirk),
            requests: count.map_or(0, |count| count.requests),
            first_seen: count.map(|count| count.first_seen),
            last_seen: count.map(|count| count.last_seen),
        }
    }
}

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Row { connection, kind, created } = &self.connection;
        writeln!(out, "Connection  {connection}\nKind        {kind}\nCreated     {}\n", shown(*created))?;
        let time = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), shown);
        let rows = self.quirks.iter().map(|quirk| {
            let chosen = if quirk.chosen { " (chosen)" } else { "" };
            [
                quirk.quirk.to_string(),
                format!("{}{chosen}", quirk.on.text()),
                quirk.requests.to_string(),
                time(quirk.first_seen),
                time(quirk.last_seen),
                quirk.explanation.to_owned(),
            ]
        });
        let header = ["QUIRK", "SWITCH", "REQUESTS", "FIRST SEEN", "LAST SEEN", "WHAT THE CLIENT DOES"];
        write_table(out, &table(header, rows), "")
    }
}

async fn show(on: &Installation, tenant: &str, name: &ConnectionName) -> Result<Shown> {
    let found = on.connection(tenant, name).await?;
    let (id, asked) = (found.tenant, found.name.clone());
    let counts = on.store.read(move |tx| store::quirk::of_connection(tx, id, &asked)).await?;
    let quirks = Quirk::ALL.iter().map(|quirk| ShownQuirk::of(&found, *quirk, &counts)).collect();
    Ok(Shown { connection: Row { connection: found.name, kind: found.kind, created: found.created }, quirks })
}

#[derive(Serialize)]
struct Changed {
    connection: ConnectionName,
    kind: Kind,
    choices: BTreeMap<Quirk, bool>,
}

impl Answer for Changed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Connection {} is now of the kind {}.", self.connection, self.kind)?;
        self.choices.iter().try_for_each(|(quirk, on)| {
            writeln!(out, "  {quirk} is {}, by choice", if *on { "on" } else { "off" })
        })
    }
}

/// Makes all of the changes or, if one can't be, none.
async fn set(on: &Installation, tenant: &str, name: &ConnectionName, changes: &[String]) -> Result<Changed> {
    let mut connection = on.connection(tenant, name).await?;
    for change in changes {
        let (what, value) = change.split_once('=').ok_or_else(|| {
            refusal(format!("{change:?} is not NAME=VALUE"), "write for example string_booleans=off")
        })?;
        connection.set(what, value).map_err(|error| {
            refusal(
                error.to_string(),
                format!("`rollcall connection show --tenant {tenant} {name}` lists the quirks"),
            )
        })?;
    }
    let Connection { kind, choices, .. } = connection.clone();
    let entry = on.audit("connection.set", name.as_str(), json!({ "kind": kind, "choices": choices }));
    on.store
        .write(move |tx| {
            store::connection::update(tx, &connection)?;
            record(tx, Some(connection.tenant), &entry)
        })
        .await?;
    Ok(Changed { connection: name.clone(), kind, choices })
}

#[derive(Serialize)]
struct Deleted {
    connection: ConnectionName,
    deleted: bool,
}

impl Answer for Deleted {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Connection {} is deleted, and its tokens and OAuth clients with it.", self.connection)
    }
}

async fn delete(on: &Installation, tenant: &str, name: &ConnectionName, yes: bool) -> Result<Deleted> {
    let connection = on.connection(tenant, name).await?;
    if connection.name.is_default() {
        return Err(refusal(
            format!("the connection {name} can't be deleted: every tenant has it"),
            format!("revoke its tokens; see `rollcall token list --tenant {tenant}`"),
        ));
    }
    let (owner, now) = (connection.tenant, on.now());
    let read = on.store.read(move |tx| {
        Ok::<_, store::Error>((store::token::list(tx, owner)?, store::client::list(tx, owner)?))
    });
    let (tokens, clients) = read.await?;
    let live =
        tokens.iter().filter(|listed| listed.token.connection == *name && listed.token.is_live(now)).count();
    let clients = clients.iter().filter(|client| client.connection == *name).count();
    if !yes {
        let count = |count, one, many| number(u64::try_from(count).unwrap_or(u64::MAX), one, many);
        let (tokens, clients) =
            (count(live, "live token", "live tokens"), count(clients, "OAuth client", "OAuth clients"));
        return Err(refusal(
            format!("deleting connection {name} of tenant {tenant} removes {tokens} and {clients} for good"),
            "repeat it with --yes if that is meant",
        ));
    }
    let detail = json!({ "live_tokens": live, "clients": clients });
    let entry = on.audit("connection.delete", name.as_str(), detail);
    let gone = name.clone();
    let deleted = on.store.write(move |tx| {
        let deleted = store::connection::delete(tx, owner, &gone)?;
        record(tx, Some(owner), &entry)?;
        Ok::<_, store::Error>(deleted)
    });
    Ok(Deleted { connection: connection.name, deleted: deleted.await? })
}
