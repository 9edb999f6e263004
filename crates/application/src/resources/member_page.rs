//! A group's members page by page, for those who can't take a hundred thousand at once.

use model::ResourceId;
use store::member::{self, Member};
use store::{Tx, resource};

use super::members::has_members;
use super::{Error, Scope};

/// Some of a group's members, in the order of their ids.
#[derive(Clone, Debug)]
pub struct MemberPage {
    /// How many members the group has. Counted for the first page only, since that looks at each of them.
    pub total: Option<u64>,
    /// Those of the page.
    pub members: Vec<Member>,
    /// After whom the next page begins, if there is one.
    pub next: Option<ResourceId>,
}

/// The next `count` members of a group after one of them; `None` begins. Who joins or leaves between two pages makes
/// the next one neither lose nor repeat anybody else.
///
/// # Errors
/// 404, also for a resource that is no group; the store's.
pub fn members(
    tx: &mut Tx<'_>,
    scope: Scope<'_>,
    group: ResourceId,
    after: Option<ResourceId>,
    count: i64,
) -> Result<MemberPage, Error> {
    let (tenant, kind) = (scope.tenant, scope.kind.id());
    if !has_members(scope.kind) || resource::get_text(tx, tenant, kind, group)?.is_none() {
        return Err(scim::Error::not_found(kind, &group.to_string()).into());
    }
    let total = match after {
        None => Some(u64::try_from(member::count(tx, tenant, group)?).unwrap_or(0)),
        Some(_) => None,
    };
    let members = member::of_group(tx, tenant, group, after, count)?;
    let is_full = i64::try_from(members.len()).is_ok_and(|length| length == count);
    let next = members.last().map(|member| member.id).filter(|_| is_full);
    Ok(MemberPage { total, members, next })
}
