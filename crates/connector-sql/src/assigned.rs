//! Who is assigned: directly, or as a member of an assigned group.

use crate::fault;
use crate::memberships::Memberships;
use crate::session::{Query, Session};
use connector::{Assignment, Error, Needs, ObjectType};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The assigned people and groups.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    users: HashSet<String>,
    groups: HashSet<String>,
    /// By which group; of several the first by name.
    members: HashMap<String, usize>,
    names: Vec<String>,
}

impl Assigned {
    /// Reads the assignments.
    pub(crate) async fn load(
        session: &Session,
        query: Option<&Query>,
        memberships: &Memberships,
        needs: &Needs,
    ) -> Result<Self, Error> {
        let mut assigned = Self::default();
        let Some(query) = query else { return Ok(assigned) };
        let mut assigning = BTreeSet::new();
        session.open(query).await?;
        loop {
            let page = session.fetch(query, needs).await?;
            if page.is_empty() {
                break;
            }
            for row in page {
                let id = row.id("principalId")?;
                let group = memberships.group(&id);
                match (row.text("principalType")?, group) {
                    (Some("User"), _) | (None, None) => {
                        assigned.users.insert(id);
                    }
                    (Some("Group") | None, Some(group)) => {
                        if group.assigns {
                            assigning.insert((group.name.clone(), id.clone()));
                        }
                        assigned.groups.insert(id);
                    }
                    (Some("Group"), None) => {
                        let detail =
                            format!("assigns the group \"{id}\", which the groups query does not have");
                        return Err(fault::wrong(query.name, detail));
                    }
                    (Some("ServicePrincipal"), _) => {}
                    (Some(_), _) => return Err(row.wrong("principalType", "User, Group or ServicePrincipal")),
                }
            }
        }
        for (name, id) in assigning {
            let index = assigned.names.len();
            assigned.names.push(name);
            for member in memberships.members(&id) {
                assigned.members.entry(member.anchor).or_insert(index);
            }
        }
        Ok(assigned)
    }

    /// How an object is assigned. A group is assigned by itself or not at all.
    pub(crate) fn of(&self, object_type: ObjectType, anchor: &str) -> Assignment {
        let (direct, through) = match object_type {
            ObjectType::User => (self.users.contains(anchor), self.members.get(anchor)),
            ObjectType::Group => (self.groups.contains(anchor), None),
        };
        match through.and_then(|index| self.names.get(*index)) {
            _ if direct => Assignment::Direct,
            Some(group) => Assignment::ByGroup { group: group.clone() },
            None => Assignment::Unassigned,
        }
    }
}
