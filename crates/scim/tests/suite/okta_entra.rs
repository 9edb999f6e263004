//! The request shapes that Entra and Okta send, by name.

use scim::builtin::{ENTERPRISE_USER_URN, GROUP_URN, USER_URN};
use scim::resource::{create, replace};
use scim::{Object, Patch, PatchRequest, ResourceType};
use serde_json::{Value, json};

use crate::{GROUP, USER, lenient, object};

fn patch(resource_type: &ResourceType, before: Value, operations: Value) -> Object {
    let mut resource = object(before);
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    let request = PatchRequest::parse(&body, &lenient()).unwrap_or_else(|error| panic!("{body}: {error}"));
    let patch =
        Patch::resolve(&request, resource_type, &lenient()).unwrap_or_else(|error| panic!("{body}: {error}"));
    patch.apply(&mut resource, &lenient()).unwrap_or_else(|error| panic!("{body}: {error}"));
    resource
}

fn user(operations: Value, expected: Value) {
    let after = patch(&USER, json!({ "schemas": [USER_URN], "userName": "a", "active": true }), operations);
    let mut wanted = object(json!({ "schemas": [USER_URN], "userName": "a", "active": true }));
    wanted.extend(object(expected));
    assert_eq!(after, wanted);
}

#[test]
fn entra_creates_a_user_with_empty_roles_and_nulls() {
    let body = json!({
        "schemas": [USER_URN, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
        "externalId": "0a21f0f2", "userName": "Test_User", "active": true, "addresses": null, "department": null,
        "manager": null, "emails": [{ "primary": true, "type": "work", "value": "Test_User@testuser.com" }],
        "meta": { "resourceType": "User" }, "name": { "formatted": "g f", "familyName": "f", "givenName": "g" },
        "roles": [], "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { "department": "D" },
    });
    let expected = json!({
        "schemas": [USER_URN, ENTERPRISE_USER_URN], "externalId": "0a21f0f2", "userName": "Test_User", "active": true,
        "emails": [{ "primary": true, "type": "work", "value": "Test_User@testuser.com" }],
        "name": { "formatted": "g f", "familyName": "f", "givenName": "g" },
        ENTERPRISE_USER_URN: { "department": "D" },
    });
    assert_eq!(Value::Object(create(&USER, body, &lenient()).unwrap()), expected);
}

#[test]
fn entra_disables_with_a_string() {
    user(json!([{ "op": "Replace", "path": "active", "value": "False" }]), json!({ "active": false }));
    user(json!([{ "op": "replace", "path": "active", "value": false }]), json!({ "active": false }));
}

#[test]
fn entra_updates_several_attributes_by_valued_paths() {
    user(
        json!([
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "e" },
            { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "p" },
            { "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "l" },
            { "op": "Add", "path": "addresses[type eq \"work\"].region", "value": "r" },
            { "op": "Replace", "path": "name.familyName", "value": "f" },
            { "op": "Add", "path": "roles[primary eq \"True\"].display", "value": "d" },
            { "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "v" },
            { "op": "Add", "path": "emails[type eq \"work\"].primary", "value": true },
            { "op": "Replace", "path": format!("{ENTERPRISE_USER_URN}:employeeNumber"), "value": "7" },
        ]),
        json!({
            "schemas": [USER_URN, ENTERPRISE_USER_URN],
            "emails": [{ "type": "work", "value": "e", "primary": true }],
            "phoneNumbers": [{ "type": "mobile", "value": "p" }],
            "addresses": [{ "type": "work", "locality": "l", "region": "r" }],
            "name": { "familyName": "f" },
            "roles": [{ "primary": true, "display": "d", "value": "v" }],
            ENTERPRISE_USER_URN: { "employeeNumber": "7" },
        }),
    );
}

#[test]
fn entra_with_the_flag_sends_paths_as_names() {
    user(
        json!([{ "op": "replace", "value": {
            "displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua",
            "emails[type eq \"work\"].value": "e",
            format!("{ENTERPRISE_USER_URN}:employeeNumber"): "Aklq",
        } }]),
        json!({
            "schemas": [USER_URN, ENTERPRISE_USER_URN], "displayName": "Bjfe",
            "name": { "givenName": "Kkom", "familyName": "Unua" }, "emails": [{ "type": "work", "value": "e" }],
            ENTERPRISE_USER_URN: { "employeeNumber": "Aklq" },
        }),
    );
}

#[test]
fn entra_sets_and_removes_the_manager() {
    let urn_path = format!("{ENTERPRISE_USER_URN}:manager");
    let managed = json!({ "schemas": [USER_URN, ENTERPRISE_USER_URN], ENTERPRISE_USER_URN: { "manager": { "value": "7" } } });
    user(json!([{ "op": "Add", "path": urn_path, "value": "7" }]), managed.clone());
    user(
        json!([{ "op": "Add", "path": "manager", "value": [{ "$ref": "http://x/Users/7", "value": "7" }] }]),
        json!({
            "schemas": [USER_URN, ENTERPRISE_USER_URN],
            ENTERPRISE_USER_URN: { "manager": { "value": "7", "$ref": "http://x/Users/7" } },
        }),
    );
    user(
        json!([{ "op": "Add", "path": urn_path, "value": "7" }, { "op": "replace", "path": urn_path, "value": { "value": "" } }]),
        json!({}),
    );
    let created =
        create(&USER, json!({ "userName": "a", ENTERPRISE_USER_URN: { "manager": "7" } }), &lenient())
            .unwrap();
    assert_eq!(created[ENTERPRISE_USER_URN], managed[ENTERPRISE_USER_URN]);
}

#[test]
fn entra_writes_null_and_empty_updates() {
    user(
        json!([{ "op": "Replace", "path": "title", "value": "x" }, { "op": "Replace", "path": "title", "value": null }]),
        json!({}),
    );
    user(json!([{ "op": "Replace", "path": "title", "value": "" }]), json!({ "title": "" }));
}

#[test]
fn entra_adds_roles_as_json_in_a_string() {
    let role = r#"{"id":"06b0","value":"25","displayName":"Role1234"}"#;
    user(
        json!([{ "op": "Add", "path": "roles", "value": [{ "value": role }] }]),
        json!({ "roles": [{ "value": role }] }),
    );
    user(
        json!([{ "op": "replace", "path": "roles", "value": [{ "primary": false, "type": "t", "display": "d", "value": "v" }] }]),
        json!({ "roles": [{ "primary": false, "type": "t", "display": "d", "value": "v" }] }),
    );
}

#[test]
fn entra_creates_a_group_and_changes_its_members() {
    let body = json!({
        "schemas": [GROUP_URN, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0", "displayName": "G", "meta": { "resourceType": "Group" }, "members": [],
    });
    let group = Value::Object(create(&GROUP, body, &lenient()).unwrap());
    assert_eq!(group, json!({ "schemas": [GROUP_URN], "externalId": "8aa1a0c0", "displayName": "G" }));
    let two = json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": "1" }, { "value": "2" }] }]);
    let group = Value::Object(patch(&GROUP, group, two.clone()));
    assert_eq!(group["members"], json!([{ "value": "1" }, { "value": "2" }]));
    assert_eq!(Value::Object(patch(&GROUP, group.clone(), two)), group);
    let one = json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "1" }] }]);
    let group = Value::Object(patch(&GROUP, group, one));
    assert_eq!(group["members"], json!([{ "value": "2" }]));
    let rename = json!([{ "op": "Replace", "path": "displayName", "value": "H" }, { "op": "remove", "path": "members[value eq \"2\"]" }]);
    let group = Value::Object(patch(&GROUP, group, rename));
    assert_eq!(group, json!({ "schemas": [GROUP_URN], "externalId": "8aa1a0c0", "displayName": "H" }));
}

