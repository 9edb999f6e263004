//! Users and their lifecycle.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::clock::written;
use super::org::Org;

pub(super) struct User {
    status: String,
    created: Timestamp,
    last_updated: Timestamp,
    pub(super) profile: Map<String, Value>,
}

impl User {
    pub(super) fn is_deprovisioned(&self) -> bool {
        self.status == "DEPROVISIONED"
    }

    pub(super) fn login(&self) -> &str {
        self.profile.get("login").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn json(&self, id: &str) -> Value {
        json!({
            "id": id, "status": self.status, "created": written(self.created), "activated": null,
            "statusChanged": null, "lastLogin": null, "lastUpdated": written(self.last_updated),
            "passwordChanged": null, "type": { "id": "oty1" }, "profile": self.profile,
            "credentials": { "provider": { "type": "OKTA", "name": "OKTA" } }, "_links": {},
        })
    }
}

impl Org {
    /// Makes an active user.
    ///
    /// # Panics
    /// If the id or the login is taken: Okta keeps logins unique, also those of the deprovisioned.
    pub fn create_user(&mut self, id: &str, profile: Value) {
        let profile = profile.as_object().cloned().expect("a profile is an object");
        let now = self.clock.tick();
        let user = User { status: "ACTIVE".into(), created: now, last_updated: now, profile };
        let is_taken = self.users.values().any(|other| other.login().eq_ignore_ascii_case(user.login()));
        assert!(!is_taken, "the login {} is taken", user.login());
        let before = self.users.insert(id.to_owned(), user);
        assert!(before.is_none(), "the id {id} is taken");
        self.log_user("user.lifecycle.create", id);
        self.log_user("user.lifecycle.activate", id);
    }

    /// Replaces members of a user's profile.
    pub fn update_profile(&mut self, id: &str, changes: Value) {
        let changes = changes.as_object().cloned().expect("changes are an object");
        self.user(id).profile.extend(changes);
        self.touch(id, "user.account.update_profile");
    }

    /// Sets a status that nothing happens with otherwise, such as `LOCKED_OUT` or `STAGED`.
    pub fn set_status(&mut self, id: &str, status: &str) {
        status.clone_into(&mut self.user(id).status);
        self.touch(id, "user.lifecycle.status");
    }

    /// Suspends a user, whose assignments stay.
    pub fn suspend(&mut self, id: &str) {
        "SUSPENDED".clone_into(&mut self.user(id).status);
        self.touch(id, "user.lifecycle.suspend");
    }

    /// Deactivates a user, whose own assignment is taken away. Memberships wait for a reactivation.
    pub fn deactivate(&mut self, id: &str) {
        "DEPROVISIONED".clone_into(&mut self.user(id).status);
        self.app.users.remove(id);
        self.touch(id, "user.lifecycle.deactivate");
    }

    /// Makes a user active, also a suspended or deprovisioned one.
    pub fn activate(&mut self, id: &str) {
        "ACTIVE".clone_into(&mut self.user(id).status);
        self.touch(id, "user.lifecycle.activate");
    }

    /// Deletes a user for good. Okta deactivates whoever is not deprovisioned first.
    pub fn delete_user(&mut self, id: &str) {
        if !self.user(id).is_deprovisioned() {
            self.deactivate(id);
        }
        self.users.remove(id);
        for group in self.groups.values_mut() {
            group.members.remove(id);
        }
        self.log_user("user.lifecycle.delete.initiated", id);
        self.log_user("user.lifecycle.delete.completed", id);
    }

    pub(super) fn user(&mut self, id: &str) -> &mut User {
        self.users.get_mut(id).unwrap_or_else(|| panic!("there is no user {id}"))
    }

    fn touch(&mut self, id: &str, event_type: &str) {
        let now = self.clock.tick();
        self.user(id).last_updated = now;
        self.log_user(event_type, id);
    }

    fn log_user(&mut self, event_type: &str, id: &str) {
        self.record(event_type, &[("User", id)]);
    }
}
