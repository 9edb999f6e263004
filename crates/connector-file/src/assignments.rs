//! Who is assigned to the application: directly, or as a direct member of an assigned group.

use crate::fields::{AssignmentFields, GroupFields};
use crate::row::{Place, Row};
use connector::{Assignment, Error, Member, ObjectType};
use std::collections::{HashMap, HashSet};

/// The assignments of a directory.
#[derive(Default)]
pub(crate) struct Assignments {
    users: HashSet<String>,
    /// The assigned groups, with the line that assigns each.
    groups: HashMap<String, Place>,
    members: HashMap<String, usize>,
    /// Every group of the directory.
    group_ids: HashSet<String>,
    group_names: Vec<String>,
}

impl Assignments {
    /// Takes in a row of the assignments file. All of them come before the first group.
    pub(crate) fn add(&mut self, row: &Row, groups_known: bool) -> Result<(), Error> {
        match AssignmentFields::of(row)? {
            AssignmentFields::User(id) => {
                self.users.insert(id.to_owned());
            }
            AssignmentFields::Group(id) if groups_known => {
                self.groups.entry(id.to_owned()).or_insert_with(|| row.place.clone());
            }
            // Its members are unknown, and would look unassigned.
            AssignmentFields::Group(_) => {
                return Err(row.place.error("assigns a group, but there is no groups file beside it"));
            }
            AssignmentFields::ServicePrincipal => {}
        }
        Ok(())
    }

    /// Takes in a group: if it is assigned and security enabled, its direct members are assigned through it.
    pub(crate) fn add_members(&mut self, group: &GroupFields<'_>) {
        self.group_ids.insert(group.id.to_owned());
        if !self.assigns(group) {
            return;
        }
        let index = self.group_names.len();
        self.group_names.push(group.display_name.unwrap_or(group.id).to_owned());
        for member in &group.members {
            self.members.entry((*member).to_owned()).or_insert(index);
        }
    }

    /// Refuses an assignment of a group that `exists` does not know: its members would look unassigned, and a groups
    /// file cut short at the end of a line shows in nothing else.
    pub(crate) fn check_groups(&self, exists: impl Fn(&str) -> bool) -> Result<(), Error> {
        let missing = self.groups.iter().filter(|(id, _)| !exists(id)).min_by_key(|(_, place)| place.line);
        match missing {
            None => Ok(()),
            Some((id, place)) => Err(Error::source(
                place.to_string(),
                format!("assigns the group \"{id}\", which is not in the groups file"),
                "export groups and assignments again, or take this assignment out if the group was deleted",
            )),
        }
    }

    fn assigns(&self, group: &GroupFields<'_>) -> bool {
        group.security_enabled && !group.soft_deleted && self.groups.contains_key(group.id)
    }

    /// A member of a group, once all groups were taken in.
    pub(crate) fn member(&self, id: &str) -> Member {
        if self.group_ids.contains(id) { Member::group(id) } else { Member::user(id) }
    }

    /// How an object is assigned.
    pub(crate) fn of(&self, object_type: ObjectType, anchor: &str) -> Assignment {
        let direct = match object_type {
            ObjectType::User => self.users.contains(anchor),
            ObjectType::Group => self.groups.contains_key(anchor),
        };
        if direct {
            return Assignment::Direct;
        }
        match (object_type, self.members.get(anchor).and_then(|index| self.group_names.get(*index))) {
            (ObjectType::User, Some(group)) => Assignment::ByGroup { group: group.clone() },
            // Nested groups are not expanded.
            (ObjectType::Group, _) | (ObjectType::User, None) => Assignment::Unassigned,
        }
    }
}
