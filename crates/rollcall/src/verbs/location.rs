//! `rollcall location create|list|unmatched|alias`: the locations of a workplace tenant.

use std::io::{self, Write};

use anyhow::{Error, Result};
use model::TenantId;
use model::tenant::Application;
use serde::Serialize;
use serde_json::json;
use workplace::LocationId;
use workplace::location::{self, NewLocation};
use workplace::occupant::{self, Part};

use crate::cli;
use crate::failure::refusal;
use crate::installation::{Installation, record};
use crate::output::{Answer, Output, table, write_table};

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Location, output: Output) -> Result<()> {
    match verb {
        cli::Location::Create { of, name, aliases } => {
            output.answer(&create(on, &of.tenant, name, aliases).await?)
        }
        cli::Location::List { of } => output.answer(&list(on, &of.tenant).await?),
        cli::Location::Unmatched { of, limit } => output.answer(&unmatched(on, &of.tenant, limit).await?),
        cli::Location::Alias { of, name, alias } => {
            output.answer(&add_alias(on, &of.tenant, name, alias).await?)
        }
    }
}

/// A location that was made or changed.
#[derive(Serialize)]
pub struct Named {
    location: String,
    id: String,
}

impl Answer for Named {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Location {}: users whose place is called so belong to it from now on.", self.location)
    }
}

/// Makes a location.
///
/// # Errors
/// When another one is called the same, or the tenant has no locations.
pub async fn create(on: &Installation, tenant: &str, name: String, aliases: Vec<String>) -> Result<Named> {
    let tenant = workplace_tenant(on, tenant).await?;
    let id = LocationId(on.ids.next());
    let entry = on.audit("location.create", &id.to_string(), json!({ "name": name, "aliases": aliases }));
    let named = Named { location: name.clone(), id: id.to_string() };
    on.store
        .write(move |tx| {
            let aliases: Vec<&str> = aliases.iter().map(String::as_str).collect();
            location::create(tx, tenant, id, NewLocation { name: &name, aliases: &aliases, region: None })?;
            Ok::<_, workplace::Error>(record(tx, Some(tenant), &entry)?)
        })
        .await
        .map_err(explained)?;
    Ok(named)
}

async fn add_alias(on: &Installation, tenant: &str, name: String, alias: String) -> Result<Named> {
    let owner = workplace_tenant(on, tenant).await?;
    let all = on.store.read(move |tx| location::list(tx, owner)).await?;
    let Some(known) = all.into_iter().find(|location| location.name == name) else {
        return Err(refusal(
            format!("tenant {tenant} has no location {name:?}"),
            format!("see `rollcall location list --tenant {tenant}`"),
        ));
    };
    let entry = on.audit("location.alias", &known.id.to_string(), json!({ "alias": alias }));
    let id = known.id;
    on.store
        .write(move |tx| {
            location::add_alias(tx, owner, id, &alias)?;
            Ok::<_, workplace::Error>(record(tx, Some(owner), &entry)?)
        })
        .await
        .map_err(explained)?;
    Ok(Named { location: name, id: id.to_string() })
}

fn explained(error: workplace::Error) -> Error {
    match error {
        workplace::Error::Taken { .. } => {
            refusal(error.to_string(), "`rollcall location list` shows the locations there are")
        }
        workplace::Error::Store(error) => error.into(),
        other => other.into(),
    }
}

/// The locations of a tenant.
#[derive(Serialize)]
pub struct Locations {
    locations: Vec<LocationRow>,
}

#[derive(Serialize)]
struct LocationRow {
    location: String,
    id: String,
    occupants: i64,
}

impl Answer for Locations {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.locations.iter().map(|l| [l.location.clone(), l.occupants.to_string()]);
        write_table(out, &table(["LOCATION", "USERS"], rows), "The tenant has no location yet.")
    }
}

/// A tenant's locations, and how many active users each has.
///
/// # Errors
/// When the tenant has no locations.
pub async fn list(on: &Installation, tenant: &str) -> Result<Locations> {
    let tenant = workplace_tenant(on, tenant).await?;
    let all = on.store.read(move |tx| location::list(tx, tenant)).await?;
    let row = |l: location::Location| LocationRow {
        location: l.name,
        id: l.id.to_string(),
        occupants: l.occupants,
    };
    Ok(Locations { locations: all.into_iter().map(row).collect() })
}

/// Users who belong to no location.
#[derive(Serialize)]
pub struct Unmatched {
    users: Vec<Waiting>,
}

#[derive(Serialize)]
struct Waiting {
    id: String,
    display: String,
    locality: Option<String>,
}

impl Unmatched {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Writes the first of them for people.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn print_first(&self, count: usize, out: &mut dyn Write) -> io::Result<()> {
        let told = |locality: &Option<String>| locality.clone().unwrap_or_else(|| "(none)".to_owned());
        let rows =
            self.users.iter().take(count).map(|u| [u.display.clone(), told(&u.locality), u.id.clone()]);
        write_table(out, &table(["USER", "LOCALITY", "ID"], rows), "Every active user has a location.")
    }
}

impl Answer for Unmatched {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.print_first(usize::MAX, out)
    }
}

/// Active users whose place names no location.
///
/// # Errors
/// When the tenant has no locations.
pub async fn unmatched(on: &Installation, tenant: &str, limit: u32) -> Result<Unmatched> {
    let tenant = workplace_tenant(on, tenant).await?;
    let users = on
        .store
        .read(move |tx| occupant::unmatched(tx, tenant, Part { after: None, limit: i64::from(limit) }))
        .await?;
    let row =
        |o: occupant::Occupant| Waiting { id: o.user.to_string(), display: o.display, locality: o.locality };
    Ok(Unmatched { users: users.into_iter().map(row).collect() })
}

/// The tenant of this name, which is of the workplace application.
///
/// # Errors
/// When there is no such tenant, or it is of another application.
pub async fn workplace_tenant(on: &Installation, name: &str) -> Result<TenantId> {
    let tenant = on.tenant(name).await?;
    if tenant.application == Application::Workplace {
        return Ok(tenant.id);
    }
    Err(refusal(
        format!("tenant {name} is of the application {} and has no locations", tenant.application),
        "locations belong to tenants of the application workplace",
    ))
}
