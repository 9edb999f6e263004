//! The comparison with the sample company finds what is wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;

use serde_json::{Value, json};
use testkit::contoso::{Comparison, GROUP, folder};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn rows(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An application that holds what it must after a day, under ids made of the source's.
fn application(day: &str) -> (Vec<Value>, Vec<Value>) {
    let users = rows(&format!("expected/{day}.jsonl")).into_iter().filter(|row| row["userName"].is_string());
    let users = users.map(|row| {
        json!({
            "id": row["sourceId"], "userName": row["userName"], "displayName": row["displayName"],
            "active": row["active"], "title": row["title"],
            "addresses": [{ "type": "work", "locality": row["city"] }],
            ENTERPRISE: { "department": row["department"], "employeeNumber": row["employeeNumber"] },
        })
    });
    let groups = rows(&format!("{day}/groups.jsonl"));
    let group = groups.into_iter().find(|group| group["displayName"] == GROUP).unwrap();
    let members = group["members"].as_array().unwrap().iter().map(|id| json!({ "value": id }));
    let groups = vec![json!({ "displayName": GROUP, "members": members.collect::<Vec<_>>() })];
    (users.collect(), groups)
}

/// What is told of an application that something was done to.
fn after(change: impl FnOnce(&mut Vec<Value>, &mut Vec<Value>)) -> String {
    let (mut users, mut groups) = application("day2");
    change(&mut users, &mut groups);
    Comparison::default().differences("day2", &users, Some(&groups)).join("; ")
}

#[test]
fn nothing_is_told_of_an_application_as_it_must_be() {
    let mut comparison = Comparison::default();
    for day in ["day1", "day2"] {
        let (users, groups) = application(day);
        assert_eq!(comparison.differences(day, &users, Some(&groups)), [""; 0], "{day}");
    }
}

#[test]
fn each_difference_is_told() {
    assert!(after(|users, _| drop(users.remove(0))).starts_with("missing: "));
    assert!(after(|users, _| users.push(json!({ "id": "x", "userName": "X" }))).contains("surplus: x"));
    assert!(after(|users, _| users.push(users[0].clone())).contains("several users have one name"));
    assert!(after(|users, _| users[0]["title"] = json!("Boss")).contains(": title is \"Boss\", not"));
    assert!(after(|users, _| users[0]["addresses"] = json!([])).contains(": city is null, not"));
    assert!(
        after(|users, _| users[0][ENTERPRISE]["department"] = json!(1)).contains(": department is 1, not")
    );
    assert!(after(|_, groups| groups[0]["members"] = json!([])).contains("not a member: "));
    assert!(after(|_, groups| groups.clear()).contains("0 groups called"));
}

#[test]
fn who_gets_another_id_is_told() {
    let mut comparison = Comparison::default();
    let (users, groups) = application("day1");
    comparison.differences("day1", &users, Some(&groups));
    let (mut users, groups) = application("day2");
    let was = std::mem::replace(&mut users[0]["id"], json!("another"));
    let told = comparison.differences("day2", &users, Some(&groups)).join("; ");
    assert!(told.contains(&format!("is user another, was {}", was.as_str().unwrap())), "{told}");
}
