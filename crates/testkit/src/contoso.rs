//! The sample company of `samples/contoso`: a directory on four days, and what an application must hold after each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use scim::fold::fold;
use serde_json::Value;

/// The days, by the names of their folders.
pub const DAYS: [&str; 4] = ["day1", "day2", "day3", "day4"];
/// The name of the job.
pub const JOB: &str = "contoso-workplace";
/// The group that is assigned.
pub const GROUP: &str = "Workplace users";

const COMPARED: [&str; 7] =
    ["userName", "displayName", "active", "city", "title", "department", "employeeNumber"];
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Differences that are told at once.
const TOLD: usize = 10;

/// A day's folder.
#[must_use]
pub fn folder(day: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/contoso").join(day)
}

/// The sample's job file with another `[source]` table, the target at this URL, and groups.
///
/// # Panics
/// If the sample's job file is not there, or has not both tables.
#[must_use]
pub fn job(source: &str, target_url: &str) -> String {
    let text = fs::read_to_string(folder("job.toml")).expect("the sample's job file");
    let (head, tables) = text.split_once("[source]\n").expect("a source");
    let (_, tables) = tables.split_once("[target]\n").expect("a target");
    let (_, tables) = tables.split_once("\nurl = ").expect("its URL");
    let (_, rest) = tables.split_once('\n').expect("more than a URL");
    format!("{head}{source}\n[target]\nkind = \"scim\"\nurl = \"{target_url}\"\n{rest}\n[groups]\n")
}

/// Compares an application with what it must hold, day after day.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Everybody's id in the application, by the source's id.
    ids: BTreeMap<String, String>,
}

impl Comparison {
    /// The first differences after a day, in words: users that are missing, too many or not as expected; users that
    /// are not those of the day before, although the person is; and the active members of [`GROUP`].
    ///
    /// `users` and `groups` are all that the application holds; a job without groups has no `groups`.
    ///
    /// # Panics
    /// If a user has no `id` or `userName`, or the sample is not there.
    pub fn differences(&mut self, day: &str, users: &[Value], groups: Option<&[Value]>) -> Vec<String> {
        let expected = Expected::after(day);
        let held: BTreeMap<String, &Value> = users.iter().map(|user| (name(user), user)).collect();
        let mut told = expected.differences(&held);
        told.extend((held.len() < users.len()).then(|| "several users have one name".to_owned()));
        told.extend(self.strangers(&expected, &held));
        told.extend(groups.into_iter().flat_map(|groups| expected.member_differences(&held, groups)));
        told.truncate(TOLD);
        told
    }

    /// Those who are another user of the application than before. Who is not in it any more is forgotten.
    fn strangers(&mut self, expected: &Expected, held: &BTreeMap<String, &Value>) -> Vec<String> {
        let ids: BTreeMap<String, String> = expected
            .sources
            .iter()
            .filter_map(|(source, name)| Some((source.clone(), text(held.get(name)?, "id").to_owned())))
            .collect();
        let before = std::mem::replace(&mut self.ids, ids);
        let changed =
            self.ids.iter().filter(|(source, id)| before.get(*source).is_some_and(|was| was != *id));
        changed.map(|(source, id)| format!("{source}: is user {id}, was {}", before[source])).collect()
    }
}

/// What an application must hold.
struct Expected {
    /// Users by folded name.
    users: BTreeMap<String, Value>,
    /// Their folded names, by the source's id.
    sources: BTreeMap<String, String>,
    /// Folded names of the active members of [`GROUP`].
    members: BTreeSet<String>,
}

impl Expected {
    fn after(day: &str) -> Self {
        let groups = rows(&folder(day).join("groups.jsonl"));
        let group = groups.iter().find(|group| group["displayName"] == GROUP).expect("the assigned group");
        let is_member = |id: &Value| group["members"].as_array().expect("a list").contains(id);
        let mut expected =
            Self { users: BTreeMap::new(), sources: BTreeMap::new(), members: BTreeSet::new() };
        // A row without a name says that the application holds nobody of that source.
        let rows = rows(&folder("expected").join(format!("{day}.jsonl")));
        for row in rows.into_iter().filter(|row| row["userName"].is_string()) {
            let name = name(&row);
            if row["active"] == true && is_member(&row["sourceId"]) {
                expected.members.insert(name.clone());
            }
            expected.sources.insert(text(&row, "sourceId").to_owned(), name.clone());
            let twice = expected.users.insert(name, row);
            assert!(twice.is_none(), "the sample expects {twice:?} twice");
        }
        expected
    }

    fn differences(&self, held: &BTreeMap<String, &Value>) -> Vec<String> {
        let mut told = Vec::new();
        told.extend(
            self.users.keys().filter(|name| !held.contains_key(*name)).map(|n| format!("missing: {n}")),
        );
        told.extend(
            held.keys().filter(|name| !self.users.contains_key(*name)).map(|n| format!("surplus: {n}")),
        );
        for (name, row) in &self.users {
            let Some(user) = held.get(name) else { continue };
            let wrong = COMPARED.into_iter().filter(|attribute| *value(user, attribute) != row[*attribute]);
            told.extend(wrong.map(|attribute| {
                format!("{name}: {attribute} is {}, not {}", value(user, attribute), row[attribute])
            }));
        }
        told
    }

    fn member_differences(&self, held: &BTreeMap<String, &Value>, groups: &[Value]) -> Vec<String> {
        let groups: Vec<&Value> = groups.iter().filter(|group| group["displayName"] == GROUP).collect();
        let [group] = groups.as_slice() else {
            return vec![format!("{} groups called {GROUP}", groups.len())];
        };
        let active = held.iter().filter(|(_, user)| user["active"] == true);
        let names: BTreeMap<&str, &String> = active.map(|(name, user)| (text(user, "id"), name)).collect();
        let members = group["members"].as_array().into_iter().flatten().map(member_id);
        let members: BTreeSet<String> = members.filter_map(|id| names.get(id).copied().cloned()).collect();
        let missing = self.members.difference(&members).map(|name| format!("not a member: {name}"));
        missing.chain(members.difference(&self.members).map(|name| format!("a member: {name}"))).collect()
    }
}

/// What a user of an application has under the name that a row of the sample uses.
fn value<'a>(user: &'a Value, attribute: &str) -> &'a Value {
    match attribute {
        "city" => {
            let mut addresses = user["addresses"].as_array().into_iter().flatten();
            addresses.find(|one| one["type"] == "work").map_or(&Value::Null, |work| &work["locality"])
        }
        "department" | "employeeNumber" => &user[ENTERPRISE][attribute],
        _ => &user[attribute],
    }
}

/// The id of a member: an element as SCIM has it, or the id itself.
fn member_id(member: &Value) -> &str {
    member["value"].as_str().or(member.as_str()).expect("a member has an id")
}

fn name(user: &Value) -> String {
    fold(text(user, "userName"))
}

fn text<'a>(object: &'a Value, attribute: &str) -> &'a str {
    object[attribute].as_str().unwrap_or_else(|| panic!("no {attribute} in {object}"))
}

/// The rows of a file of JSON lines.
pub(crate) fn rows(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}
