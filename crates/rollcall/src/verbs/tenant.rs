//! `rollcall tenant create|list|show|set|delete`

use std::io::{self, Write};

use anyhow::Result;
use jiff::Timestamp;
use model::TenantId;
use model::brake::BrakeState;
use model::settings::Settings;
use model::tenant::{Application, Tenant, TenantName};
use model::token::Token;
use serde::Serialize;
use serde_json::json;

use crate::cli;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, number, table, write_table};
use crate::verbs::token;

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Tenant, output: Output) -> Result<()> {
    match verb {
        cli::Tenant::Create { name, application } => output.answer(&create(on, name, application).await?),
        cli::Tenant::List => output.answer(&list(on).await?),
        cli::Tenant::Show { name } => output.answer(&show(on, &name).await?),
        cli::Tenant::Set { name, settings } => output.answer(&set(on, &name, &settings).await?),
        cli::Tenant::Delete { name, yes } => output.answer(&delete(on, &name, yes).await?),
    }
}

/// A new tenant.
#[derive(Serialize)]
pub struct Created {
    /// Its name.
    pub tenant: String,
    /// Its Tenant URL.
    pub url: String,
}

impl Answer for Created {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Tenant {} is made. Its Tenant URL is\n  {}", self.tenant, self.url)?;
        writeln!(out, "Next: rollcall token create --tenant {}", self.tenant)
    }
}

/// Makes a tenant.
///
/// # Errors
/// When another one has its name.
pub async fn create(on: &Installation, name: TenantName, application: Application) -> Result<Created> {
    let tenant = Tenant {
        id: TenantId(on.ids.next()),
        name,
        application,
        created: on.now(),
        settings: Settings::default(),
        schema_version: 0,
    };
    let name = tenant.name.to_string();
    let entry = on.audit("tenant.create", &name, json!({ "application": application }));
    let made = on.store.write(move |tx| {
        store::tenant::create(tx, &tenant)?;
        record(tx, Some(tenant.id), &entry)
    });
    match made.await {
        Ok(()) => Ok(Created { url: url(on, &name).await?, tenant: name }),
        Err(store::Error::Uniqueness { .. }) => Err(refusal(
            format!("there is a tenant {name:?} already"),
            format!("choose another name; `rollcall tenant show {name}` shows the one there is"),
        )),
        Err(error) => Err(error.into()),
    }
}

/// The Tenant URL of a tenant.
///
/// # Errors
/// The store's.
pub async fn url(on: &Installation, name: &str) -> Result<String> {
    Ok(format!("{}/t/{name}/scim/v2", on.public_url().await?))
}

#[derive(Serialize)]
struct Tenants {
    tenants: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    tenant: String,
    application: Application,
    url: String,
    created: Timestamp,
}

impl Answer for Tenants {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.tenants.iter();
        let rows =
            rows.map(|t| [t.tenant.clone(), t.application.to_string(), t.url.clone(), shown(t.created)]);
        let table = table(["TENANT", "APPLICATION", "TENANT URL", "CREATED"], rows);
        write_table(out, &table, "There is no tenant yet: rollcall tenant create NAME --application plain")
    }
}

async fn list(on: &Installation) -> Result<Tenants> {
    let mut tenants = Vec::new();
    for tenant in on.store.read(store::tenant::list).await? {
        let (url, name) = (url(on, tenant.name.as_str()).await?, tenant.name.to_string());
        tenants.push(Row { tenant: name, application: tenant.application, url, created: tenant.created });
    }
    Ok(Tenants { tenants })
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    tenant: Row,
    users: i64,
    groups: i64,
    /// Users who were deleted and can still come back.
    deleted_users: i64,
    /// Connections whose brake waits for a decision.
    shut_brakes: Vec<String>,
    /// Tokens that open the door now.
    tokens: usize,
    /// Those of them that end within 30 days.
    ending_tokens: Vec<EndingToken>,
    settings: Settings,
}

#[derive(Serialize)]
struct EndingToken {
    id: String,
    expires: Timestamp,
    /// 30, 7 or 1.
    ends_within_days: u8,
}

