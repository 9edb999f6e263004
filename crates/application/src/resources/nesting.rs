//! Groups as members of groups (RFC 7643 §4.2): no group contains itself, at any distance, and the depth is bounded.

use model::{ResourceId, TenantId};
use store::{Tx, nesting, resource};

use super::Error;
use crate::GROUP;
use crate::limits::MAX_NESTED_GROUPS;

/// Refuses to put these groups into a group if one of them contains it already, or if groups were nested too deep then.
/// What is found stays true until the transaction ends.
///
/// # Errors
/// 400 `invalidValue`; the store's.
pub(super) fn check(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    nested: &[ResourceId],
) -> Result<(), Error> {
    nesting::lock(tx, tenant)?;
    let above = nesting::above(tx, tenant, group, MAX_NESTED_GROUPS)?;
    if let Some(outer) = nested.iter().find(|id| **id == group || above.contains_key(id)) {
        return Err(circle(tx, tenant, group, *outer)?.into());
    }
    let levels_above = above.values().max().copied().unwrap_or(0);
    let levels_below = nesting::height(tx, tenant, nested, MAX_NESTED_GROUPS)?;
    // The group and those that come into it are two levels themselves.
    if levels_above + levels_below + 2 > MAX_NESTED_GROUPS {
        let detail = format!(
            "members: groups can be nested {MAX_NESTED_GROUPS} levels deep, and these would be deeper"
        );
        return Err(scim::Error::invalid_value(detail).into());
    }
    Ok(())
}

fn circle(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    group: ResourceId,
    outer: ResourceId,
) -> Result<scim::Error, Error> {
    if outer == group {
        return Ok(scim::Error::invalid_value("members: a group can't be a member of itself"));
    }
    let found = resource::get(tx, tenant, GROUP, outer)?;
    let name =
        found.as_ref().and_then(|group| group.document.get("displayName")?.as_str()).unwrap_or_default();
    Ok(scim::Error::invalid_value(format!(
        "members: the group {name:?} ({outer}) contains this group already, directly or through others, so it can't \
         become its member; remove this group from it first"
    )))
}
