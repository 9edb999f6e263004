//! How users and groups stand to the application: who is assigned, through what, with which roles.

use crate::assigned::{Assigned, AssignedGroup};
use crate::client::Graph;
use crate::principals::{Principals, Roles};
use connector::{Assignment, Error, ObjectType};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How one object stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    pub(crate) assignment: Assignment,
    /// Its app roles, those of its groups among them, where the job needs them.
    pub(crate) roles: Option<Value>,
}

/// All that is needed to tell how somebody stands.
#[derive(Debug)]
pub(crate) struct Roster {
    pub(crate) principals: Principals,
    /// Where the job needs them.
    pub(crate) roles: Option<Roles>,
    pub(crate) assigned: Assigned,
    pub(crate) memberships: Memberships,
}

/// Who is in the assigned groups.
#[derive(Debug)]
pub(crate) enum Memberships {
    /// The users of each group.
    Known(BTreeMap<String, HashSet<String>>),
    /// Graph is asked for each user.
    Asked {
        /// Whether nested groups count.
        nested: bool,
    },
}

impl Standing {
    /// Of somebody who is not assigned, or deleted.
    pub(crate) fn none(with_roles: bool) -> Self {
        Self { assignment: Assignment::Unassigned, roles: with_roles.then(|| Value::Array(Vec::new())) }
    }
}

impl Roster {
    /// How some users stand, in the order given.
    pub(crate) async fn users(&self, graph: &Graph, ids: &[String]) -> Result<Vec<Standing>, Error> {
        let asked = match self.memberships {
            Memberships::Known(_) => HashMap::new(),
            Memberships::Asked { nested: false } => graph.groups_of(ObjectType::User, ids, false).await?,
            Memberships::Asked { nested: true } => {
                let groups: Vec<String> = self.assigned.counting().map(|(id, _)| id.clone()).collect();
                graph.check_member_groups(ids, &groups).await?
            }
        };
        let none = BTreeSet::new();
        Ok(ids.iter().map(|id| self.user(id, asked.get(id).unwrap_or(&none))).collect())
    }

    /// How a user stands, where memberships are known or `asked` holds the groups.
    pub(crate) fn user(&self, id: &str, asked: &BTreeSet<String>) -> Standing {
        let is_in = |group: &str| match &self.memberships {
            Memberships::Known(known) => known.get(group).is_some_and(|users| users.contains(id)),
            Memberships::Asked { .. } => asked.contains(group),
        };
        let groups: Vec<(&String, &AssignedGroup)> =
            self.assigned.counting().filter(|(group, _)| is_in(group)).collect();
        let own = self.principals.users.get(id);
        let assignment = match (own, groups.first()) {
            (Some(_), _) => Assignment::Direct,
            (None, Some((_, group))) => Assignment::ByGroup { group: group.name.clone() },
            (None, None) => Assignment::Unassigned,
        };
        let of_groups = groups.iter().filter_map(|(group, _)| self.principals.groups.get(*group));
        let roles = self.roles.as_ref().map(|roles| {
            roles.show(&own.into_iter().chain(of_groups).flatten().map(String::as_str).collect())
        });
        Standing { assignment, roles }
    }

    /// How a group stands.
    pub(crate) fn group(&self, id: &str) -> Standing {
        let is_assigned = self.principals.groups.contains_key(id);
        let assignment = if is_assigned { Assignment::Direct } else { Assignment::Unassigned };
        Standing { assignment, roles: None }
    }
}
