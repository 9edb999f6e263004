//! Groups in groups: what is above a group and what is below it, at any distance.
//!
//! Walked level by level, a statement each: most groups are in none, which one statement tells, and PostgreSQL finds
//! what is in a list by an index also where it has no statistics yet, which a recursive statement would not do. Every
//! walk ends even if groups were nested in a circle.

use std::collections::{BTreeMap, BTreeSet};

use model::{ResourceId, TenantId};

use crate::{Error, Tx, list, member, params};

/// Which group is directly in which.
type Containers = BTreeMap<ResourceId, BTreeSet<ResourceId>>;

/// Until this transaction ends, no other one nests groups of the tenant: two that see nothing of each other could
/// close a circle together. It is the lock of the tenant's own row; take it after that of the group that is changed.
///
/// # Errors
/// A statement's.
pub fn lock(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), Error> {
    let sql = "SELECT tenant_id FROM tenant WHERE tenant_id = $1 FOR NO KEY UPDATE";
    tx.query(sql, params![tenant], |_| Ok(()))?;
    Ok(())
}

/// The groups that a group is in, directly or through others, each with the longest way up to it: 1 for a group that
/// it is only directly in. Ways longer than `most` are not followed.
///
/// # Errors
/// A statement's.
pub fn above(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    most: i64,
) -> Result<BTreeMap<ResourceId, i64>, Error> {
    let mut ways = BTreeMap::new();
    let mut level = BTreeSet::from([group]);
    for distance in 1..=most {
        level = containers(tx, tenant, level)?.into_values().flatten().collect();
        if level.is_empty() {
            break;
        }
        // A group that was met before is met again on a longer way.
        ways.extend(level.iter().map(|group| (*group, distance)));
    }
    Ok(ways)
}

/// The longest way down from these groups to groups in them: 0 if there is none in any of them. Ways longer than `most`
/// are not followed.
///
/// # Errors
/// A statement's.
pub fn height(tx: &mut Tx<'_>, tenant: TenantId, groups: &[ResourceId], most: i64) -> Result<i64, Error> {
    let mut level = groups.to_vec();
    for distance in 0..most {
        level = nested(tx, tenant, &level)?;
        if level.is_empty() {
            return Ok(distance);
        }
    }
    Ok(most)
}

/// These groups and all that are in them, directly or through others, in the order of their ids.
///
/// # Errors
/// A statement's.
pub fn with_nested(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    groups: &[ResourceId],
) -> Result<Vec<ResourceId>, Error> {
    let mut found = BTreeSet::new();
    let mut level = groups.to_vec();
    while !level.is_empty() {
        found.extend(level.iter().copied());
        level = nested(tx, tenant, &level)?;
        level.retain(|group| !found.contains(group));
    }
    Ok(found.into_iter().collect())
}

/// For each of these groups: the groups it is in, directly or through others.
///
/// # Errors
/// A statement's.
pub fn all_above(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    groups: &BTreeSet<ResourceId>,
) -> Result<Containers, Error> {
    let mut known = Containers::new();
    let mut level = groups.clone();
    while !level.is_empty() {
        let found = containers(tx, tenant, level)?;
        level = found.values().flatten().filter(|group| !known.contains_key(group)).copied().collect();
        level.retain(|group| !found.contains_key(group));
        known.extend(found);
    }
    Ok(groups.iter().map(|group| (*group, reached(&known, *group))).collect())
}

/// All that is reached from a group.
fn reached(containers: &Containers, group: ResourceId) -> BTreeSet<ResourceId> {
    let mut reached = BTreeSet::new();
    let mut next = vec![group];
    while let Some(group) = next.pop() {
        let new =
            containers.get(&group).into_iter().flatten().filter(|container| reached.insert(**container));
        next.extend(new);
    }
    reached
}

/// The groups that each of these is directly in; those that are in none are in the answer too.
fn containers(tx: &mut Tx<'_>, tenant: TenantId, groups: BTreeSet<ResourceId>) -> Result<Containers, Error> {
    let list: Vec<ResourceId> = groups.iter().copied().collect();
    let mut containers: Containers = groups.into_iter().map(|group| (group, BTreeSet::new())).collect();
    for (group, container) in member::memberships(tx, tenant, &list)? {
        containers.entry(group).or_default().insert(container);
    }
    Ok(containers)
}

/// The groups that are directly in these.
fn nested(tx: &mut Tx<'_>, tenant: TenantId, groups: &[ResourceId]) -> Result<Vec<ResourceId>, Error> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    // DISTINCT would lead SQLite to an index that has the members of all groups in order.
    let mut found: Vec<ResourceId> = tx.query(
        "SELECT member_id FROM member WHERE tenant_id = $1 AND member_type = 'Group'
         AND group_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($2::text::json)))",
        params![tenant, &list::of(groups)],
        |row| row.get(0),
    )?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
