//! Locations and what directories call them.

use model::TenantId;
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, params};

use crate::limits::{MAX_ALIASES, MAX_LOCATIONS, at_most};
use crate::name::{checked, folded};
use crate::{Error, LocationId, occupant};

/// What a location is called in errors.
pub(crate) const LOCATION: &str = "location";

/// A location in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Location {
    /// Its id.
    pub id: LocationId,
    /// Its name.
    pub name: String,
    /// The region it is in, if anybody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How many active users belong to it.
    pub occupants: i64,
}

/// A location to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewLocation<'a> {
    /// Its name, as the directory writes it in the attribute that users are matched by.
    pub name: &'a str,
    /// What else the directory calls it.
    pub aliases: &'a [&'a str],
    /// The region it is in.
    pub region: Option<&'a str>,
}

/// Makes a location. Users that waited for its name or one of its aliases move in.
///
/// # Errors
/// [`Error::Name`], [`Error::Taken`], [`Error::Conflict`] if there are too many of them or of its aliases, or the
/// store's.
pub fn create(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId, new: NewLocation<'_>) -> Result<(), Error> {
    occupant::lock_all(tx, tenant)?;
    let all = "SELECT count(*) FROM location WHERE tenant_id = $1";
    at_most(tx, all, params![tenant], (MAX_LOCATIONS, "locations"))?;
    let (name, region) = (checked(new.name)?, new.region.map(checked).transpose()?);
    tx.execute(
        "INSERT INTO location (tenant_id, location_id, name, region) VALUES ($1, $2, $3, $4)",
        params![tenant, id, name, region],
    )?;
    insert_alias(tx, tenant, id, name)?;
    for alias in new.aliases.iter().filter(|alias| folded(alias) != folded(name)) {
        insert_alias(tx, tenant, id, alias)?;
    }
    Ok(occupant::match_waiting(tx, tenant)?)
}

/// Says in which region a location is; `None`: in none.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Name`], or the store's.
pub fn set_region(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: LocationId,
    region: Option<&str>,
) -> Result<(), Error> {
    let region = region.map(checked).transpose()?;
    let known = tx.execute(
        "UPDATE location SET region = $3 WHERE tenant_id = $1 AND location_id = $2",
        params![tenant, id, region],
    )?;
    if known == 0 { Err(Error::unknown(LOCATION, id.0)) } else { Ok(()) }
}

/// Removes a location that has no floors, with its aliases and addresses. Its users wait.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Conflict`] while it has floors, or the store's.
pub fn remove(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId) -> Result<(), Error> {
    occupant::lock_all(tx, tenant)?;
    lock(tx, tenant, id)?;
    let floors: i64 = tx.query_one(
        "SELECT count(*) FROM floor WHERE tenant_id = $1 AND location_id = $2",
        params![tenant, id],
        |row| row.get(0),
    )?;
    if floors > 0 {
        return Err(Error::Conflict(format!("the location has {floors} floors; remove them first")));
    }
    for statement in [
        "DELETE FROM location_alias WHERE tenant_id = $1 AND location_id = $2",
        "DELETE FROM ip_range WHERE tenant_id = $1 AND location_id = $2",
        "DELETE FROM location WHERE tenant_id = $1 AND location_id = $2",
        "UPDATE occupant SET location_id = NULL WHERE tenant_id = $1 AND location_id = $2",
    ] {
        tx.execute(statement, params![tenant, id])?;
    }
    Ok(())
}

/// Makes sure that a location stays until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId) -> Result<(), Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM location WHERE tenant_id = $1 AND location_id = $2 FOR UPDATE",
        params![tenant, id],
        |_| Ok(()),
    )?;
    known.ok_or_else(|| Error::unknown(LOCATION, id.0))
}

/// Whether the tenant has it, for those who list something of it.
///
/// # Errors
/// [`Error::Unknown`], or the store's.
pub fn check(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId) -> Result<(), Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM location WHERE tenant_id = $1 AND location_id = $2",
        params![tenant, id],
        |_| Ok(()),
    )?;
    known.ok_or_else(|| Error::unknown(LOCATION, id.0))
}

/// Gives a location another alias. Users that waited for it move in.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Name`], [`Error::Taken`], [`Error::Conflict`] if there are too many, or the store's.
pub fn add_alias(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId, alias: &str) -> Result<(), Error> {
    occupant::lock_all(tx, tenant)?;
    lock(tx, tenant, id)?;
    insert_alias(tx, tenant, id, alias)?;
    Ok(occupant::match_waiting(tx, tenant)?)
}

/// What a location is called, folded, its name among them.
///
/// # Errors
/// [`Error::Unknown`], or the store's.
pub fn aliases(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId) -> Result<Vec<String>, Error> {
    let all = tx.query(
        "SELECT folded FROM location_alias WHERE tenant_id = $1 AND location_id = $2 ORDER BY folded",
        params![tenant, id],
        |row| row.get(0),
    )?;
    // Every location has its name at least.
    if all.is_empty() { Err(Error::unknown(LOCATION, id.0)) } else { Ok(all) }
}

/// Takes an alias of a location away. Who moved in by it waits again.
///
/// # Errors
/// [`Error::Invalid`] for its name; [`Error::Conflict`] for what is no alias of it; the store's.
pub fn remove_alias(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId, alias: &str) -> Result<(), Error> {
    occupant::lock_all(tx, tenant)?;
    let name = tx.query_opt(
        "SELECT name FROM location WHERE tenant_id = $1 AND location_id = $2 FOR UPDATE",
        params![tenant, id],
        |row| row.get::<String>(0),
    )?;
    let name = name.ok_or_else(|| Error::unknown(LOCATION, id.0))?;
    if folded(&name) == folded(alias) {
        return Err(Error::Invalid(format!("{alias:?} is the location's name, not an alias")));
    }
    let removed = tx.execute(
        "DELETE FROM location_alias WHERE tenant_id = $1 AND location_id = $2 AND folded = $3",
        params![tenant, id, &folded(alias)],
    )?;
    if removed == 0 {
        return Err(Error::Conflict(format!("{alias:?} is no alias of the location")));
    }
    Ok(occupant::move_out(tx, tenant, id, &folded(alias))?)
}

/// A tenant's locations by name.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Location>, store::Error> {
    tx.query(
        "SELECT l.location_id, l.name, l.region,
                (SELECT count(*) FROM occupant AS o
                 WHERE o.tenant_id = $1 AND o.location_id = l.location_id AND o.active = 1)
         FROM location AS l WHERE l.tenant_id = $1 ORDER BY l.name, l.location_id",
        params![tenant],
        |row| {
            Ok(Location { id: row.get(0)?, name: row.get(1)?, region: row.get(2)?, occupants: row.get(3)? })
        },
    )
}

fn insert_alias(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId, alias: &str) -> Result<(), Error> {
    let all = "SELECT count(*) FROM location_alias WHERE tenant_id = $1 AND location_id = $2";
    at_most(tx, all, params![tenant, id], (MAX_ALIASES, "names of the location"))?;
    let alias = checked(alias)?;
    let added = tx.execute(
        "INSERT INTO location_alias (tenant_id, folded, location_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![tenant, &folded(alias), id],
    )?;
    if added == 0 { Err(Error::Taken { what: LOCATION, name: alias.to_owned() }) } else { Ok(()) }
}
