//! Who may book for whom.

use model::{ResourceId, TenantId};
use store::{Tx, params};

use crate::Error;
use crate::limits::MAX_DELEGATES;
use crate::occupant::{self, Listed};

/// The active delegates of a user, in the order of their creation. One who is inactive or deleted is one again on
/// returning.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<Vec<Listed>, store::Error> {
    tx.query(
        "SELECT o.resource_id, o.display FROM delegate AS d JOIN occupant AS o
         ON o.tenant_id = d.tenant_id AND o.resource_id = d.delegate_id
         WHERE d.tenant_id = $1 AND d.resource_id = $2 AND o.active = 1 ORDER BY o.resource_id",
        params![tenant, user],
        occupant::listed,
    )
}

/// Makes these the delegates of an active user, and no others.
///
/// # Errors
/// [`Error::Unknown`] user; [`Error::Conflict`] for an inactive one; [`Error::Invalid`] for the user itself or too many;
/// the store's.
pub fn set(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    delegates: &[ResourceId],
) -> Result<(), Error> {
    if delegates.len() > MAX_DELEGATES || delegates.contains(&user) {
        let text = format!("a user has {MAX_DELEGATES} delegates at most, and is none of its own");
        return Err(Error::Invalid(text));
    }
    let mut locked: Vec<ResourceId> = delegates.iter().copied().chain([user]).collect();
    locked.sort();
    locked.dedup();
    locked.iter().try_for_each(|one| occupant::lock_active(tx, tenant, *one))?;
    tx.execute("DELETE FROM delegate WHERE tenant_id = $1 AND resource_id = $2", params![tenant, user])?;
    for delegate in delegates {
        tx.execute(
            "INSERT INTO delegate (tenant_id, resource_id, delegate_id) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            params![tenant, user, *delegate],
        )?;
    }
    Ok(())
}

/// Whether somebody is an active delegate of a user.
pub(crate) fn is_one(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    delegate: ResourceId,
) -> Result<bool, store::Error> {
    Ok(list(tx, tenant, user)?.iter().any(|one| one.user == delegate))
}
