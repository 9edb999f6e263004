//! Records of the groups' delta query, merged: a group comes in several records, its members in parts, and anything
//! twice.

use crate::answer::Answer;
use crate::delta::{Record, id_of, is_removed};
use crate::limits::MAX_MEMBERSHIPS;
use crate::members::object_type;
use connector::{Error, Member, Members, ObjectType};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a delta query says of groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: BTreeMap<String, Group>,
    memberships: usize,
}

/// What it says of one group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Its properties: all of them in a first query, those that changed in a later one.
    pub(crate) record: Record,
    /// Whether it is deleted.
    pub(crate) is_removed: bool,
    /// Who came (true) or went, the last word on each.
    members: BTreeMap<Member, bool>,
}

impl Groups {
    /// Takes a record in. Its members are kept where `with_members` says so.
    pub(crate) fn add(&mut self, mut record: Record, with_members: bool) -> Result<(), Error> {
        let id = id_of(&record)?.to_owned();
        let links = record.remove("members@delta");
        let group = self.groups.entry(id).or_default();
        group.is_removed = is_removed(&record);
        if group.is_removed {
            return Ok(());
        }
        group.record.extend(record);
        let Some(Value::Array(links)) = links.filter(|_| with_members) else { return Ok(()) };
        for link in &links {
            let Value::Object(link) = link else {
                return Err(Answer::broken(
                    "GET /groups/delta",
                    "members@delta holds something else than objects",
                ));
            };
            if let Some(object_type) = object_type(link) {
                let member = Member { anchor: id_of(link)?.to_owned(), object_type };
                group.members.insert(member, !is_removed(link));
                self.memberships += 1;
            }
        }
        if self.memberships > MAX_MEMBERSHIPS {
            return Err(Answer::broken("GET /groups/delta", "there are more memberships than can be held"));
        }
        Ok(())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.groups.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Group)> {
        self.groups.iter()
    }

    /// The groups that are there.
    pub(crate) fn present(&self) -> impl Iterator<Item = (&String, &Group)> {
        self.iter().filter(|(_, group)| !group.is_removed)
    }

    /// The members of a group; those of nested groups among them, at any depth, if so asked. Circles end.
    pub(crate) fn members(&self, id: &str, nested: bool) -> BTreeSet<Member> {
        let (mut found, mut open) = (BTreeSet::new(), vec![id]);
        while let Some(group) = open.pop().and_then(|id| self.get(id)).filter(|group| !group.is_removed) {
            for member in group.came() {
                if found.insert(member.clone()) && nested && member.object_type == ObjectType::Group {
                    open.push(&member.anchor);
                }
            }
        }
        found
    }

    /// The groups that are members of groups.
    pub(crate) fn nested(&self) -> impl Iterator<Item = &str> {
        let members = self.groups.values().flat_map(Group::came);
        members.filter(|member| member.object_type == ObjectType::Group).map(|member| member.anchor.as_str())
    }
}

impl Group {
    /// Whether somebody came or went.
    pub(crate) fn has_member_changes(&self) -> bool {
        !self.members.is_empty()
    }

    /// Whether a property changed.
    pub(crate) fn has_new_properties(&self) -> bool {
        self.record.keys().any(|name| name != "id" && !name.contains('@'))
    }

    /// Who came, and everybody in a first query.
    pub(crate) fn came(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|(_, came)| **came).map(|(member, _)| member)
    }

    /// Everybody who came or went.
    pub(crate) fn moved(&self) -> impl Iterator<Item = &Member> {
        self.members.keys()
    }

    /// Who came and who went.
    pub(crate) fn changes(&self) -> Members {
        let gone = self.members.iter().filter(|(_, came)| !**came).map(|(member, _)| member.clone());
        Members::Changed { added: self.came().cloned().collect(), removed: gone.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(records: &[Value]) -> Groups {
        let mut groups = Groups::default();
        for record in records {
            groups.add(record.as_object().unwrap().clone(), true).unwrap();
        }
        groups
    }

    fn user(id: &str) -> Value {
        json!({ "@odata.type": "#microsoft.graph.user", "id": id })
    }

    fn group(id: &str) -> Value {
        json!({ "@odata.type": "#microsoft.graph.group", "id": id })
    }

    fn gone(mut link: Value) -> Value {
        link["@removed"] = json!({ "reason": "deleted" });
        link
    }

    fn anchors(groups: &Groups, id: &str, nested: bool) -> Vec<String> {
        groups.members(id, nested).into_iter().map(|member| member.anchor).collect()
    }

    #[test]
    fn parts_and_replays_are_one_group_and_the_last_word_counts() {
        let groups = merged(&[
            json!({ "id": "g", "displayName": "Old", "members@delta": [user("a"), user("b")] }),
            json!({ "id": "g", "members@delta": [user("c"), user("a")] }),
            json!({ "id": "g", "displayName": "New", "members@delta": [gone(user("b"))] }),
            json!({ "id": "h", "@removed": { "reason": "deleted" } }),
        ]);
        assert_eq!(anchors(&groups, "g", false), ["a", "c"]);
        assert_eq!(groups.get("g").unwrap().record["displayName"], "New");
        let Members::Changed { added, removed } = groups.get("g").unwrap().changes() else { panic!() };
        assert_eq!((added.len(), removed), (2, vec![Member::user("b")]));
        assert_eq!(groups.present().count(), 1);
    }

    #[test]
    fn a_group_that_comes_back_in_the_same_query_is_there() {
        let groups = merged(&[
            json!({ "id": "g", "@removed": { "reason": "changed" } }),
            json!({ "id": "g", "displayName": "G" }),
        ]);
        assert!(!groups.get("g").unwrap().is_removed);
    }

    #[test]
    fn circles_end_and_other_members_are_left_out() {
        let device = json!({ "@odata.type": "#microsoft.graph.device", "id": "d" });
        let groups = merged(&[
            json!({ "id": "g", "members@delta": [group("h"), user("a"), device] }),
            json!({ "id": "h", "members@delta": [group("g"), user("b")] }),
        ]);
        assert_eq!(anchors(&groups, "g", false), ["a", "h"]);
        assert_eq!(anchors(&groups, "g", true), ["a", "b", "g", "h"]);
        assert_eq!(groups.nested().collect::<Vec<_>>(), ["h", "g"]);
    }
}
