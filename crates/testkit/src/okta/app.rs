//! The org's one app: who is assigned to it, and through what.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::APP;
use super::org::Org;

#[derive(Default)]
pub(super) struct App {
    /// Profiles by user.
    pub(super) users: BTreeMap<String, Map<String, Value>>,
    /// By group.
    pub(super) groups: BTreeMap<String, GroupAssignment>,
}

pub(super) struct GroupAssignment {
    priority: u32,
    profile: Map<String, Value>,
}

impl Org {
    /// Assigns a user, or changes the profile of one who is.
    pub fn assign_user(&mut self, id: &str, profile: Value) {
        assert!(!self.user(id).is_deprovisioned(), "{id} is deprovisioned and can't be assigned");
        let before = self.app.users.insert(id.to_owned(), profile.as_object().cloned().unwrap_or_default());
        let verb = if before.is_none() { "add" } else { "update" };
        self.log_assignment(&format!("application.user_membership.{verb}"), "User", id);
    }

    /// Takes a user's own assignment away. One through a group stays.
    pub fn unassign_user(&mut self, id: &str) {
        self.app.users.remove(id);
        self.log_assignment("application.user_membership.remove", "User", id);
    }

    /// Assigns a group, or changes its priority and profile. Of several groups of a user the one with the lowest number
    /// counts.
    pub fn assign_group(&mut self, id: &str, priority: u32, profile: Value) {
        let assignment =
            GroupAssignment { priority, profile: profile.as_object().cloned().unwrap_or_default() };
        let verb = if self.app.groups.insert(id.to_owned(), assignment).is_none() { "add" } else { "update" };
        self.log_assignment(&format!("group.application_assignment.{verb}"), "UserGroup", id);
    }

    /// Takes a group's assignment away.
    pub fn unassign_group(&mut self, id: &str) {
        self.app.groups.remove(id);
        self.log_assignment("group.application_assignment.remove", "UserGroup", id);
    }

    /// An assignment to an app that nobody asks about.
    pub fn assign_elsewhere(&mut self, id: &str) {
        self.record("application.user_membership.add", &[("User", id), ("AppInstance", "0oaelsewhere")]);
    }

    fn log_assignment(&mut self, event_type: &str, kind: &str, id: &str) {
        self.record(event_type, &[(kind, id), ("AppInstance", APP)]);
    }

    /// The `AppUser` of a user, if assigned.
    pub(super) fn app_user(&self, id: &str) -> Option<Value> {
        let user = self.users.get(id).filter(|user| !user.is_deprovisioned())?;
        let (scope, own) = match self.app.users.get(id) {
            Some(own) => ("USER", own),
            None => ("GROUP", &self.assigning_group(id)?.profile),
        };
        let mut profile =
            json!({ "email": user.profile.get("email"), "displayName": user.profile.get("displayName") });
        if let Some(profile) = profile.as_object_mut() {
            profile.extend(own.clone());
        }
        Some(json!({
            "id": id, "externalId": null, "scope": scope, "status": "ACTIVE", "syncState": "DISABLED",
            "credentials": { "userName": user.login() }, "profile": profile, "_links": {},
        }))
    }

    fn assigning_group(&self, user: &str) -> Option<&GroupAssignment> {
        let is_member = |id: &str| self.groups.get(id).is_some_and(|group| group.members.contains(user));
        let assigning =
            self.app.groups.iter().filter(|(id, _)| is_member(id)).map(|(_, assignment)| assignment);
        assigning.min_by_key(|assignment| assignment.priority)
    }

    /// The assigned groups, with the groups themselves.
    pub(super) fn app_groups(&self) -> Vec<Value> {
        let assigned = self.app.groups.iter().filter_map(|(id, assignment)| {
            let group = self.groups.get(id)?.json(id);
            Some(json!({
                "id": id, "priority": assignment.priority, "profile": assignment.profile, "_links": {},
                "_embedded": { "group": group },
            }))
        });
        assigned.collect()
    }
}
