//! A company in files, as `samples/contoso` has it, made true in an LDAP directory.

use super::{BASE, GROUPS, PASSWORD, PEOPLE, READER, Slapd};
use crate::contoso::{self, rows};
use connector::entra_names::clean_user_principal_name;
use ldap3::dn_escape;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// A group for those who are assigned by themselves: LDAP knows no assignments.
const DIRECT: &str = "Directly assigned";

/// An entry by its DN, with its attributes.
#[derive(Debug, Clone, Default, PartialEq)]
struct Held {
    dn: String,
    attributes: BTreeMap<String, BTreeSet<String>>,
}

/// What a directory holds of a company. An id is the `entryUUID`.
///
/// A user is called by `uid`, the name to sign in with; `accountStatus` is `disabled`, or `deleted` for who was deleted
/// softly. LDAP has no recycle bin: the latter are called by their id, so that the name is free for somebody else.
#[derive(Debug, Default)]
pub struct Company {
    held: BTreeMap<String, Held>,
}

impl Company {
    /// The DN of a group by its name.
    #[must_use]
    pub fn group(name: &str) -> String {
        format!("cn={},{GROUPS}", dn_escape(name))
    }

    /// The `[source]` table of a job file that reads the company.
    #[must_use]
    pub fn source_table(slapd: &Slapd) -> String {
        format!(
            "[source]\nkind = \"ldap\"\nurl = \"{}\"\nbind_dn = \"{READER}\"\npassword = \"{PASSWORD}\"\n\
             base = \"{BASE}\"\nassigned = [\"{}\", \"{}\"]\nusers = {{ disabled_filter = \"(accountStatus=*)\" }}\n",
            slapd.url(),
            Self::group(contoso::GROUP),
            Self::group(DIRECT),
        )
    }

    /// Brings a directory from what it holds to what a folder holds, by renaming, adding, modifying and deleting.
    ///
    /// # Panics
    /// If the folder is not as `samples/contoso/dayN`, or the server refuses.
    pub async fn load(&mut self, slapd: &Slapd, folder: &Path) {
        let wanted = wanted(folder);
        // Names are given away before somebody else gets them: by the deleted, by the renamed, and then to the new.
        for (_, gone) in self.held.iter().filter(|(id, _)| !wanted.contains_key(*id)) {
            slapd.delete(&gone.dn).await;
        }
        let is_in_bin =
            |held: &Held| held.attributes.get("accountStatus").is_some_and(|s| s.contains("deleted"));
        for bin in [true, false] {
            for (id, held) in wanted.iter().filter(|(_, held)| is_in_bin(held) == bin) {
                if let Some(before) = self.held.get(id).filter(|before| *before != held) {
                    change(slapd, before, held).await;
                }
            }
        }
        for (id, held) in wanted.iter().filter(|(id, _)| !self.held.contains_key(*id)) {
            add(slapd, id, held).await;
        }
        self.held = wanted;
    }
}

async fn add(slapd: &Slapd, id: &str, held: &Held) {
    let class: &[&str] = if held.attributes.contains_key("member") {
        &["groupOfNames"]
    } else {
        &["inetOrgPerson", "contosoPerson"]
    };
    let values: Vec<(&str, Vec<&str>)> = held
        .attributes
        .iter()
        .map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect()))
        .collect();
    let mut attributes: Vec<(&str, &[&str])> = vec![("objectClass", class)];
    // The group that stands for direct assignments has no id of its own.
    let id = [id];
    if id != [DIRECT] {
        attributes.push(("entryUUID", &id));
    }
    attributes.extend(values.iter().map(|(name, values)| (*name, values.as_slice())));
    slapd.add(&held.dn, &attributes).await;
}

