//! Users at locations, and users who wait for one.

use application::Change;
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Param, Tx, params};
use uuid::Uuid;

use crate::name::begin;
use crate::place::Place;
use crate::policy::Policy;
use crate::{DepartmentId, Error, LocationId};

/// What a user is called in errors.
pub(crate) const USER: &str = "user";

/// A user, as far as locations are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// The user.
    pub user: ResourceId,
    /// What people call the user; the begin of it if it is longer than a name.
    pub display: String,
    /// What the directory calls the user's location, cut likewise.
    pub locality: Option<String>,
    /// The name of the user's location; `None` while the user waits.
    pub location: Option<String>,
    /// The name of the user's department; `None` if none is called what the directory says.
    pub department: Option<String>,
    /// Whether the user counts there.
    pub active: bool,
}

/// A user in a list of a location or a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// The user's SCIM id.
    #[schemars(with = "Uuid")]
    pub user: ResourceId,
    /// What people call the user.
    pub display: String,
}

/// The part of a list after a user: `limit` at most.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The last user of the part before; `None` begins.
    pub after: Option<ResourceId>,
    /// How many at most.
    pub limit: i64,
}

/// The active users of a location, in the order of their creation.
///
/// # Errors
/// The store's.
pub fn of_location(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    location: LocationId,
    part: Part,
) -> Result<Vec<Listed>, store::Error> {
    tx.query(
        "SELECT resource_id, display FROM occupant
         WHERE tenant_id = $1 AND location_id = $2 AND active = 1 AND resource_id > $3
         ORDER BY resource_id LIMIT $4",
        params![tenant, location, part.from(), part.limit],
        listed,
    )
}

/// The active users of a department, in the order of their creation.
///
/// # Errors
/// The store's.
pub fn of_department(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    department: DepartmentId,
    part: Part,
) -> Result<Vec<Listed>, store::Error> {
    tx.query(
        "SELECT resource_id, display FROM occupant
         WHERE tenant_id = $1 AND active = 1 AND resource_id > $3 AND department_folded IN
         (SELECT n.folded FROM department_name AS n WHERE n.tenant_id = $1 AND n.department_id = $2)
         ORDER BY resource_id LIMIT $4",
        params![tenant, department, part.from(), part.limit],
        listed,
    )
}

impl Part {
    fn from(self) -> Param<'static> {
        self.after.map_or(Param::Text(""), Into::into)
    }
}

pub(crate) fn listed(row: &store::Row<'_>) -> Result<Listed, store::Error> {
    Ok(Listed { user: row.get(0)?, display: row.get(1)? })
}

/// Whether the tenant has a user, for those who list something of it.
///
/// # Errors
/// [`Error::Unknown`], or the store's.
pub fn check(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<(), Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM occupant WHERE tenant_id = $1 AND resource_id = $2",
        params![tenant, user],
        |_| Ok(()),
    )?;
    known.ok_or_else(|| Error::unknown(USER, user.0))
}

/// Makes sure that a user is there and active until the transaction ends: what is given to somebody who leaves at the
/// same time would stay behind.
pub(crate) fn lock_active(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<(), Error> {
    let active = tx.query_opt(
        "SELECT active FROM occupant WHERE tenant_id = $1 AND resource_id = $2 FOR UPDATE",
        params![tenant, user],
        |row| row.get::<bool>(0),
    )?;
    match active {
        Some(true) => Ok(()),
        Some(false) => Err(Error::Conflict(format!("the user {user} is inactive"))),
        None => Err(Error::unknown(USER, user.0)),
    }
}

/// Active users that belong to no location, in the order of their creation.
///
/// # Errors
/// The store's.
pub fn unmatched(tx: &mut Tx<'_>, tenant: TenantId, part: Part) -> Result<Vec<Occupant>, store::Error> {
    tx.query(
        "SELECT resource_id, display, locality, CAST(NULL AS TEXT), CAST(NULL AS TEXT), active FROM occupant
         WHERE tenant_id = $1 AND location_id IS NULL AND active = 1 AND resource_id > $2
         ORDER BY resource_id LIMIT $3",
        params![tenant, part.from(), part.limit],
        read,
    )
}

/// One user's place.
///
/// # Errors
/// The store's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<Option<Occupant>, store::Error> {
    tx.query_opt(
        "SELECT o.resource_id, o.display, o.locality,
                (SELECT l.name FROM location AS l WHERE l.tenant_id = $1 AND l.location_id = o.location_id),
                (SELECT d.name FROM department AS d WHERE d.tenant_id = $1 AND d.department_id IN
                 (SELECT n.department_id FROM department_name AS n
                  WHERE n.tenant_id = $1 AND n.folded = o.department_folded)),
                o.active
         FROM occupant AS o WHERE o.tenant_id = $1 AND o.resource_id = $2",
        params![tenant, user],
        read,
    )
}

