//! A directory by Entra's rules: an id is never used again, who is deleted waits in the recycle bin under a mangled name for
//! 30 days, and a name is one account's of those that are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::company::{anchor, person, soft_deleted};

/// How long an account stays in the recycle bin.
const BIN_DAYS: i64 = 30;
/// The last digits of the id of the group.
const FACILITIES: u32 = 900_000;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What comes before the domain of the userPrincipalName, and the display name.
    pub name: String,
    pub city: &'static str,
    /// Something that changes, and that nothing depends on.
    pub title: u32,
    pub enabled: bool,
    /// Whether it is assigned to the application by itself.
    pub assigned: bool,
    /// The day on which it was deleted.
    pub deleted: Option<i64>,
}

/// Accounts, and one group that is assigned to the application.
#[derive(Debug, Default)]
pub struct Directory {
    pub accounts: BTreeMap<u32, Account>,
    /// The members of the group Facilities, those in the recycle bin included: a restore brings their membership back.
    pub members: BTreeSet<u32>,
    last: u32,
}

impl Directory {
    /// A new account, assigned. `None`: somebody has the name.
    pub fn hire(&mut self, name: &str, city: &'static str) -> Option<u32> {
        if !self.is_free(name) {
            return None;
        }
        self.last += 1;
        let account =
            Account { name: name.to_owned(), city, title: 0, enabled: true, assigned: true, deleted: None };
        self.accounts.insert(self.last, account);
        Some(self.last)
    }

    /// Whether nobody has a name who is not in the recycle bin.
    pub fn is_free(&self, name: &str) -> bool {
        !self.accounts.values().any(|one| one.deleted.is_none() && one.name == name)
    }

    /// An account that is not in the recycle bin, to be changed.
    pub fn present(&mut self, id: u32) -> Option<&mut Account> {
        self.accounts.get_mut(&id).filter(|one| one.deleted.is_none())
    }

    /// Takes an account out of the recycle bin, unless somebody has its name by now.
    pub fn restore(&mut self, id: u32) {
        let name = self.accounts.get(&id).map(|one| one.name.clone()).unwrap_or_default();
        if self.is_free(&name)
            && let Some(account) = self.accounts.get_mut(&id)
        {
            account.deleted = None;
        }
    }

    /// Deletes for good who has been in the recycle bin for long enough.
    pub fn age(&mut self, today: i64) {
        self.accounts.retain(|_, one| one.deleted.is_none_or(|day| today - day < BIN_DAYS));
        self.members.retain(|id| self.accounts.contains_key(id));
    }

    /// The members of the group that are not in the recycle bin.
    pub fn listed_members(&self) -> BTreeSet<u32> {
        let is_there = |id: &&u32| self.accounts.get(id).is_some_and(|one| one.deleted.is_none());
        self.members.iter().filter(is_there).copied().collect()
    }

    /// Whether an account is assigned, by itself or through the group.
    pub fn is_assigned(&self, id: u32) -> bool {
        self.members.contains(&id) || self.accounts.get(&id).is_some_and(|one| one.assigned)
    }

    /// Whether somebody shall work with the application.
    pub fn is_wanted(&self, id: u32) -> bool {
        let works = |one: &Account| one.enabled && one.deleted.is_none();
        self.is_assigned(id) && self.accounts.get(&id).is_some_and(works)
    }

    /// Writes it as files.
    pub fn write(&self, folder: &Path) {
        let users = self.accounts.iter().map(|(id, one)| row(*id, one));
        let members: Vec<String> = self.listed_members().into_iter().map(anchor).collect();
        let group = json!({
            "id": anchor(FACILITIES), "displayName": "Facilities", "securityEnabled": true, "members": members,
        });
        let assigned = self.accounts.iter().filter(|(_, one)| one.assigned);
        let assigned = assigned.map(|(id, _)| json!({ "principalType": "User", "principalId": anchor(*id) }));
        let by_group = json!({ "principalType": "Group", "principalId": anchor(FACILITIES) });
        write(folder, "users", users);
        write(folder, "groups", [group]);
        write(folder, "assignments", assigned.chain([by_group]));
    }
}

fn row(id: u32, account: &Account) -> Value {
    let mut row = person(id, &account.name);
    row["city"] = json!(account.city);
    row["jobTitle"] = json!(format!("title {}", account.title));
    row["accountEnabled"] = json!(account.enabled);
    if account.deleted.is_some() { soft_deleted(&row) } else { row }
}

fn write(folder: &Path, table: &str, rows: impl IntoIterator<Item = Value>) {
    let text: String = rows.into_iter().map(|row| format!("{row}\n")).collect();
    fs::write(folder.join(format!("{table}.jsonl")), text).unwrap();
}
