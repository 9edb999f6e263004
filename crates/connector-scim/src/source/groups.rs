//! The groups of a directory: who is in them, and who is assigned to the application by them.

use super::person::{self, member_anchor};
use super::scim_source::Directory;
use crate::answer::member;
use connector::{Assignment, Error, Member, Members, Object, ObjectType, TargetObject};
use scim::fold::fold_eq;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// All groups, with what follows from them.
pub(super) struct Groups {
    by_id: BTreeMap<String, Group>,
    /// The displayName of the group that assigns an object.
    assigned: HashMap<Member, String>,
    /// Groups that are assigned themselves.
    direct: HashSet<String>,
    /// Whether the job provisions groups.
    wanted: bool,
}

/// One group with its members.
struct Group {
    display_name: String,
    resource: TargetObject,
    members: BTreeSet<Member>,
}

impl Groups {
    /// Takes in every group of the directory.
    ///
    /// # Errors
    /// When a group that assigns cannot be told, or assigns nobody: everybody would look unassigned.
    pub(super) fn of(all: Vec<TargetObject>, directory: &Directory) -> Result<Self, Error> {
        let ids: HashSet<String> = all.iter().map(|group| group.id.clone()).collect();
        let mut by_id: BTreeMap<String, Group> =
            all.into_iter().map(|resource| (resource.id.clone(), Group::of(resource, &ids))).collect();
        if directory.needs.nested_groups {
            flatten(&mut by_id);
        }
        let wanted = directory.needs.groups;
        let mut groups = Self { by_id, assigned: HashMap::new(), direct: HashSet::new(), wanted };
        if directory.needs.assignments {
            groups.assign(&directory.assigned)?;
        }
        Ok(groups)
    }

    fn assign(&mut self, names: &[String]) -> Result<(), Error> {
        if names.is_empty() {
            return Err(refused(
                "the job provisions assigned users only, and the source names no group that assigns",
            ));
        }
        for name in names {
            let mut found = self.by_id.iter().filter(|(_, group)| fold_eq(&group.display_name, name));
            let Some((id, group)) = found.next() else {
                return Err(refused(format!("there is no group \"{name}\", which assigns")));
            };
            if found.next().is_some() {
                return Err(refused(format!("several groups are called \"{name}\", which assigns")));
            }
            self.direct.insert(id.clone());
            for member in &group.members {
                self.assigned.entry(member.clone()).or_insert_with(|| group.display_name.clone());
            }
        }
        if self.assigned.keys().any(|member| member.object_type == ObjectType::User) {
            return Ok(());
        }
        Err(refused("nobody is a member of the groups that assign, or members are not listed"))
    }

    /// How an object is assigned.
    pub(super) fn assignment(&self, object_type: ObjectType, anchor: &str) -> Assignment {
        let member = Member { anchor: anchor.to_owned(), object_type };
        match self.assigned.get(&member) {
            _ if object_type == ObjectType::Group && self.direct.contains(anchor) => Assignment::Direct,
            Some(group) => Assignment::ByGroup { group: group.clone() },
            None => Assignment::Unassigned,
        }
    }

    /// One group, if the job provisions groups.
    pub(super) fn object(&self, anchor: &str) -> Option<Object> {
        let group = self.by_id.get(anchor).filter(|_| self.wanted)?;
        Some(Object {
            anchor: anchor.to_owned(),
            object_type: ObjectType::Group,
            display: group.display_name.clone(),
            attributes: person::attributes(&group.resource.document),
            enabled: true,
            soft_deleted: false,
            assignment: self.assignment(ObjectType::Group, anchor),
            members: Some(Members::All(group.members.iter().cloned().collect())),
        })
    }

    /// The anchors of all groups that the job provisions.
    pub(super) fn anchors(&self) -> Vec<String> {
        if self.wanted { self.by_id.keys().cloned().collect() } else { Vec::new() }
    }

    /// A digest of everything about the groups that the job provisions.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for object in self.anchors().iter().filter_map(|anchor| self.object(anchor)) {
            hash.update(serde_json::to_vec(&object).unwrap_or_default());
        }
        person::hex(&hash.finalize())
    }

    /// A digest of who is assigned by what.
    pub(super) fn assignments_digest(&self) -> String {
        let sorted: BTreeMap<&Member, &String> = self.assigned.iter().collect();
        let mut hash = Sha256::new();
        for (member, group) in sorted {
            hash.update(format!("{} {}\n{group}\n", member.object_type, member.anchor));
        }
        person::hex(&hash.finalize())
    }
}

impl Group {
    fn of(resource: TargetObject, group_ids: &HashSet<String>) -> Self {
        let name = member(&resource.document, "displayName").and_then(Value::as_str);
        let display_name = name.unwrap_or(&resource.id).to_owned();
        let listed = member(&resource.document, "members").and_then(Value::as_array);
        let members = listed.into_iter().flatten().filter_map(|listed| {
            let anchor = member_anchor(listed)?;
            let object_type = if group_ids.contains(&anchor) { ObjectType::Group } else { ObjectType::User };
            Some(Member { anchor, object_type })
        });
        Self { display_name, members: members.collect(), resource }
    }
}

/// Members of groups in groups become members of the outer group, at any depth; circles end.
fn flatten(groups: &mut BTreeMap<String, Group>) {
    let direct: HashMap<String, Vec<Member>> =
        groups.iter().map(|(id, group)| (id.clone(), group.members.iter().cloned().collect())).collect();
    for (id, group) in groups {
        let mut visited = HashSet::from([id.as_str()]);
        let mut open = vec![id.as_str()];
        while let Some(inner) = open.pop() {
            for member in direct.get(inner).into_iter().flatten() {
                if member.object_type == ObjectType::Group && visited.insert(&member.anchor) {
                    open.push(&member.anchor);
                }
                if member.anchor != *id {
                    group.members.insert(member.clone());
                }
            }
        }
    }
}

fn refused(detail: impl Into<String>) -> Error {
    Error::source(
        "source.assigned",
        detail,
        "name the groups whose members are assigned, by their displayName, in source.assigned of the job",
    )
}
