//! Groups and their members.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::written;
use super::org::Org;

pub(super) struct Group {
    pub(super) name: String,
    created: Timestamp,
    last_membership_updated: Timestamp,
    /// Users, the deprovisioned among them, whom no list shows.
    pub(super) members: BTreeSet<String>,
}

impl Group {
    pub(super) fn json(&self, id: &str) -> Value {
        json!({
            "id": id, "created": written(self.created), "lastUpdated": written(self.created),
            "lastMembershipUpdated": written(self.last_membership_updated),
            "objectClass": ["okta:user_group"], "type": "OKTA_GROUP",
            "profile": { "name": self.name, "description": null }, "_links": {},
        })
    }
}

impl Org {
    /// Makes an empty group.
    pub fn create_group(&mut self, id: &str, name: &str) {
        let now = self.clock.tick();
        let group = Group {
            name: name.to_owned(),
            created: now,
            last_membership_updated: now,
            members: BTreeSet::new(),
        };
        self.groups.insert(id.to_owned(), group);
        self.record("group.lifecycle.create", &[("UserGroup", id)]);
    }

    /// Renames a group.
    pub fn rename_group(&mut self, id: &str, name: &str) {
        name.clone_into(&mut self.group(id).name);
        self.record("group.profile.update", &[("UserGroup", id)]);
    }

    /// Deletes a group, and with it its assignment. The log tells of the group alone.
    pub fn delete_group(&mut self, id: &str) {
        self.groups.remove(id);
        self.app.groups.remove(id);
        self.record("group.lifecycle.delete", &[("UserGroup", id)]);
    }

    /// Adds a user to a group.
    pub fn add_member(&mut self, group: &str, user: &str) {
        self.group(group).members.insert(user.to_owned());
        self.membership_changed("group.user_membership.add", group, user);
    }

    /// Takes a user out of a group.
    pub fn remove_member(&mut self, group: &str, user: &str) {
        self.group(group).members.remove(user);
        self.membership_changed("group.user_membership.remove", group, user);
    }

    fn membership_changed(&mut self, event_type: &str, group: &str, user: &str) {
        let now = self.clock.tick();
        self.group(group).last_membership_updated = now;
        self.record(event_type, &[("User", user), ("UserGroup", group)]);
    }

    fn group(&mut self, id: &str) -> &mut Group {
        self.groups.get_mut(id).unwrap_or_else(|| panic!("there is no group {id}"))
    }

    /// A group's members as lists show them.
    pub(super) fn members_of(&self, group: &Group) -> Vec<Value> {
        let users = group.members.iter().filter_map(|id| Some((id, self.users.get(id)?)));
        users.filter(|(_, user)| !user.is_deprovisioned()).map(|(id, user)| user.json(id)).collect()
    }
}