async fn change(slapd: &Slapd, before: &Held, after: &Held) {
    if before.dn != after.dn {
        let (rdn, _) = after.dn.split_once(",ou=").expect("everything is in an organizational unit");
        slapd.rename(&before.dn, rdn, None).await;
    }
    let names: BTreeSet<&String> = before.attributes.keys().chain(after.attributes.keys()).collect();
    for name in names.into_iter().filter(|name| *name != "uid" || before.dn == after.dn) {
        let values = after.attributes.get(name);
        if values != before.attributes.get(name) {
            let values: Vec<&str> = values.into_iter().flatten().map(String::as_str).collect();
            slapd.set(&after.dn, name, &values).await;
        }
    }
}

fn wanted(folder: &Path) -> BTreeMap<String, Held> {
    let users = rows(&folder.join("users.jsonl"));
    let names: HashMap<&str, String> = users.iter().map(|user| (id(user), dn(user))).collect();
    let mut wanted: BTreeMap<String, Held> =
        users.iter().map(|row| (id(row).to_owned(), user(row, &names))).collect();
    for row in &rows(&folder.join("groups.jsonl")) {
        let members = row["members"].as_array().expect("a list").iter().filter_map(Value::as_str);
        let name = row["displayName"].as_str().expect("a name");
        wanted.insert(id(row).to_owned(), group(name, members, &names));
    }
    let assignments = rows(&folder.join("assignments.jsonl"));
    let direct = assignments.iter().filter(|row| row["principalType"] == "User");
    let direct = direct.filter_map(|row| row["principalId"].as_str());
    wanted.insert(DIRECT.to_owned(), group(DIRECT, direct, &names));
    wanted
}

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

fn upn(user: &Value) -> String {
    let stored = user["userPrincipalName"].as_str().expect("a name");
    clean_user_principal_name(stored, id(user)).unwrap_or_else(|| stored.to_owned())
}

fn is_deleted(user: &Value) -> bool {
    !user["deletedDateTime"].is_null()
}

fn uid(user: &Value) -> String {
    if is_deleted(user) { id(user).to_owned() } else { upn(user) }
}

fn dn(user: &Value) -> String {
    format!("uid={},{PEOPLE}", dn_escape(uid(user)))
}

fn user(row: &Value, names: &HashMap<&str, String>) -> Held {
    const SAME: [(&str, &str); 15] = [
        ("mail", "mail"),
        ("displayName", "displayName"),
        ("displayName", "cn"),
        ("givenName", "givenName"),
        ("surname", "sn"),
        ("jobTitle", "title"),
        ("department", "departmentNumber"),
        ("companyName", "o"),
        ("employeeId", "employeeNumber"),
        ("userType", "employeeType"),
        ("city", "l"),
        ("state", "st"),
        ("country", "c"),
        ("officeLocation", "physicalDeliveryOfficeName"),
        ("mobilePhone", "mobile"),
    ];
    let mut attributes = BTreeMap::new();
    let mut put = |name: &str, values: BTreeSet<String>| {
        if !values.is_empty() {
            attributes.insert(name.to_owned(), values);
        }
    };
    for (from, to) in SAME {
        put(to, row[from].as_str().map(str::to_owned).into_iter().collect());
    }
    let phones = row["businessPhones"].as_array().into_iter().flatten();
    put("telephoneNumber", phones.filter_map(Value::as_str).map(str::to_owned).collect());
    put("uid", [uid(row)].into());
    put("userPrincipalName", [upn(row)].into());
    put("manager", row["manager"].as_str().and_then(|id| names.get(id)).cloned().into_iter().collect());
    let status = if is_deleted(row) {
        Some("deleted")
    } else {
        (row["accountEnabled"] == false).then_some("disabled")
    };
    put("accountStatus", status.map(str::to_owned).into_iter().collect());
    Held { dn: dn(row), attributes }
}

fn group<'a>(name: &str, members: impl Iterator<Item = &'a str>, names: &HashMap<&str, String>) -> Held {
    let members = members.filter_map(|id| names.get(id)).cloned().collect();
    let attributes = [("cn".to_owned(), [name.to_owned()].into()), ("member".to_owned(), members)].into();
    Held { dn: Company::group(name), attributes }
}
