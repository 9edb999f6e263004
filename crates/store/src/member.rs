//! Memberships, a row each: one change in a group of a million members costs one row.

use model::{ResourceId, TenantId};

use crate::{Error, Param, Tx, list, params};

/// A member of a group (RFC 7643 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's `id`, which is `members.value`.
    pub id: ResourceId,
    /// `members.type`: `User` or `Group`.
    pub member_type: String,
}

/// Adds resources of one type to a group; who is a member already stays as it is, and who does not exist is left out.
/// Answers how many were added.
///
/// The caller has locked these resources ([`crate::resource::lock_many`]), so that none is deleted meanwhile.
///
/// # Errors
/// A statement's.
pub fn add(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    resource_type: &str,
    members: &[ResourceId],
) -> Result<u64, Error> {
    if members.is_empty() {
        return Ok(0);
    }
    tx.execute(
        "INSERT INTO member (tenant_id, group_id, member_id, member_type)
         SELECT tenant_id, $2, resource_id, resource_type
         FROM resource WHERE tenant_id = $1 AND resource_type = $3
         AND resource_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($4::text::json)))
         ON CONFLICT DO NOTHING",
        params![tenant, group, resource_type, &list::of(members)],
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

/// The next members of a group after one, in the order of their ids; `None` begins.
///
/// # Errors
/// A statement's.
pub fn of_group(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    after: Option<ResourceId>,
    limit: i64,
) -> Result<Vec<Member>, Error> {
    tx.query(
        "SELECT member_id, member_type FROM member
         WHERE tenant_id = $1 AND group_id = $2 AND member_id > $3 ORDER BY member_id LIMIT $4",
        params![tenant, group, after.map_or(Param::Text(""), Into::into), limit],
        |row| Ok(Member { id: row.get(0)?, member_type: row.get(1)? }),
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
        "SELECT member_id, member_type FROM member WHERE tenant_id = $1 AND group_id = $2
         AND member_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json))) ORDER BY member_id",
        params![tenant, group, &list::of(members)],
        |row| Ok(Member { id: row.get(0)?, member_type: row.get(1)? }),
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
    // Most questions are about one, and a list costs several times as much.
    if let [member] = members {
        return tx.query(
            "SELECT group_id FROM member WHERE tenant_id = $1 AND member_id = $2 ORDER BY group_id",
            params![tenant, *member],
            |row| Ok((*member, row.get(0)?)),
        );
    }
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