#[test]
fn okta_creates_a_user_with_password_and_empty_groups() {
    let body = json!({
        "schemas": [USER_URN], "userName": "test.user@okta.local", "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": "test.user@okta.local", "type": "work" }],
        "displayName": "Test User", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [], "password": "1mz050nq", "active": true,
    });
    let mut expected = object(body.clone());
    expected.remove("groups");
    assert_eq!(create(&USER, body, &lenient()).unwrap(), expected);
}

#[test]
fn okta_puts_back_what_it_was_given() {
    let current = object(json!({
        "schemas": [USER_URN], "id": "7", "userName": "a", "active": true, "groups": [{ "value": "g" }],
        "meta": { "resourceType": "User", "version": "W/\"1\"" }, "emails": [{ "value": "e", "type": "work" }],
    }));
    let mut echo = current.clone();
    echo.insert("active".to_owned(), json!(false));
    assert_eq!(replace(&USER, &current, Value::Object(echo.clone()), &lenient()).unwrap(), echo);
}

#[test]
fn okta_deactivates_and_sets_the_password_without_path() {
    user(json!([{ "op": "replace", "value": { "active": false } }]), json!({ "active": false }));
    user(json!([{ "op": "replace", "value": { "password": "p" } }]), json!({ "password": "p" }));
}

#[test]
fn okta_renames_and_pushes_groups() {
    let group =
        json!({ "schemas": [GROUP_URN], "id": "7", "displayName": "G", "members": [{ "value": "89bb" }] });
    let check = |operations: Value, name: &str, members: Value| {
        let after = patch(&GROUP, group.clone(), operations);
        assert_eq!(after["displayName"], name);
        assert_eq!(after.get("members").unwrap_or(&Value::Null), &members);
        assert_eq!(after["id"], "7");
    };
    let kept = json!([{ "value": "89bb" }]);
    check(json!([{ "op": "replace", "value": { "id": "7", "displayName": "New name" } }]), "New name", kept);
    check(
        json!([
            { "op": "remove", "path": "members[value eq \"89bb\"]" },
            { "op": "add", "path": "members", "value": [{ "value": "23a3", "display": "test.user@okta.local" }] },
        ]),
        "G",
        json!([{ "value": "23a3" }]),
    );
    check(
        json!([{ "op": "replace", "path": "members", "value": [{ "value": "1", "display": null }, { "value": "2" }] }]),
        "G",
        json!([{ "value": "1" }, { "value": "2" }]),
    );
    check(json!([{ "op": "replace", "path": "members", "value": [] }]), "G", Value::Null);
    check(
        json!([{ "op": "replace", "value": { "members": [], "id": "7", "displayName": "H" } }]),
        "H",
        Value::Null,
    );
}
