//! The groups that resources are in, directly and through other groups: `User.groups` (RFC 7643 §4.1.2).

use std::collections::{BTreeMap, BTreeSet};

use model::{ResourceId, TenantId};
use serde_json::Value;

use crate::{Error, Tx, member, nesting, resource};

/// A group that a resource is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberOf {
    /// The group.
    pub group: ResourceId,
    /// Its `displayName`.
    pub display: Option<String>,
    /// Whether the resource itself is a member, or only a group that it is in, at any distance.
    pub is_direct: bool,
}

/// The groups of each of these resources, in the order of the groups' ids. Who is in none is not in the answer. As
/// many statements as for one resource, however many there are.
///
/// # Errors
/// A statement's.
pub fn of(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resources: &[ResourceId],
) -> Result<BTreeMap<ResourceId, Vec<MemberOf>>, Error> {
    let mut direct: BTreeMap<ResourceId, BTreeSet<ResourceId>> = BTreeMap::new();
    for (resource, group) in member::memberships(tx, tenant, resources)? {
        direct.entry(resource).or_default().insert(group);
    }
    if direct.is_empty() {
        return Ok(BTreeMap::new());
    }
    let groups: BTreeSet<ResourceId> = direct.values().flatten().copied().collect();
    let above = nesting::all_above(tx, tenant, &groups)?;
    let all: Vec<ResourceId> = above.values().fold(groups, |all, some| &all | some).into_iter().collect();
    let names = names(tx, tenant, &all)?;
    let of_one = |direct: BTreeSet<ResourceId>| {
        let all =
            direct.iter().filter_map(|group| above.get(group)).fold(direct.clone(), |all, some| &all | some);
        let member_of = |group| MemberOf {
            group,
            display: names.get(&group).cloned(),
            is_direct: direct.contains(&group),
        };
        all.into_iter().map(member_of).collect()
    };
    Ok(direct.into_iter().map(|(resource, direct)| (resource, of_one(direct))).collect())
}

fn names(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    groups: &[ResourceId],
) -> Result<BTreeMap<ResourceId, String>, Error> {
    let stored = resource::get_many(tx, tenant, "Group", groups)?;
    let name = |mut group: model::resource::StoredResource| match group.document.remove("displayName") {
        Some(Value::String(name)) => Some((group.id, name)),
        Some(_) | None => None,
    };
    Ok(stored.into_iter().filter_map(name).collect())
}
