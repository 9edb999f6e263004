//! Permission groups: what a user may do in the application follows from the SCIM groups the user is in.
//!
//! Nothing is stored of who is in which: the memberships of SCIM groups say so at any time, nested ones included.

use std::collections::{BTreeMap, BTreeSet};

use application::{Change, GROUP};
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, member_of, params, resource};
use uuid::Uuid;

use crate::limits::{MAX_PERMISSION_GROUPS, MAX_SOURCES, at_most};
use crate::name::{checked, folded};
use crate::{Error, PermissionGroupId};

const PERMISSION_GROUP: &str = "permission group";

/// A permission group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PermissionGroup {
    /// Its id.
    pub id: PermissionGroupId,
    /// Its name.
    pub name: String,
    /// The SCIM groups whose members are in it.
    #[schemars(with = "Vec<Uuid>")]
    pub groups: Vec<ResourceId>,
}

/// Makes a permission group, which nobody is in yet.
///
/// # Errors
/// [`Error::Name`]; [`Error::Taken`]; [`Error::Conflict`] if there are too many; the store's.
pub fn create(tx: &mut Tx<'_>, tenant: TenantId, id: PermissionGroupId, name: &str) -> Result<(), Error> {
    let all = "SELECT count(*) FROM permission_group WHERE tenant_id = $1";
    at_most(tx, all, params![tenant], (MAX_PERMISSION_GROUPS, "permission groups"))?;
    let name = checked(name)?;
    let added = tx.execute(
        "INSERT INTO permission_group (tenant_id, permission_group_id, name, folded) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        params![tenant, id, name, &folded(name)],
    )?;
    if added == 0 { Err(Error::Taken { what: PERMISSION_GROUP, name: name.to_owned() }) } else { Ok(()) }
}

/// A tenant's permission groups by name.
///
/// # Errors
/// The store's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<PermissionGroup>, store::Error> {
    let mut sources = sources(tx, tenant)?;
    tx.query(
        "SELECT permission_group_id, name FROM permission_group WHERE tenant_id = $1 ORDER BY folded",
        params![tenant],
        |row| {
            let id = row.get(0)?;
            Ok(PermissionGroup { id, name: row.get(1)?, groups: sources.remove(&id).unwrap_or_default() })
        },
    )
}

/// The names of the permission groups that a user is in. An inactive user is in none.
///
/// # Errors
/// The store's.
pub fn of_user(tx: &mut Tx<'_>, tenant: TenantId, user: ResourceId) -> Result<Vec<String>, store::Error> {
    let member_of = member_of::of(tx, tenant, &[user])?.remove(&user).unwrap_or_default();
    let groups: BTreeSet<ResourceId> = member_of.into_iter().map(|one| one.group).collect();
    let all = list(tx, tenant)?.into_iter();
    let has_one = |one: &PermissionGroup| one.groups.iter().any(|group| groups.contains(group));
    Ok(all.filter(has_one).map(|one| one.name).collect())
}

/// Lets the members of a SCIM group be in a permission group.
///
/// # Errors
/// [`Error::Unknown`] permission group or group, or the store's.
pub fn feed(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: PermissionGroupId,
    group: ResourceId,
) -> Result<(), Error> {
    let known = tx.query_opt(
        "SELECT 1 FROM permission_group WHERE tenant_id = $1 AND permission_group_id = $2 FOR UPDATE",
        params![tenant, id],
        |_| Ok(()),
    )?;
    known.ok_or_else(|| Error::unknown(PERMISSION_GROUP, id.0))?;
    if resource::lock_many(tx, tenant, GROUP, &[group])?.is_empty() {
        return Err(Error::unknown("SCIM group", group.0));
    }
    let others = "SELECT count(*) FROM permission_group_source
                  WHERE tenant_id = $1 AND permission_group_id = $2 AND group_id <> $3";
    at_most(tx, others, params![tenant, id, group], (MAX_SOURCES, "SCIM groups that feed it"))?;
    tx.execute(
        "INSERT INTO permission_group_source (tenant_id, group_id, permission_group_id) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        params![tenant, group, id],
    )?;
    Ok(())
}

/// Ends that. That it was not so is as good.
///
/// # Errors
/// The store's.
pub fn starve(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: PermissionGroupId,
    group: ResourceId,
) -> Result<(), store::Error> {
    tx.execute(
        "DELETE FROM permission_group_source
         WHERE tenant_id = $1 AND permission_group_id = $2 AND group_id = $3",
        params![tenant, id, group],
    )?;
    Ok(())
}

/// Removes a permission group.
///
/// # Errors
/// [`Error::Unknown`], or the store's.
pub fn remove(tx: &mut Tx<'_>, tenant: TenantId, id: PermissionGroupId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM permission_group_source WHERE tenant_id = $1 AND permission_group_id = $2",
        params![tenant, id],
    )?;
    let removed = tx.execute(
        "DELETE FROM permission_group WHERE tenant_id = $1 AND permission_group_id = $2",
        params![tenant, id],
    )?;
    if removed == 0 { Err(Error::unknown(PERMISSION_GROUP, id.0)) } else { Ok(()) }
}

/// A SCIM group that is deleted feeds nothing any more.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), store::Error> {
    let (Some(group), None) = (change.before, change.after) else { return Ok(()) };
    tx.execute(
        "DELETE FROM permission_group_source WHERE tenant_id = $1 AND group_id = $2",
        params![change.tenant, group.id],
    )?;
    Ok(())
}

/// The SCIM groups of each permission group, in the order of their creation.
fn sources(
    tx: &mut Tx<'_>,
    tenant: TenantId,
) -> Result<BTreeMap<PermissionGroupId, Vec<ResourceId>>, store::Error> {
    let rows = tx.query(
        "SELECT permission_group_id, group_id FROM permission_group_source WHERE tenant_id = $1 ORDER BY group_id",
        params![tenant],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut sources = BTreeMap::<_, Vec<_>>::new();
    for (id, group) in rows {
        sources.entry(id).or_default().push(group);
    }
    Ok(sources)
}
