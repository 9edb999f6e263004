//! Changing the directory.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::directory::{Assigned, Dated, Directory, Kind, Life, Role, Thing};
use super::{Graph, State};

/// The role of an assignment that names none ("default access").
pub(super) const DEFAULT_ROLE: &str = "00000000-0000-0000-0000-000000000000";

impl Graph {
    /// Adds a user as Graph would return it, or changes one to be so. `manager` is an id; a `deletedDateTime` that is not
    /// null moves the user to the recycle bin, and null brings it back.
    pub fn put_user(&self, user: &Value) {
        self.edit(|directory| directory.put(Kind::User, user, "manager"));
    }

    /// Adds a group as Graph would return it, or changes one to be so. `members` is a list of ids.
    pub fn put_group(&self, group: &Value) {
        self.edit(|directory| directory.put(Kind::Group, group, "members"));
    }

    /// Sets some properties of a user.
    ///
    /// # Panics
    /// If there is no such user, as do all edits of something that is not there.
    pub fn edit_user(&self, id: &str, properties: &Value) {
        self.edit(|directory| directory.set_all(Kind::User, id, object(properties)));
    }

    /// Sets some properties of a group.
    pub fn edit_group(&self, id: &str, properties: &Value) {
        self.edit(|directory| directory.set_all(Kind::Group, id, object(properties)));
    }

    /// Gives a user another manager, or none.
    pub fn set_manager(&self, id: &str, manager: Option<&str>) {
        let linked = manager.map(str::to_owned).into_iter().collect();
        self.edit(|directory| directory.link(Kind::User, id, &linked));
    }

    /// Moves a user to the recycle bin and renames it, so that the name is free. Its memberships are remembered, and
    /// not shown; group delta queries do not tell that they went.
    pub fn soft_delete(&self, id: &str) {
        self.edit(|directory| directory.soft_delete(Kind::User, id));
    }

    /// Brings a user back from the recycle bin.
    pub fn restore(&self, id: &str) {
        self.edit(|directory| directory.restore(Kind::User, id));
    }

    /// Deletes a user for good.
    pub fn purge(&self, id: &str) {
        self.edit(|directory| directory.purge(Kind::User, id));
    }

    /// Deletes a security group, which is for good.
    pub fn delete_group(&self, id: &str) {
        self.edit(|directory| directory.purge(Kind::Group, id));
    }

    /// Adds a member to a group.
    pub fn add_member(&self, group: &str, member: &str) {
        self.change_members(group, |members| members.extend([member.to_owned()]));
    }

    /// Takes a member out of a group.
    pub fn remove_member(&self, group: &str, member: &str) {
        self.change_members(group, |members| members.retain(|other| other != member));
    }

    /// Assigns a user or group to the application, with default access.
    pub fn assign(&self, principal: &str) {
        self.assign_role(principal, DEFAULT_ROLE);
    }

    /// Assigns a user or group to the application with one of its roles.
    pub fn assign_role(&self, principal: &str, role: &str) {
        self.edit(|directory| directory.assign(principal, role));
    }

    /// Takes all assignments of a user or group away.
    pub fn unassign(&self, principal: &str) {
        self.edit(|directory| directory.assignments.retain(|assigned| assigned.principal != principal));
    }

    /// Defines an app role.
    pub fn define_role(&self, id: &str, value: &str, display_name: &str) {
        let role = Role { id: id.into(), value: value.into(), display_name: display_name.into() };
        self.edit(|directory| {
            directory.roles.retain(|other| other.id != role.id);
            directory.roles.push(role);
        });
    }

    fn change_members(&self, group: &str, change: impl FnOnce(&mut BTreeSet<String>)) {
        self.edit(|directory| {
            let mut members = directory.thing_mut(Kind::Group, group).linked.clone();
            change(&mut members);
            directory.link(Kind::Group, group, &members);
        });
    }

    pub(super) fn edit(&self, change: impl FnOnce(&mut Directory)) {
        let mut state = self.state();
        let State { directory, deltas, faults, behaviour, subscriptions, .. } = &mut *state;
        let before = directory.version;
        change(directory);
        subscriptions.tell_since(before, directory);
        deltas.delay(directory.version, faults.count() + behaviour.delay_requests);
    }
}

