//! A directory of a few people, written by hand.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// A person in the shape of Microsoft Graph. `id` is the last digits of a UUID.
pub fn person(id: u32, name: &str) -> Value {
    json!({
        "id": anchor(id), "userPrincipalName": format!("{name}@contoso.com"), "displayName": name,
        "mail": format!("{name}@contoso.com"), "givenName": name, "surname": "Example", "city": "Omaha",
        "accountEnabled": true, "deletedDateTime": null,
    })
}

/// The object id with these last digits.
pub fn anchor(id: u32) -> String {
    format!("00000000-0000-4000-8000-{id:012}")
}

/// The same person in the recycle bin, under the name that Entra gives there: the id without dashes, then the name.
pub fn soft_deleted(person: &Value) -> Value {
    let mut person = person.clone();
    let id = person["id"].as_str().unwrap().replace('-', "");
    person["userPrincipalName"] = json!(format!("{id}{}", person["userPrincipalName"].as_str().unwrap()));
    person["deletedDateTime"] = json!("2026-01-02T03:04:05Z");
    person
}

/// Writes a directory of these people, all of them assigned.
pub fn write(folder: &Path, people: &[Value]) {
    fs::create_dir_all(folder).unwrap();
    let lines = |rows: Vec<Value>| rows.iter().map(|row| format!("{row}\n")).collect::<String>();
    let assigned = people.iter().map(|p| json!({ "principalType": "User", "principalId": p["id"] }));
    fs::write(folder.join("assignments.jsonl"), lines(assigned.collect())).unwrap();
    fs::write(folder.join("groups.jsonl"), "").unwrap();
    fs::write(folder.join("users.jsonl"), lines(people.to_vec())).unwrap();
}
