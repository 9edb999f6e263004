//! Groups in groups, for sources that hold memberships in memory.

use crate::Member;
use std::collections::{HashMap, HashSet, VecDeque};

/// The groups of a directory, with their direct members.
#[derive(Debug, Clone, Default)]
pub struct Nesting {
    numbers: HashMap<Box<str>, u32>,
    anchors: Vec<Box<str>>,
    /// By the group's number. What is in here is a group.
    members: HashMap<u32, Vec<u32>>,
}

impl Nesting {
    /// Takes in a group; one that comes twice has the members of both.
    pub fn add<'a>(&mut self, group: &str, members: impl IntoIterator<Item = &'a str>) {
        let group = self.number(group);
        let members: Vec<u32> = members.into_iter().map(|member| self.number(member)).collect();
        self.members.entry(group).or_default().extend(members);
    }

    /// Whether this is the anchor of a group that was taken in.
    pub fn is_group(&self, anchor: &str) -> bool {
        self.numbers.get(anchor).is_some_and(|number| self.members.contains_key(number))
    }

    /// The direct members of a group, each once. One that is unknown has none.
    pub fn direct(&self, group: &str) -> Vec<Member> {
        let mut met = HashSet::new();
        let members = self.numbers.get(group).and_then(|number| self.members.get(number));
        members
            .into_iter()
            .flatten()
            .filter(|member| met.insert(**member))
            .filter_map(|n| self.member(*n))
            .collect()
    }

    /// The members of a group at any depth, each once, the nearest first. Groups may contain each other in a circle; a
    /// group is never a member of itself.
    pub fn all(&self, group: &str) -> Vec<Member> {
        let Some(start) = self.numbers.get(group) else { return Vec::new() };
        let (mut met, mut queue) = (HashSet::from([*start]), VecDeque::from([*start]));
        let mut found = Vec::new();
        while let Some(group) = queue.pop_front() {
            for member in self.members.get(&group).into_iter().flatten() {
                if met.insert(*member) {
                    found.extend(self.member(*member));
                    queue.push_back(*member);
                }
            }
        }
        found
    }

    fn number(&mut self, anchor: &str) -> u32 {
        if let Some(number) = self.numbers.get(anchor) {
            return *number;
        }
        // Four billion anchors do not fit into memory, and a source's own limits end long before.
        let number = u32::try_from(self.anchors.len()).unwrap_or(u32::MAX);
        self.anchors.push(anchor.into());
        self.numbers.insert(anchor.into(), number);
        number
    }

    fn member(&self, number: u32) -> Option<Member> {
        let anchor = self.anchors.get(usize::try_from(number).ok()?)?.to_string();
        Some(if self.members.contains_key(&number) { Member::group(anchor) } else { Member::user(anchor) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nesting(groups: &[(&str, &[&str])]) -> Nesting {
        let mut nesting = Nesting::default();
        for (group, members) in groups {
            nesting.add(group, members.iter().copied());
        }
        nesting
    }

    fn anchors(members: &[Member]) -> Vec<&str> {
        members.iter().map(|member| member.anchor.as_str()).collect()
    }

    #[test]
    fn members_at_any_depth_come_once_and_the_nearest_first() {
        let nesting = nesting(&[("g", &["a", "h", "a"]), ("h", &["i", "b"]), ("i", &["a", "c"])]);
        assert_eq!(anchors(&nesting.all("g")), ["a", "h", "i", "b", "c"]);
        assert_eq!(nesting.direct("g"), [Member::user("a"), Member::group("h")]);
        assert!(nesting.is_group("i") && !nesting.is_group("a") && !nesting.is_group("x"));
        assert!(nesting.all("x").is_empty() && nesting.all("a").is_empty());
    }

    #[test]
    fn circles_end_and_no_group_is_in_itself() {
        let nesting = nesting(&[("g", &["h", "a"]), ("h", &["i", "h"]), ("i", &["g", "b"])]);
        assert_eq!(anchors(&nesting.all("g")), ["h", "a", "i", "b"]);
        assert_eq!(anchors(&nesting.all("i")), ["g", "b", "h", "a"]);
    }

    #[test]
    fn a_chain_of_very_many_groups_takes_no_stack() {
        let name = |n: u32| n.to_string();
        let mut nesting = Nesting::default();
        for n in 0..100_000 {
            nesting.add(&name(n), [name(n + 1).as_str()]);
        }
        assert_eq!(nesting.all("0").len(), 100_000);
    }
}
