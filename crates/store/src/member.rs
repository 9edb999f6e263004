//! Memberships, a row each: one change in a group of a million members costs one row.

use model::{ResourceId, TenantId};
use serde_json::Value;

use crate::{Error, Tx, list, params};

/// A member of a group (RFC 7643 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's `id`, which is `members.value`.
    pub id: ResourceId,
    /// `members.type`: `User` or `Group`.
    pub member_type: String,
    /// `members.display`.
    pub display: Option<String>,
}

/// Adds members to a group; who is one already stays as it is. Answers how many were added.
///
/// # Errors
/// A statement's.
pub fn add(tx: &mut Tx<'_>, tenant: TenantId, group: ResourceId, members: &[Member]) -> Result<u64, Error> {
    if members.is_empty() {
        return Ok(0);
    }
    let rows = list::rows(members.iter().map(|member| {
        [
            Value::from(member.id.to_string()),
            Value::from(member.member_type.as_str()),
            member.display.as_deref().map_or(Value::Null, Value::from),
        ]
    }));
    tx.execute(
        "INSERT INTO member (tenant_id, group_id, member_id, member_type, display)
         SELECT $1, $2, value->>0, value->>1, value->>2
         FROM json_array_elements($3::text::json) WHERE 1 = 1 ON CONFLICT DO NOTHING",
        params![tenant, group, &rows],
    )
}

/// Removes members from a group. Answers how many were in it.
///
/// # Errors
/// A statement's.
pub fn remove(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    members: &[ResourceId],
) -> Result<u64, Error> {
    if members.is_empty() {
        return Ok(0);
    }
    tx.execute(
        "DELETE FROM member WHERE tenant_id = $1 AND group_id = $2
         AND member_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))",
        params![tenant, group, &list::of(members)],
    )
}

/// Removes all members of a group. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn clear(tx: &mut Tx<'_>, tenant: TenantId, group: ResourceId) -> Result<u64, Error> {
    tx.execute("DELETE FROM member WHERE tenant_id = $1 AND group_id = $2", params![tenant, group])
}

/// A page of a group's members in the order of their ids. `offset` counts from 0.
///
/// # Errors
/// A statement's.
pub fn of_group(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    offset: i64,
    limit: i64,
) -> Result<Vec<Member>, Error> {
    tx.query(
        "SELECT member_id, member_type, display FROM member
         WHERE tenant_id = $1 AND group_id = $2 ORDER BY member_id LIMIT $3 OFFSET $4",
        params![tenant, group, limit, offset],
        |row| Ok(Member { id: row.get(0)?, member_type: row.get(1)?, display: row.get(2)? }),
    )
}

/// Those of these resources that are members of a group.
///
/// # Errors
/// A statement's.
pub fn among(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    members: &[ResourceId],
) -> Result<Vec<Member>, Error> {
    tx.query(
        "SELECT member_id, member_type, display FROM member WHERE tenant_id = $1 AND group_id = $2
         AND member_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json))) ORDER BY member_id",
        params![tenant, group, &list::of(members)],
        |row| Ok(Member { id: row.get(0)?, member_type: row.get(1)?, display: row.get(2)? }),
    )
}

/// The groups that a resource is directly in, in the order of their ids.
///
/// # Errors
/// A statement's.
pub fn groups_of(tx: &mut Tx<'_>, tenant: TenantId, member: ResourceId) -> Result<Vec<ResourceId>, Error> {
    tx.query(
        "SELECT group_id FROM member WHERE tenant_id = $1 AND member_id = $2 ORDER BY group_id",
        params![tenant, member],
        |row| row.get(0),
    )
}

/// Which of these resources is directly in which group: pairs of a member and a group, in that order.
///
/// # Errors
/// A statement's.
pub fn memberships(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    members: &[ResourceId],
) -> Result<Vec<(ResourceId, ResourceId)>, Error> {
    tx.query(
        "SELECT member_id, group_id FROM member WHERE tenant_id = $1
         AND member_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($2::text::json)))
         ORDER BY member_id, group_id",
        params![tenant, &list::of(members)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How many members a group has.
///
/// # Errors
/// A statement's.
pub fn count(tx: &mut Tx<'_>, tenant: TenantId, group: ResourceId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM member WHERE tenant_id = $1 AND group_id = $2",
        params![tenant, group],
        |row| row.get(0),
    )
}

/// Removes a resource from every group it is in. Answers those groups.
///
/// # Errors
/// A statement's.
pub fn remove_everywhere(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    member: ResourceId,
) -> Result<Vec<ResourceId>, Error> {
    let mut groups = tx.query(
        "DELETE FROM member WHERE tenant_id = $1 AND member_id = $2 RETURNING group_id",
        params![tenant, member],
        |row| row.get(0),
    )?;
    groups.sort();
    Ok(groups)
}
