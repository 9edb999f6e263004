//! Locations and what directories call them.

use std::fmt;

use model::TenantId;
use store::{Param, Tx, params};
use uuid::Uuid;

use crate::occupant;
use crate::place::folded;

/// A location of a tenant. A UUID of version 7, like all ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationId(pub Uuid);

impl LocationId {
    pub(crate) fn read(row: &store::Row<'_>, index: usize) -> Result<Self, store::Error> {
        row.parse(index, "location_id", |text| Uuid::parse_str(text).ok().map(Self))
    }
}

impl fmt::Display for LocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<LocationId> for Param<'_> {
    fn from(id: LocationId) -> Self {
        Self::Id(id.0)
    }
}

/// Why a location could not be made or named.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A location must be called something.
    #[error("a location's name or alias can't be empty")]
    Empty,
    /// Another location of the tenant is called so.
    #[error("a location is already called {name:?}; a locality must name one location")]
    Taken {
        /// The name or alias.
        name: String,
    },
    /// The tenant has no such location.
    #[error("the tenant has no location {0}")]
    Unknown(LocationId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A location in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its id.
    pub id: LocationId,
    /// Its name.
    pub name: String,
    /// How many active users belong to it.
    pub occupants: i64,
}

/// Makes a location with these aliases besides its name. Users that waited for one of them move in.
///
/// # Errors
/// [`Error::Empty`], [`Error::Taken`], or the store's.
pub fn create(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: LocationId,
    name: &str,
    aliases: &[&str],
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO location (tenant_id, location_id, name) VALUES ($1, $2, $3)",
        params![tenant, id, name.trim()],
    )?;
    insert_alias(tx, tenant, id, name)?;
    for alias in aliases.iter().filter(|alias| folded(alias) != folded(name)) {
        insert_alias(tx, tenant, id, alias)?;
    }
    Ok(occupant::match_waiting(tx, tenant)?)
}

/// Gives a location another alias. Users that waited for it move in.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Empty`], [`Error::Taken`], or the store's.
pub fn add_alias(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId, alias: &str) -> Result<(), Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM location WHERE tenant_id = $1 AND location_id = $2",
        params![tenant, id],
        |_| Ok(()),
    )?;
    known.ok_or(Error::Unknown(id))?;
    insert_alias(tx, tenant, id, alias)?;
    Ok(occupant::match_waiting(tx, tenant)?)
}

/// A tenant's locations by name.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Location>, store::Error> {
    tx.query(
        "SELECT l.location_id, l.name,
                (SELECT count(*) FROM occupant AS o
                 WHERE o.tenant_id = $1 AND o.location_id = l.location_id AND o.active = 1)
         FROM location AS l WHERE l.tenant_id = $1 ORDER BY l.name, l.location_id",
        params![tenant],
        |row| Ok(Location { id: LocationId::read(row, 0)?, name: row.get(1)?, occupants: row.get(2)? }),
    )
}

fn insert_alias(tx: &mut Tx<'_>, tenant: TenantId, id: LocationId, alias: &str) -> Result<(), Error> {
    let folded = folded(alias);
    if folded.is_empty() {
        return Err(Error::Empty);
    }
    let added = tx.execute(
        "INSERT INTO location_alias (tenant_id, folded, location_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![tenant, &folded, id],
    )?;
    if added == 0 { Err(Error::Taken { name: alias.trim().to_owned() }) } else { Ok(()) }
}
