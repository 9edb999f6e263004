//! Who is assigned to the application, directly or as a member of an assigned group; and who is in the groups.

use crate::fields::{AssignmentFields, GroupFields};
use crate::row::{Place, Row};
use connector::{Assignment, Error, Member, Needs, Nesting, ObjectType};
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
    /// The members of all groups, where those of nested groups count.
    nesting: Option<Nesting>,
    /// The groups that assign their members, in the order of their names, where those of nested groups count.
    nested: Vec<String>,
}

impl Assignments {
    /// None so far.
    pub(crate) fn new(needs: &Needs) -> Self {
        Self { nesting: needs.nested_groups.then(Nesting::default), ..Self::default() }
    }

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

    /// Takes in a group: if it is assigned and security enabled, its members are assigned through it.
    pub(crate) fn add_members(&mut self, group: &GroupFields<'_>) {
        self.group_ids.insert(group.id.to_owned());
        if let Some(nesting) = &mut self.nesting {
            // A deleted group gives its members to no other group.
            let members = if group.soft_deleted { &[] } else { group.members.as_slice() };
            nesting.add(group.id, members.iter().copied());
        }
        if !self.assigns(group) {
            return;
        }
        let index = self.group_names.len();
        self.group_names.push(group.display_name.unwrap_or(group.id).to_owned());
        if self.nesting.is_some() {
            self.nested.push(group.id.to_owned());
            return;
        }
        for member in &group.members {
            self.members.entry((*member).to_owned()).or_insert(index);
        }
    }

    /// Assigns the members of nested groups, once all groups were taken in.
    pub(crate) fn follow_nesting(&mut self) {
        let Some(nesting) = &self.nesting else { return };
        for (index, group) in self.nested.iter().enumerate() {
            for member in nesting.all(group) {
                self.members.entry(member.anchor).or_insert(index);
            }
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

    /// The members of a group, once all groups were taken in.
    pub(crate) fn members(&self, group: &GroupFields<'_>) -> Vec<Member> {
        match &self.nesting {
            Some(nesting) if !group.soft_deleted => nesting.all(group.id),
            Some(_) | None => group.members.iter().map(|id| self.member(id)).collect(),
        }
    }

    fn member(&self, id: &str) -> Member {
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
            // A group is assigned by itself or not at all.
            (ObjectType::Group, _) | (ObjectType::User, None) => Assignment::Unassigned,
        }
    }
}