impl Directory {
    pub(super) fn put(&mut self, kind: Kind, document: &Value, relation: &str) {
        let mut properties = object(document);
        let id = properties.remove("id").and_then(|id| id.as_str().map(str::to_owned)).expect("an id");
        let linked = match properties.remove(relation) {
            Some(Value::String(id)) => BTreeSet::from([id]),
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => BTreeSet::new(),
        };
        let deleted = properties.remove("deletedDateTime").is_some_and(|date| !date.is_null());
        let born = self.tick();
        let thing = self.things.entry((kind, id.clone())).or_insert_with(|| Thing::new(born));
        match (deleted, thing.life.value) {
            (true, Life::Here) => self.soft_delete(kind, &id),
            (false, Life::SoftDeleted) => self.restore(kind, &id),
            (true | false, _) => {}
        }
        self.set_all(kind, &id, properties);
        self.link(kind, &id, &linked);
    }

    pub(super) fn set_all(&mut self, kind: Kind, id: &str, properties: Map<String, Value>) {
        let version = self.tick();
        let thing = self.thing_mut(kind, id);
        for (name, value) in properties {
            let known = thing.properties.get(&name).is_some_and(|property| property.value == value);
            let never_set = value.is_null() && !thing.properties.contains_key(&name);
            if !known && !never_set {
                thing.properties.insert(name, Dated { value, version });
            }
        }
    }

    pub(super) fn link(&mut self, kind: Kind, id: &str, linked: &BTreeSet<String>) {
        let version = self.tick();
        let thing = self.thing_mut(kind, id);
        let gone = thing.linked.difference(linked).map(|other| (other.clone(), false));
        let come = linked.difference(&thing.linked).map(|other| (other.clone(), true));
        let changes: Vec<_> = gone.chain(come).map(|value| Dated { value, version }).collect();
        thing.links.extend(changes);
        thing.linked.clone_from(linked);
    }

    pub(super) fn soft_delete(&mut self, kind: Kind, id: &str) {
        let version = self.tick();
        let thing = self.thing_mut(kind, id);
        thing.life = Dated { value: Life::SoftDeleted, version };
        let digits = id.replace('-', "");
        let name = thing.text("userPrincipalName");
        if kind == Kind::User && !name.starts_with(&digits) {
            let value = Value::from(format!("{digits}{name}"));
            thing.properties.insert("userPrincipalName".to_owned(), Dated { value, version });
        }
        let value = Value::from("2026-01-01T00:00:00Z");
        thing.properties.insert("deletedDateTime".to_owned(), Dated { value, version });
    }

    pub(super) fn restore(&mut self, kind: Kind, id: &str) {
        let version = self.tick();
        let thing = self.thing_mut(kind, id);
        thing.life = Dated { value: Life::Here, version };
        let digits = id.replace('-', "");
        if let Some(name) = thing.text("userPrincipalName").strip_prefix(&digits) {
            let value = Value::from(name);
            thing.properties.insert("userPrincipalName".to_owned(), Dated { value, version });
        }
        thing.properties.remove("deletedDateTime");
    }

    pub(super) fn purge(&mut self, kind: Kind, id: &str) {
        let version = self.tick();
        self.thing_mut(kind, id).life = Dated { value: Life::Purged, version };
        self.assignments.retain(|assigned| assigned.principal != id);
    }

    pub(super) fn assign(&mut self, principal: &str, role: &str) {
        let kind = [Kind::User, Kind::Group].into_iter().find(|kind| self.thing(*kind, principal).is_some());
        let kind = kind.unwrap_or_else(|| panic!("there is no {principal} to assign"));
        let id = format!("{principal}.{role}");
        if !self.assignments.iter().any(|assigned| assigned.id == id) {
            let (principal, role) = (principal.to_owned(), role.to_owned());
            self.assignments.push(Assigned { id, kind, principal, role });
        }
    }
}

impl Thing {
    fn new(born: u64) -> Self {
        Self {
            properties: Default::default(),
            life: Dated { value: Life::Here, version: born },
            born,
            linked: BTreeSet::new(),
            links: Vec::new(),
        }
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().expect("a JSON object")
}
