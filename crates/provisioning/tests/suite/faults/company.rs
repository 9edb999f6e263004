//! A directory that is edited, kept by its own rules, and told to the source.

use std::collections::BTreeSet;

use connector::{Assignment, Member, Members, ObjectType};
use proptest::prelude::*;
use serde_json::Value;
use testkit::{FakeSource, group, user};

pub const PEOPLE: usize = 10;
pub const GROUPS: usize = 4;

/// One edit of the directory. One that the directory's rules don't allow does nothing.
#[derive(Clone, Debug)]
pub enum Edit {
    Hire(usize),
    /// A new account, under the name of somebody who was deleted.
    Rehire(usize, usize),
    Rename(usize, u8),
    Title(usize, u8),
    Enable(usize, bool),
    Assign(usize, bool),
    SoftDelete(usize, bool),
    Purge(usize),
    Manager(usize, Option<usize>),
    Found(usize),
    RenameGroup(usize, u8),
    AssignGroup(usize, bool),
    SoftDeleteGroup(usize, bool),
    Dissolve(usize),
    Member(usize, usize, bool),
}

pub fn edits() -> impl Strategy<Value = Edit> {
    let (who, whom, which) = (0..PEOPLE, 0..PEOPLE, 0..GROUPS);
    let yes = || prop_oneof![3 => Just(true), 1 => Just(false)];
    prop_oneof![
        6 => who.clone().prop_map(Edit::Hire),
        2 => (who.clone(), whom.clone()).prop_map(|(new, old)| Edit::Rehire(new, old)),
        2 => (who.clone(), 0..3_u8).prop_map(|(who, n)| Edit::Rename(who, n)),
        3 => (who.clone(), 0..9_u8).prop_map(|(who, n)| Edit::Title(who, n)),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, on)| Edit::Enable(who, on)),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, on)| Edit::Assign(who, on)),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, on)| Edit::SoftDelete(who, on)),
        2 => who.clone().prop_map(Edit::Purge),
        3 => (who.clone(), proptest::option::weighted(0.8, whom)).prop_map(|(who, of)| Edit::Manager(who, of)),
        3 => which.clone().prop_map(Edit::Found),
        1 => (which.clone(), 0..3_u8).prop_map(|(which, n)| Edit::RenameGroup(which, n)),
        2 => (which.clone(), yes()).prop_map(|(which, on)| Edit::AssignGroup(which, on)),
        1 => (which.clone(), any::<bool>()).prop_map(|(which, on)| Edit::SoftDeleteGroup(which, on)),
        1 => which.clone().prop_map(Edit::Dissolve),
        8 => (which, who, yes()).prop_map(|(which, who, on)| Edit::Member(which, who, on)),
    ]
}

/// A name that only this person has.
pub fn name(who: usize, variant: u8) -> String {
    format!("p{who}.{variant}@contoso.com")
}

/// The anchor of a person.
pub fn anchor(who: usize) -> String {
    format!("p{who}")
}

/// The anchor of a group.
pub fn group_anchor(which: usize) -> String {
    format!("g{which}")
}

/// A place in the directory, which one object has in its life: an anchor is not used again.
#[derive(Clone, Debug, Default)]
pub enum Place<T> {
    #[default]
    Free,
    Taken(T),
    Gone(T),
}

impl<T> Place<T> {
    pub fn object(&self) -> Option<&T> {
        if let Self::Taken(object) = self { Some(object) } else { None }
    }

    fn object_mut(&mut self) -> Option<&mut T> {
        if let Self::Taken(object) = self { Some(object) } else { None }
    }
}

#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub title: String,
    pub enabled: bool,
    pub assigned: bool,
    pub soft_deleted: bool,
    pub manager: Option<usize>,
    /// Somebody else has the name by now: there is no way back.
    replaced: bool,
}

impl Person {
    /// Whether the application shall have the person, active.
    pub fn is_in_scope(&self) -> bool {
        self.enabled && self.assigned && !self.soft_deleted
    }
}

#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub assigned: bool,
    pub soft_deleted: bool,
    pub members: BTreeSet<usize>,
}

impl Group {
    /// Whether the application shall have the group.
    pub fn is_in_scope(&self) -> bool {
        self.assigned && !self.soft_deleted
    }
}

pub struct Company {
    source: FakeSource,
    pub people: Vec<Place<Person>>,
    pub groups: Vec<Place<Group>>,
}

impl Company {
    pub fn new(source: FakeSource) -> Self {
        Self { source, people: vec![Place::Free; PEOPLE], groups: vec![Place::Free; GROUPS] }
    }

