//! The assignments as a watermark remembers them, and what differs from last time.

use crate::principals::{Principals, Roles};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Assigned principals, as small as it gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assigned {
    /// Users by id, each with a digest of its app roles; empty where roles do not matter.
    pub(crate) users: BTreeMap<String, String>,
    /// Groups by id.
    pub(crate) groups: BTreeMap<String, AssignedGroup>,
}

/// An assigned group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignedGroup {
    /// Its displayName.
    pub(crate) name: String,
    /// Whether its members count as assigned: it is there, and security enabled.
    pub(crate) counts: bool,
    /// How many users are in it, about.
    pub(crate) members: usize,
    /// A digest of its app roles, as for users.
    pub(crate) roles: String,
}

impl AssignedGroup {
    /// What its members have of it.
    fn gives(&self) -> Option<&str> {
        self.counts.then_some(self.roles.as_str())
    }
}

impl Assigned {
    /// The principals, with what `group` says of each group.
    pub(crate) fn of(
        principals: &Principals,
        roles: Option<&Roles>,
        mut group: impl FnMut(&str) -> AssignedGroup,
    ) -> Self {
        let digest = |ids: &BTreeSet<String>| roles.map(|roles| roles.digest(ids)).unwrap_or_default();
        let users = principals.users.iter().map(|(id, ids)| (id.clone(), digest(ids)));
        let groups = principals
            .groups
            .iter()
            .map(|(id, ids)| (id.clone(), AssignedGroup { roles: digest(ids), ..group(id) }));
        Self { users: users.collect(), groups: groups.collect() }
    }

    /// The groups whose members count as assigned.
    pub(crate) fn counting(&self) -> impl Iterator<Item = (&String, &AssignedGroup)> {
        self.groups.iter().filter(|(_, group)| group.counts)
    }

    /// The users whose own assignment differs.
    pub(crate) fn changed_users<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a String> {
        differing(&self.users, &before.users, |roles| Some(roles.as_str()))
    }

    /// The groups of which members have something else than before.
    pub(crate) fn changed_groups<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a String> {
        differing(&self.groups, &before.groups, AssignedGroup::gives)
    }

    /// The groups that are assigned now and were not, or the other way round.
    pub(crate) fn moved_groups<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a String> {
        differing(&self.groups, &before.groups, |_| Some(""))
    }
}

/// The keys whose value, seen through `view`, is not the same in both.
fn differing<'a, T>(
    now: &'a BTreeMap<String, T>,
    before: &'a BTreeMap<String, T>,
    view: impl Fn(&'a T) -> Option<&'a str> + Copy + 'a,
) -> impl Iterator<Item = &'a String> {
    let new = now.keys().filter(move |id| now.get(*id).and_then(view) != before.get(*id).and_then(view));
    let gone = before.iter().filter(move |(id, value)| !now.contains_key(*id) && view(value).is_some());
    new.chain(gone.map(|(id, _)| id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(users: &[(&str, &str)], groups: &[(&str, bool, &str)]) -> Assigned {
        let group = |(id, counts, roles): &(&str, bool, &str)| {
            let group =
                AssignedGroup { counts: *counts, roles: (*roles).to_owned(), ..AssignedGroup::default() };
            ((*id).to_owned(), group)
        };
        Assigned {
            users: users.iter().map(|(id, roles)| ((*id).to_owned(), (*roles).to_owned())).collect(),
            groups: groups.iter().map(group).collect(),
        }
    }

    #[test]
    fn what_came_went_or_means_something_else_differs() {
        let before = assigned(
            &[("a", ""), ("b", ""), ("c", "1")],
            &[("g", true, ""), ("h", false, ""), ("i", true, "")],
        );
        let now = assigned(
            &[("b", ""), ("c", "2"), ("d", "")],
            &[("g", false, ""), ("i", true, ""), ("j", true, "")],
        );
        assert_eq!(now.changed_users(&before).collect::<Vec<_>>(), ["c", "d", "a"]);
        assert_eq!(
            now.changed_groups(&before).collect::<Vec<_>>(),
            ["g", "j"],
            "h never gave anybody anything"
        );
        assert_eq!(now.moved_groups(&before).collect::<Vec<_>>(), ["j", "h"]);
        assert_eq!(now.changed_users(&now).count() + now.changed_groups(&now).count(), 0);
    }
}
