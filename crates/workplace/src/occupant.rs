//! Users at locations, and users who wait for one.

use application::Change;
use model::{ResourceId, TenantId};
use store::{Tx, params};

use crate::place::Place;

/// A user, as far as locations are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// The user.
    pub user: ResourceId,
    /// What people call the user.
    pub display: String,
    /// What the directory calls the user's location.
    pub locality: Option<String>,
    /// The name of the user's location; `None` while the user waits.
    pub location: Option<String>,
    /// Whether the user counts there.
    pub active: bool,
}

/// Active users that belong to no location, in the order of their creation: `limit` at most.
///
/// # Errors
/// The store's.
pub fn unmatched(tx: &mut Tx<'_>, tenant: TenantId, limit: i64) -> Result<Vec<Occupant>, store::Error> {
    tx.query(
        "SELECT resource_id, display, locality, NULL, active FROM occupant
         WHERE tenant_id = $1 AND location_id IS NULL AND active = 1 ORDER BY resource_id LIMIT $2",
        params![tenant, limit],
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
                o.active
         FROM occupant AS o WHERE o.tenant_id = $1 AND o.resource_id = $2",
        params![tenant, user],
        read,
    )
}

/// Brings a user's row in line with its document.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), store::Error> {
    let before = change.before.map(|before| Place::of(&before.document));
    let Some(after) = change.after else {
        return change.before.map_or(Ok(()), |before| remove(tx, change.tenant, before.id));
    };
    let place = Place::of(&after.document);
    if before.as_ref() == Some(&place) {
        return Ok(());
    }
    store(tx, change.tenant, after.id, &place)
}

/// Moves everybody who waits for a location that there is by now. A user who was changed while another transaction
/// named the location is found the next time one is named.
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

/// A user is at the location that the locality names, as name or alias. An inactive user whose locality names none
/// keeps the one it had: it may come back.
fn store(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId, place: &Place<'_>) -> Result<(), store::Error> {
    let folded = place.folded();
    tx.execute(
        "INSERT INTO occupant (tenant_id, resource_id, location_id, locality, folded, display, active)
         VALUES ($1, $2, (SELECT a.location_id FROM location_alias AS a WHERE a.tenant_id = $1 AND a.folded = $4),
         $3, $4, $5, $6)
         ON CONFLICT (tenant_id, resource_id) DO UPDATE SET
         location_id = CASE WHEN excluded.active = 1 THEN excluded.location_id
                            ELSE coalesce(excluded.location_id, occupant.location_id) END,
         locality = excluded.locality, folded = excluded.folded,
         display = excluded.display, active = excluded.active",
        params![tenant, user, place.locality, folded.as_deref(), place.display, place.active],
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
        active: row.get(4)?,
    })
}