    pub fn edit(&mut self, edit: &Edit) {
        match *edit {
            Edit::Hire(who) => self.hire(who, name(who, 0)),
            Edit::Rehire(new, old) => self.rehire(new, old),
            Edit::Rename(who, variant) => self.person(who, |p| {
                // Only a name of one's own: one that was another's may be that other's in the application still.
                if p.name.starts_with(&format!("p{who}.")) {
                    p.name = name(who, variant);
                }
            }),
            Edit::Title(who, n) => self.person(who, |p| p.title = format!("Title {n}")),
            Edit::Enable(who, on) => self.person(who, |p| p.enabled = on),
            Edit::Assign(who, on) => self.person(who, |p| p.assigned = on),
            Edit::SoftDelete(who, on) => self.person(who, |p| p.soft_deleted = on || p.replaced),
            Edit::Purge(who) => self.purge(who),
            Edit::Manager(who, of) => {
                let of = of.filter(|of| self.people[*of].object().is_some());
                self.person(who, |p| p.manager = of);
            }
            Edit::Found(which) => self.found(which),
            Edit::RenameGroup(which, n) => self.group(which, |g| g.name = format!("Group {which} {n}")),
            Edit::AssignGroup(which, on) => self.group(which, |g| g.assigned = on),
            Edit::SoftDeleteGroup(which, on) => self.group(which, |g| g.soft_deleted = on),
            Edit::Dissolve(which) => {
                if let Place::Taken(group) = self.groups[which].clone() {
                    self.groups[which] = Place::Gone(group);
                    self.source.remove(ObjectType::Group, &group_anchor(which));
                }
            }
            Edit::Member(which, who, on) => {
                let on = on && self.people[who].object().is_some();
                self.group(which, |g| {
                    let _ = if on { g.members.insert(who) } else { g.members.remove(&who) };
                });
            }
        }
    }

    fn hire(&mut self, who: usize, name: String) {
        if matches!(self.people[who], Place::Free) {
            let title = "Title 0".to_owned();
            self.people[who] = Place::Taken(Person {
                name,
                title,
                enabled: true,
                assigned: true,
                soft_deleted: false,
                manager: None,
                replaced: false,
            });
            self.tell_person(who);
        }
    }

    fn rehire(&mut self, new: usize, old: usize) {
        if new == old || !matches!(self.people[new], Place::Free) {
            return;
        }
        let name = match &mut self.people[old] {
            Place::Taken(person) if person.soft_deleted && !person.replaced => {
                person.replaced = true;
                person.name.clone()
            }
            Place::Gone(person) if !person.replaced => {
                person.replaced = true;
                person.name.clone()
            }
            Place::Free | Place::Taken(_) | Place::Gone(_) => return,
        };
        self.hire(new, name);
    }

    /// Deletes a person for good, and with them what refers to them.
    fn purge(&mut self, who: usize) {
        let Place::Taken(person) = self.people[who].clone() else { return };
        self.people[who] = Place::Gone(person);
        self.source.remove(ObjectType::User, &anchor(who));
        for other in 0..PEOPLE {
            if self.people[other].object().is_some_and(|p| p.manager == Some(who)) {
                self.person(other, |p| p.manager = None);
            }
        }
        for which in 0..GROUPS {
            if self.groups[which].object().is_some_and(|g| g.members.contains(&who)) {
                self.edit(&Edit::Member(which, who, false));
            }
        }
    }

    fn found(&mut self, which: usize) {
        if matches!(self.groups[which], Place::Free) {
            let name = format!("Group {which} 0");
            let group = Group { name, assigned: true, soft_deleted: false, members: BTreeSet::new() };
            self.groups[which] = Place::Taken(group);
            self.tell_group(which);
        }
    }

    fn person(&mut self, who: usize, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.people[who].object_mut() {
            change(person);
            self.tell_person(who);
        }
    }

    fn group(&mut self, which: usize, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups[which].object_mut() {
            change(group);
            self.tell_group(which);
        }
    }

    fn tell_person(&self, who: usize) {
        let Some(person) = self.people[who].object() else { return };
        let mut object = user(&anchor(who), &person.name);
        object.attributes.insert("jobTitle".into(), Value::from(person.title.as_str()));
        object.attributes.insert("accountEnabled".into(), Value::from(person.enabled));
        object
            .attributes
            .insert("manager".into(), person.manager.map(anchor).map_or(Value::Null, Value::from));
        object.enabled = person.enabled;
        object.soft_deleted = person.soft_deleted;
        object.assignment = assignment(person.assigned);
        self.source.put(object);
    }

    fn tell_group(&self, which: usize) {
        let Some(found) = self.groups[which].object() else { return };
        let mut object = group(&group_anchor(which), &found.name, &[]);
        object.members =
            Some(Members::All(found.members.iter().map(|who| Member::user(anchor(*who))).collect()));
        object.soft_deleted = found.soft_deleted;
        object.assignment = assignment(found.assigned);
        self.source.put(object);
    }
}

fn assignment(assigned: bool) -> Assignment {
    if assigned { Assignment::Direct } else { Assignment::Unassigned }
}
