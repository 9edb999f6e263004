//! Groups in groups: what is above a group and what is below it, at any distance.
//!
//! Every statement ends by itself even if the groups were nested in a circle: distances are bounded, and pairs that
//! were found are not found again.

use std::collections::{BTreeMap, BTreeSet};

use model::{ResourceId, TenantId};

use crate::{Error, Tx, list, params};

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
/// it is directly in. Ways longer than `most` are not followed.
///
/// # Errors
/// A statement's.
pub fn above(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    most: i64,
) -> Result<BTreeMap<ResourceId, i64>, Error> {
    let found = tx.query(
        "WITH RECURSIVE up (group_id, distance) AS (
             SELECT group_id, CAST(1 AS BIGINT) FROM member WHERE tenant_id = $1 AND member_id = $2
             UNION
             SELECT m.group_id, up.distance + 1 FROM up CROSS JOIN member m
             WHERE m.tenant_id = $1 AND m.member_id = up.group_id AND up.distance < $3)
         SELECT group_id, max(distance) FROM up GROUP BY group_id",
        params![tenant, group, most],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.into_iter().collect())
}

/// The longest way down from these groups to groups in them: 0 if there is none in any of them. Ways longer than `most`
/// are not followed.
///
/// # Errors
/// A statement's.
pub fn height(tx: &mut Tx<'_>, tenant: TenantId, groups: &[ResourceId], most: i64) -> Result<i64, Error> {
    tx.query_one(
        "WITH RECURSIVE down (group_id, distance) AS (
             SELECT value COLLATE \"C\", CAST(0 AS BIGINT) FROM json_array_elements_text($2::text::json)
             UNION
             SELECT m.member_id, down.distance + 1 FROM down CROSS JOIN member m
             WHERE m.tenant_id = $1 AND m.group_id = down.group_id AND m.member_type = 'Group' AND down.distance < $3)
         SELECT COALESCE(max(distance), 0) FROM down",
        params![tenant, &list::of(groups), most],
        |row| row.get(0),
    )
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
    tx.query(
        "WITH RECURSIVE down (group_id) AS (
             SELECT value COLLATE \"C\" FROM json_array_elements_text($2::text::json)
             UNION
             SELECT m.member_id FROM down CROSS JOIN member m
             WHERE m.tenant_id = $1 AND m.group_id = down.group_id AND m.member_type = 'Group')
         SELECT group_id FROM down ORDER BY group_id",
        params![tenant, &list::of(groups)],
        |row| row.get(0),
    )
}

/// For each of these groups that is in others: the groups it is in, directly or through others.
///
/// # Errors
/// A statement's.
pub fn all_above(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    groups: &[ResourceId],
) -> Result<BTreeMap<ResourceId, BTreeSet<ResourceId>>, Error> {
    let pairs: Vec<(ResourceId, ResourceId)> = tx.query(
        "WITH RECURSIVE up (origin, group_id) AS (
             SELECT member_id, group_id FROM member WHERE tenant_id = $1
             AND member_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($2::text::json)))
             UNION
             SELECT up.origin, m.group_id FROM up CROSS JOIN member m
             WHERE m.tenant_id = $1 AND m.member_id = up.group_id)
         SELECT origin, group_id FROM up",
        params![tenant, &list::of(groups)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut above: BTreeMap<ResourceId, BTreeSet<ResourceId>> = BTreeMap::new();
    for (group, container) in pairs {
        above.entry(group).or_default().insert(container);
    }
    Ok(above)
}
