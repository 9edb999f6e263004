//! Taking the membership changes out of a patch.

use scim::{Object, Patch, PatchRequest, ValuesChange};
use serde_json::{Value, json};

use crate::{GROUP, lenient, object, refusal};

fn patch(operations: Value) -> Patch {
    let request = PatchRequest::parse(&json!({ "Operations": operations }), &lenient()).unwrap();
    Patch::resolve(&request, &GROUP, &lenient()).unwrap()
}

fn ids(members: &[Object]) -> String {
    members.iter().map(|member| member["value"].as_str().unwrap()).collect::<Vec<_>>().join(",")
}

/// What is taken, in a short notation.
fn check(operations: Value, expected: &[&str]) {
    let mut patch = patch(operations.clone());
    let taken = patch.take("members", &lenient()).unwrap().into_iter().map(|change| match change {
        ValuesChange::Add(members) => format!("add {}", ids(&members)),
        ValuesChange::Remove(values) => format!("remove {}", values.join(",")),
        ValuesChange::RemoveWhere(filter) => {
            let matching =
                ["a", "b"].into_iter().filter(|id| filter.matches(&json!({ "value": id, "type": "User" })));
            format!("remove where {}", matching.collect::<Vec<_>>().join(","))
        }
        ValuesChange::Replace(members) => format!("replace {}", ids(&members)),
        ValuesChange::Clear => "clear".to_owned(),
    });
    assert_eq!(taken.collect::<Vec<_>>(), expected, "{operations}");
    assert!(patch.is_empty(), "{operations}");
}

#[test]
fn each_way_to_change_members() {
    check(
        json!([{ "op": "add", "path": "members", "value": [{ "value": "a" }, { "value": "b" }] }]),
        &["add a,b"],
    );
    check(json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": "a" }] }]), &["add a"]);
    check(json!([{ "op": "add", "value": { "members": [{ "value": "a" }] } }]), &["add a"]);
    check(json!([{ "op": "add", "path": "members", "value": [] }]), &[]);
    check(json!([{ "op": "add", "path": "members[value eq \"a\"]", "value": { "value": "a" } }]), &["add a"]);
    check(
        json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "a" }] }]),
        &["remove a"],
    );
    check(json!([{ "op": "Remove", "path": "members", "value": [] }]), &[]);
    check(json!([{ "op": "remove", "path": "members[value eq \"A\"]" }]), &["remove A"]);
    check(json!([{ "op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]" }]), &["remove a,b"]);
    check(
        json!([{ "op": "remove", "path": "members[type eq \"user\" and value sw \"a\"]" }]),
        &["remove where a"],
    );
    check(json!([{ "op": "remove", "path": "members" }]), &["clear"]);
    check(json!([{ "op": "replace", "path": "members", "value": [] }]), &["clear"]);
    check(json!([{ "op": "replace", "path": "members", "value": null }]), &["clear"]);
    check(json!([{ "op": "replace", "path": "members", "value": [{ "value": "a" }] }]), &["replace a"]);
    check(
        json!([
            { "op": "remove", "path": "members[value eq \"a\"]" },
            { "op": "add", "path": "members", "value": [{ "value": "b", "display": "B" }] },
        ]),
        &["remove a", "add b"],
    );
}

#[test]
fn what_is_not_about_members_stays() {
    let operations =
        json!([{ "op": "replace", "value": { "members": [], "id": "7", "displayName": "New" } }]);
    let mut patch = patch(operations);
    assert!(matches!(patch.take("MEMBERS", &lenient()).unwrap().as_slice(), [ValuesChange::Clear]));
    let mut group = object(json!({ "displayName": "Old" }));
    patch.apply(&mut group, &lenient()).unwrap();
    assert_eq!(group["displayName"], "New");
}

#[test]
fn a_change_of_parts_of_members_is_refused() {
    for operation in [
        json!({ "op": "add", "path": "members.value", "value": "x" }),
        json!({ "op": "add", "value": { "members.value": "x" } }),
        json!({ "op": "replace", "path": "members.type", "value": "User" }),
        json!({ "op": "remove", "path": "members.type" }),
        json!({ "op": "remove", "path": "members[type eq \"User\"].type" }),
        json!({ "op": "replace", "path": "members[type eq \"User\"].type", "value": "Group" }),
        json!({ "op": "replace", "path": "members[type pr].type", "value": "User" }),
    ] {
        let error = patch(json!([operation])).take("members", &lenient()).unwrap_err();
        assert_eq!(refusal(&error), "noTarget", "{operation}");
    }
}