impl EndingToken {
    fn of(token: &Token, now: Timestamp) -> Option<Self> {
        let ends_within_days = token::ends_within_days(token, now)?;
        Some(Self { id: token.id.clone(), expires: token.expires?, ends_within_days })
    }
}

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Row { tenant, application, url, created } = &self.tenant;
        writeln!(out, "Tenant       {tenant}\nApplication  {application}\nTenant URL   {url}")?;
        writeln!(out, "Created      {}", shown(*created))?;
        writeln!(
            out,
            "Users        {}, and {} deleted who can come back\nGroups       {}\nLive tokens  {}",
            self.users, self.deleted_users, self.groups, self.tokens
        )?;
        for EndingToken { id, ends_within_days: days, .. } in &self.ending_tokens {
            let days = number(*days, "day", "days");
            writeln!(out, "Token {id} ends within {days}: rollcall token rotate --tenant {tenant} {id}")?;
        }
        for connection in &self.shut_brakes {
            writeln!(
                out,
                "The brake of connection {connection} is shut: rollcall brake show --tenant {tenant}"
            )?;
        }
        write_settings(out, &self.settings)
    }
}

async fn show(on: &Installation, name: &str) -> Result<Shown> {
    let tenant = on.tenant(name).await?;
    let (url, now) = (url(on, name).await?, on.now());
    let shown = on.store.read(move |tx| {
        let id = tenant.id;
        let tokens = store::token::list(tx, id)?.into_iter().map(|listed| listed.token);
        let live: Vec<Token> = tokens.filter(|token| token.is_live(now)).collect();
        let brakes = store::brake::list(tx, id)?.into_iter().filter(|brake| brake.state == BrakeState::Shut);
        let row = Row {
            tenant: tenant.name.to_string(),
            application: tenant.application,
            url: url.clone(),
            created: tenant.created,
        };
        Ok::<_, store::Error>(Shown {
            tenant: row,
            users: store::resource::count(tx, id, application::USER)?,
            groups: store::resource::count(tx, id, application::GROUP)?,
            deleted_users: store::tombstone::count(tx, id, application::USER)?,
            shut_brakes: brakes.map(|brake| brake.connection).collect(),
            tokens: live.len(),
            ending_tokens: live.iter().filter_map(|token| EndingToken::of(token, now)).collect(),
            settings: tenant.settings.clone(),
        })
    });
    Ok(shown.await?)
}

fn write_settings(out: &mut dyn Write, settings: &Settings) -> io::Result<()> {
    settings.to_object().iter().try_for_each(|(name, value)| writeln!(out, "  {name} = {value}"))
}

#[derive(Serialize)]
struct Changed {
    tenant: String,
    settings: Settings,
}

impl Answer for Changed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "The settings of tenant {} are now", self.tenant)?;
        write_settings(out, &self.settings)
    }
}

/// Changes all of the settings or, if one can't be, none.
async fn set(on: &Installation, name: &str, pairs: &[String]) -> Result<Changed> {
    let tenant = on.tenant(name).await?;
    let mut settings = tenant.settings;
    for pair in pairs {
        let (setting, value) = pair.split_once('=').ok_or_else(|| {
            refusal(format!("{pair:?} is not SETTING=VALUE"), "write for example retention_days=90")
        })?;
        settings = settings.set(setting, value).map_err(|error| {
            refusal(error.to_string(), format!("`rollcall tenant show {name}` shows them"))
        })?;
    }
    let entry = on.audit("tenant.set", name, json!({ "settings": settings }));
    let (id, changed) = (tenant.id, settings.clone());
    on.store
        .write(move |tx| {
            store::tenant::set_settings(tx, id, &changed)?;
            record(tx, Some(id), &entry)
        })
        .await?;
    Ok(Changed { tenant: name.to_owned(), settings })
}

#[derive(Serialize)]
struct Deleted {
    tenant: String,
    deleted: bool,
}

impl Answer for Deleted {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Tenant {} is deleted, with everything that belonged to it.", self.tenant)
    }
}

async fn delete(on: &Installation, name: &str, yes: bool) -> Result<Deleted> {
    let known = show(on, name).await?;
    if !yes {
        let users = number(known.users.unsigned_abs(), "user", "users");
        let groups = number(known.groups.unsigned_abs(), "group", "groups");
        return Err(refusal(
            format!("deleting tenant {name} removes {users}, {groups} and its tokens for good"),
            "repeat it with --yes if that is meant",
        ));
    }
    let id = on.tenant(name).await?.id;
    let entry = on.audit("tenant.delete", name, json!({ "users": known.users, "groups": known.groups }));
    let deleted = on.store.write(move |tx| {
        let tables = [
            workplace::REMOVE_TENANT,
            ::print::REMOVE_TENANT,
            events::REMOVE_TENANT,
            ::sign_in::REMOVE_TENANT,
        ]
        .concat();
        let deleted = store::tenant::delete(tx, id, &tables)?;
        record(tx, None, &entry)?;
        Ok::<_, store::Error>(deleted)
    });
    Ok(Deleted { tenant: name.to_owned(), deleted: deleted.await? })
}
