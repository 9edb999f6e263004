//! The users that a peer must hold at the end of a day, those that it holds, and what differs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::peer::{Running, TOKEN};
use crate::python::Python;
use crate::{command, workspace};

/// What is compared of a user.
const COMPARED: [&str; 7] =
    ["userName", "displayName", "active", "city", "title", "department", "employeeNumber"];

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Users by lower-case name.
pub type Users = BTreeMap<String, User>;

/// A user.
#[derive(Clone, PartialEq)]
pub struct User {
    /// Its id in the directory; the job maps it to `externalId`.
    source_id: Value,
    compared: [Value; 7],
}

/// A user who is not as expected.
pub struct Difference {
    /// The people of the directory whom it may be about, by id.
    pub source_ids: Vec<String>,
    /// The difference in words.
    pub told: String,
}

/// A folder of the sample company.
///
/// # Errors
/// As [`workspace::root`].
pub fn sample(name: &str) -> Result<PathBuf> {
    Ok(workspace::root()?.join("samples/contoso").join(name))
}

/// What a day must end with. A line without a `userName` says that the application holds nobody of that source; of two
/// lines with one name, the active one is the person who was hired again.
///
/// # Errors
/// When the sample can't be read.
pub fn expected(day: &str) -> Result<Users> {
    let mut users = Users::new();
    for row in lines(&read(&sample("expected")?.join(format!("{day}.jsonl")))?)? {
        let Some(name) = row.get("userName").and_then(Value::as_str) else { continue };
        let is_active = row.get("active") == Some(&Value::Bool(true));
        let key = name.to_lowercase();
        if is_active || !users.contains_key(&key) {
            let compared = COMPARED.map(|name| member(&row, name));
            users.insert(key, User { source_id: member(&row, "sourceId"), compared });
        }
    }
    Ok(users)
}

/// What a peer holds.
///
/// # Errors
/// When it can't be asked, or holds two users of one name.
pub fn held(peer: &Running, python: &Python) -> Result<Users> {
    let mut script = python.program("python");
    script.arg(workspace::root()?.join("xtask/peers/users.py"));
    let printed = command::read(script.env("SCIM_URL", &peer.url).env("SCIM_TOKEN", TOKEN))?;
    let mut users = Users::new();
    for user in lines(&printed)? {
        let name = user.get("userName").and_then(Value::as_str).context("a user without a name")?;
        let compared = COMPARED.map(|name| member_of_resource(&user, name));
        let twice =
            users.insert(name.to_lowercase(), User { source_id: member(&user, "externalId"), compared });
        anyhow::ensure!(twice.is_none(), "the peer holds two users called {name}");
    }
    Ok(users)
}

/// Where the two differ.
pub fn differences(expected: &Users, held: &Users) -> Vec<Difference> {
    let names = expected.keys().chain(held.keys().filter(|name| !expected.contains_key(*name)));
    names.filter_map(|name| difference(name, expected.get(name), held.get(name))).collect()
}

fn difference(name: &str, expected: Option<&User>, held: Option<&User>) -> Option<Difference> {
    let told = match (expected, held) {
        (Some(_), None) => format!("{name} is missing"),
        (None, Some(_)) => format!("{name} is there"),
        (Some(expected), Some(held)) => {
            let pairs = COMPARED.iter().zip(expected.compared.iter().zip(&held.compared));
            let differing = pairs.filter(|(_, (expected, held))| expected != held);
            let told: Vec<String> = differing
                .map(|(what, (expected, held))| format!("{what} is {held}, not {expected}"))
                .collect();
            if told.is_empty() {
                return None;
            }
            format!("{name}: {}", told.join(", "))
        }
        (None, None) => return None,
    };
    let ids = [expected, held].into_iter().flatten().filter_map(|user| user.source_id.as_str());
    Some(Difference { source_ids: ids.map(str::to_owned).collect(), told })
}

fn member_of_resource(user: &Value, name: &str) -> Value {
    let addresses = user.get("addresses").and_then(Value::as_array);
    let is_work = |address: &&Value| address.get("type").is_some_and(|kind| kind == "work");
    match name {
        "city" => {
            let work = addresses.into_iter().flatten().find(is_work);
            work.map_or(Value::Null, |address| member(address, "locality"))
        }
        "department" | "employeeNumber" => {
            user.get(ENTERPRISE).map_or(Value::Null, |enterprise| member(enterprise, name))
        }
        _ => member(user, name),
    }
}

fn member(object: &Value, name: &str) -> Value {
    object.get(name).cloned().unwrap_or_default()
}

fn lines(text: &str) -> Result<Vec<Value>> {
    text.lines().map(|line| serde_json::from_str(line).context("a line is no JSON")).collect()
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}
