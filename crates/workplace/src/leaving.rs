//! What users have when they leave and when they come back, in the transaction that says so.
//!
//! Who is deactivated keeps what the tenant's policy lets them keep, and who is active again has it: nothing has to be
//! given back. What a deletion takes is free for others, and comes back with the user as far as nobody took it.

use application::Change;
use jiff::Timestamp;
use model::resource::StoredResource;
use model::{ResourceId, TenantId};
use store::{Tx, params};

use crate::place::is_active;
use crate::policy::{Policy, Reservations, Seats};
use crate::{activity, assignment, reservation};

/// The user was deactivated.
const DEACTIVATED: &str = "deactivated";
/// The user was deleted, and can come back with what was taken.
const DELETED: &str = "deleted";

/// Takes and gives what the change of a user takes and gives.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>, policy: &Policy) -> Result<(), store::Error> {
    let Change { tenant, at, .. } = *change;
    let counts = |user: Option<&StoredResource>| user.is_some_and(|user| is_active(&user.document));
    let (counted, counts) = (counts(change.before), counts(change.after));
    let Some(user) = change.after.or(change.before).map(|user| user.id) else { return Ok(()) };
    match (counted, counts) {
        (false, true) => activity::begin(tx, tenant, user, at)?,
        (true, false) => activity::end(tx, tenant, user, at)?,
        (true, true) | (false, false) => {}
    }
    match (change.before, change.after) {
        (Some(_), None) => take_all(tx, tenant, user, at),
        (None, Some(after)) if is_back(after) => {
            give_back(tx, tenant, user, at)?;
            if counts { Ok(()) } else { deactivate(tx, change, user, policy) }
        }
        (Some(_), Some(_)) if counted && !counts => deactivate(tx, change, user, policy),
        (Some(_) | None, Some(_)) | (None, None) => Ok(()),
    }
}

/// Whether somebody who was not there was so before: versions go on where they ended.
fn is_back(user: &StoredResource) -> bool {
    user.version > 1
}

fn deactivate(
    tx: &mut Tx<'_>,
    change: &Change<'_>,
    user: ResourceId,
    policy: &Policy,
) -> Result<(), store::Error> {
    if policy.seats == Seats::Release {
        assignment::end_all(tx, change.tenant, user, change.at, DEACTIVATED)?;
    }
    if policy.reservations == Reservations::Cancel {
        reservation::cancel_all(tx, change.tenant, user, change.at, DEACTIVATED)?;
    }
    Ok(())
}

fn take_all(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId, at: Timestamp) -> Result<(), store::Error> {
    assignment::end_all(tx, tenant, user, at, DELETED)?;
    reservation::cancel_all(tx, tenant, user, at, DELETED)
}

fn give_back(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId, at: Timestamp) -> Result<(), store::Error> {
    // As somebody who assigns or books does, so that nothing is given to two.
    tx.query(
        "SELECT 1 FROM space WHERE tenant_id = $1 AND space_id IN
         (SELECT a.space_id FROM seat_assignment AS a
          WHERE a.tenant_id = $1 AND a.resource_id = $2 AND a.ended_by = 'deleted'
          UNION SELECT r.space_id FROM reservation AS r
          WHERE r.tenant_id = $1 AND r.resource_id = $2 AND r.cancelled_by = 'deleted')
         ORDER BY space_id FOR UPDATE",
        params![tenant, user],
        |_| Ok(()),
    )?;
    assignment::give_back(tx, tenant, user, at)?;
    reservation::give_back(tx, tenant, user, at)
}

/// Forgets users who can't come back, but not that they were active: bills stay right.
pub(crate) fn purge(tx: &mut Tx<'_>, tenant: TenantId, users: &[ResourceId]) -> Result<(), store::Error> {
    for user in users {
        for statement in [
            "DELETE FROM seat_assignment WHERE tenant_id = $1 AND resource_id = $2",
            "DELETE FROM reservation WHERE tenant_id = $1 AND resource_id = $2",
            // What a delegate booked stays the user's, and nobody knows any more who that was.
            "UPDATE reservation SET booked_by = resource_id
             WHERE tenant_id = $1 AND booked_by = $2 AND booked_by <> resource_id",
            "DELETE FROM presence WHERE tenant_id = $1 AND resource_id = $2",
            "DELETE FROM delegate WHERE tenant_id = $1 AND (resource_id = $2 OR delegate_id = $2)",
        ] {
            tx.execute(statement, params![tenant, *user])?;
        }
    }
    Ok(())
}
