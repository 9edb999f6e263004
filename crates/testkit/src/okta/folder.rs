//! A directory in files, shaped as Microsoft Graph returns it, as edits of the org.
//!
//! Okta has one word for who is disabled and who is in the recycle bin: both are deactivated. Whoever is gone from the
//! files is deleted. Names that Entra altered are turned back, because a login is a name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use connector::entra_names::clean_user_principal_name;
use serde_json::{Map, Value, json};

use super::org::Org;
use crate::contoso::rows;

/// A member of a profile, and what Graph calls it. The last two are attributes that the org added.
const PROFILE: [(&str, &str); 16] = [
    ("email", "mail"),
    ("firstName", "givenName"),
    ("lastName", "surname"),
    ("displayName", "displayName"),
    ("title", "jobTitle"),
    ("department", "department"),
    ("organization", "companyName"),
    ("employeeNumber", "employeeId"),
    ("userType", "userType"),
    ("city", "city"),
    ("state", "state"),
    ("countryCode", "country"),
    ("mobilePhone", "mobilePhone"),
    ("managerId", "manager"),
    ("mailNickname", "mailNickname"),
    ("officeLocation", "officeLocation"),
];

impl Org {
    /// Makes the org what `users.jsonl`, `groups.jsonl` and `assignments.jsonl` hold, by the edits that lead there.
    ///
    /// # Panics
    /// If the files are not such.
    pub fn load(&mut self, folder: &Path) {
        let by_id = |file| -> BTreeMap<String, Value> {
            rows(&folder.join(file)).into_iter().map(|row| (text(&row, "id").to_owned(), row)).collect()
        };
        let (users, groups) = (by_id("users.jsonl"), by_id("groups.jsonl"));
        // First who is gone: somebody who was hired again has the name.
        let gone: Vec<String> = self.users.keys().filter(|id| !users.contains_key(*id)).cloned().collect();
        gone.iter().for_each(|id| self.delete_user(id));
        users.iter().for_each(|(id, user)| self.load_user(id, user));
        groups.iter().for_each(|(id, group)| self.load_group(id, group));
        let gone: Vec<String> = self.groups.keys().filter(|id| !groups.contains_key(*id)).cloned().collect();
        gone.iter().for_each(|id| self.delete_group(id));
        self.load_assignments(folder);
    }

    fn load_user(&mut self, id: &str, user: &Value) {
        let profile = profile(id, user);
        match self.users.get(id) {
            None => self.create_user(id, Value::Object(profile)),
            Some(known) if known.profile != profile => self.update_profile(id, Value::Object(profile)),
            Some(_) => {}
        }
        let is_left = user["accountEnabled"] == json!(false) || !user["deletedDateTime"].is_null();
        match (self.user(id).is_deprovisioned(), is_left) {
            (false, true) => self.deactivate(id),
            (true, false) => self.activate(id),
            (false, false) | (true, true) => {}
        }
    }

    fn load_group(&mut self, id: &str, group: &Value) {
        let name = text(group, "displayName");
        match self.groups.get(id) {
            None => self.create_group(id, name),
            Some(known) if known.name != name => self.rename_group(id, name),
            Some(_) => {}
        }
        let wanted: BTreeSet<String> = group["members"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let held = self.groups.get(id).map(|group| group.members.clone()).unwrap_or_default();
        wanted.difference(&held).for_each(|user| self.add_member(id, user));
        held.difference(&wanted).for_each(|user| self.remove_member(id, user));
    }

    fn load_assignments(&mut self, folder: &Path) {
        let (mut users, mut groups) = (BTreeSet::new(), Vec::new());
        for row in rows(&folder.join("assignments.jsonl")) {
            let id = text(&row, "principalId").to_owned();
            match text(&row, "principalType") {
                "Group" => groups.push(id),
                // Okta assigns nobody who is deprovisioned.
                "User" if self.users.get(&id).is_some_and(|user| !user.is_deprovisioned()) => {
                    users.insert(id);
                }
                _ => {}
            }
        }
        let held: BTreeSet<String> = self.app.users.keys().cloned().collect();
        users.difference(&held).for_each(|id| self.assign_user(id, json!({})));
        held.difference(&users).for_each(|id| self.unassign_user(id));
        let held: Vec<String> = self.app.groups.keys().cloned().collect();
        for (priority, id) in (0..).zip(&groups).filter(|(_, id)| !held.contains(id)) {
            self.assign_group(id, priority, json!({}));
        }
        held.iter().filter(|id| !groups.contains(id)).for_each(|id| self.unassign_group(id));
    }
}

fn profile(id: &str, user: &Value) -> Map<String, Value> {
    let mut profile: Map<String, Value> =
        PROFILE.iter().map(|(name, graph)| ((*name).to_owned(), user[*graph].clone())).collect();
    let stored = text(user, "userPrincipalName");
    let login = clean_user_principal_name(stored, id).unwrap_or_else(|| stored.to_owned());
    if profile["email"].is_null() {
        // Okta wants an address of everybody, and takes the login for one where there is none.
        profile.insert("email".to_owned(), Value::from(login.as_str()));
    }
    profile.insert("login".to_owned(), Value::from(login));
    profile.insert("primaryPhone".to_owned(), user["businessPhones"][0].clone());
    profile
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}