/// Brings a user's row in line with its document.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>, policy: &Policy) -> Result<(), store::Error> {
    let before = change.before.map(|before| Place::of(&before.document, &policy.match_by));
    let Some(after) = change.after else {
        return change.before.map_or(Ok(()), |before| remove(tx, change.tenant, before.id));
    };
    let place = Place::of(&after.document, &policy.match_by);
    if before.as_ref() == Some(&place) {
        return Ok(());
    }
    store(tx, change.tenant, after.id, &place)
}

/// Lets nobody create or change a user until the transaction ends, and waits for those who do. Whoever changes what users
/// are matched by does that first: a user who is matched by another transaction at the same time would miss it.
pub(crate) fn lock_all(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), store::Error> {
    // Every write of a user holds its tenant's schemas.
    store::schema::lock(tx, tenant).map(drop)
}

/// Moves everybody who waits for a location that there is by now. The caller has locked all.
pub(crate) fn match_waiting(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), store::Error> {
    tx.execute(
        "UPDATE occupant SET location_id =
         (SELECT a.location_id FROM location_alias AS a WHERE a.tenant_id = $1 AND a.folded = occupant.folded)
         WHERE tenant_id = $1 AND location_id IS NULL AND folded IN
         (SELECT a.folded FROM location_alias AS a WHERE a.tenant_id = $1)",
        params![tenant],
    )?;
    Ok(())
}

/// Lets the active users wait again who moved in by a name that the location has no more. The caller has locked all.
pub(crate) fn move_out(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    location: LocationId,
    folded: &str,
) -> Result<(), store::Error> {
    tx.execute(
        "UPDATE occupant SET location_id = NULL
         WHERE tenant_id = $1 AND location_id = $2 AND folded = $3 AND active = 1",
        params![tenant, location, folded],
    )?;
    Ok(())
}

/// A user is at the location that the locality names, as name or alias. An inactive user whose locality names none
/// keeps the one it had: it may come back.
pub(crate) fn store(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    place: &Place<'_>,
) -> Result<(), store::Error> {
    let (folded, department) = (place.folded_locality(), place.folded_department());
    tx.execute(
        "INSERT INTO occupant
         (tenant_id, resource_id, location_id, locality, folded, display, active, department, department_folded)
         VALUES ($1, $2, (SELECT a.location_id FROM location_alias AS a WHERE a.tenant_id = $1 AND a.folded = $4),
         $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, resource_id) DO UPDATE SET
         location_id = CASE WHEN excluded.active = 1 THEN excluded.location_id
                            ELSE coalesce(excluded.location_id, occupant.location_id) END,
         locality = excluded.locality, folded = excluded.folded,
         display = excluded.display, active = excluded.active,
         department = excluded.department, department_folded = excluded.department_folded",
        params![
            tenant,
            user,
            place.locality.map(begin),
            folded.as_deref(),
            begin(place.display),
            place.active,
            place.department.map(begin),
            department.as_deref()
        ],
    )?;
    Ok(())
}

fn remove(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<(), store::Error> {
    tx.execute("DELETE FROM occupant WHERE tenant_id = $1 AND resource_id = $2", params![tenant, user])?;
    Ok(())
}

fn read(row: &store::Row<'_>) -> Result<Occupant, store::Error> {
    Ok(Occupant {
        user: row.get(0)?,
        display: row.get(1)?,
        locality: row.get(2)?,
        location: row.get(3)?,
        department: row.get(4)?,
        active: row.get(5)?,
    })
}
