//! PATCH: the rules of RFC 7644 §3.5.2, one table for what changes and one for what is refused.

use scim::builtin::{ENTERPRISE_USER_URN, GROUP_URN, USER_URN};
use scim::resource_type::Extension;
use scim::{Error, Object, Patch, PatchRequest, ResourceType, Schema};
use serde_json::{Value, json};

use crate::{GROUP, USER, lenient, object, peter, refusal};

fn patch_as(resource_type: &ResourceType, resource: &mut Object, operations: Value) -> Result<(), Error> {
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    Patch::resolve(&PatchRequest::parse(&body, &lenient())?, resource_type, &lenient())?
        .apply(resource, &lenient())
}

/// Applies the operations to Peter; `changed` are the attributes that differ afterwards, `null` for gone.
fn check(operations: Value, changed: Value) {
    let mut resource = peter();
    patch_as(&USER, &mut resource, operations.clone())
        .unwrap_or_else(|error| panic!("{operations}: {error}"));
    assert_eq!(difference(&peter(), &resource), changed, "{operations}");
}

fn difference(before: &Object, after: &Object) -> Value {
    let names = before.keys().chain(after.keys());
    let different = names.filter(|name| before.get(*name) != after.get(*name));
    let value = |name: &String| after.get(name).cloned().unwrap_or(Value::Null);
    Value::Object(different.map(|name| (name.clone(), value(name))).collect())
}

/// The operations must be refused with this keyword and change nothing.
fn refuse(operations: Value, keyword: &str) {
    let mut resource = peter();
    let error = patch_as(&USER, &mut resource, operations.clone()).expect_err(&operations.to_string());
    assert_eq!((error.status, refusal(&error).as_str()), (400, keyword), "{operations}: {error}");
    assert_eq!(resource, peter(), "{operations}");
}

fn work() -> Value {
    json!({ "value": "peter@work.example", "type": "work", "primary": true })
}

fn home() -> Value {
    json!({ "value": "peter@home.example", "type": "home" })
}

/// Peter's enterprise object with other members.
fn enterprise(changes: Value) -> Value {
    let mut members = object(peter()[ENTERPRISE_USER_URN].clone());
    for (name, value) in object(changes) {
        if value.is_null() {
            members.remove(&name)
        } else {
            members.insert(name, value)
        };
    }
    json!({ ENTERPRISE_USER_URN: members })
}

#[test]
fn single_values_are_set_by_add_and_replace_alike() {
    for op in ["add", "replace", "Add", "REPLACE"] {
        let one = |path: &str, value: Value| json!([{ "op": op, "path": path, "value": value }]);
        check(one("active", json!(false)), json!({ "active": false }));
        check(
            one("urn:ietf:params:scim:schemas:core:2.0:User:active", json!(false)),
            json!({ "active": false }),
        );
        check(one("DISPLAYNAME", json!("Z")), json!({ "displayName": "Z" }));
        check(one("nickName", json!("Spidey")), json!({ "nickName": "Spidey" }));
        check(one("title", json!("Photographer")), json!({}));
        check(one("title", json!("")), json!({ "title": "" }));
        check(one("title", Value::Null), json!({ "title": null }));
        check(
            one("name.middleName", json!("B")),
            json!({ "name": { "familyName": "Parker", "givenName": "Peter", "middleName": "B" } }),
        );
        check(
            one("name", json!({ "givenName": "P", "middleName": "B" })),
            json!({ "name": { "familyName": "Parker", "givenName": "P", "middleName": "B" } }),
        );
        check(one("name", json!({ "givenName": null })), json!({ "name": { "familyName": "Parker" } }));
        check(
            one(&format!("{ENTERPRISE_USER_URN}:costCenter"), json!("4130")),
            enterprise(json!({ "costCenter": "4130" })),
        );
        check(
            one(ENTERPRISE_USER_URN, json!({ "department": "Z" })),
            enterprise(json!({ "department": "Z" })),
        );
    }
}

#[test]
fn a_value_without_path_names_the_attributes() {
    for op in ["add", "replace"] {
        let one = |value: Value| json!([{ "op": op, "value": value }]);
        check(
            one(json!({ "active": false, "Title": "X", "name": { "givenName": "P" } })),
            json!({ "active": false, "title": "X", "name": { "familyName": "Parker", "givenName": "P" } }),
        );
        check(
            one(json!({ ENTERPRISE_USER_URN: { "department": "Z" } })),
            enterprise(json!({ "department": "Z" })),
        );
        check(one(json!({ USER_URN: { "title": "X" } })), json!({ "title": "X" }));
        check(
            one(json!({ "id": "x", "meta": { "version": "2" }, "groups": [], "unknown": 1, "a b": 2 })),
            json!({}),
        );
        check(one(json!({ "schemas": ["urn:x:y:z"] })), json!({}));
    }
}

#[test]
fn add_to_a_list_appends_what_is_not_there() {
    let add = |value: Value| json!([{ "op": "add", "path": "emails", "value": value }]);
    let third = json!({ "value": "third@x.example", "type": "other" });
    check(add(json!([third])), json!({ "emails": [work(), home(), third] }));
    check(add(third.clone()), json!({ "emails": [work(), home(), third] }));
    check(
        json!([{ "op": "add", "value": { "emails": [third] } }]),
        json!({ "emails": [work(), home(), third] }),
    );
    check(add(json!([home()])), json!({}));
    check(add(json!([{ "value": "PETER@home.example", "type": "Home" }])), json!({}));
    check(add(json!([])), json!({}));
    check(add(Value::Null), json!({}));
    check(
        add(json!([{ "value": "peter@home.example", "type": "home", "display": "H" }])),
        json!({ "emails": [work(), { "value": "peter@home.example", "type": "home", "display": "H" }] }),
    );
    check(
        json!([{ "op": "add", "path": "ims", "value": [{ "value": "a" }, { "value": "A" }] }]),
        json!({ "ims": [{ "value": "a" }] }),
    );
}

#[test]
fn a_new_primary_makes_the_others_not_primary() {
    let other = json!({ "value": "peter@work.example", "type": "work", "primary": false });
    let new = json!({ "value": "p@new.example", "type": "other", "primary": true });
    check(
        json!([{ "op": "add", "path": "emails", "value": [new] }]),
        json!({ "emails": [other, home(), new] }),
    );
    let home = json!({ "value": "peter@home.example", "type": "home", "primary": true });
    for operation in [
        json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true }),
        json!({ "op": "add", "path": "emails[type eq \"home\"]", "value": { "primary": "True" } }),
        json!({ "op": "add", "path": "emails", "value": home }),
    ] {
        check(json!([operation]), json!({ "emails": [other, home] }));
    }
    refuse(json!([{ "op": "replace", "path": "emails", "value": [work(), home] }]), "invalidValue");
    refuse(json!([{ "op": "replace", "path": "phoneNumbers.primary", "value": true }]), "invalidValue");
}

#[test]
fn replace_of_a_list_replaces_all_of_it() {
    let only = json!([{ "value": "only@x.example", "type": "work" }]);
    check(json!([{ "op": "replace", "path": "emails", "value": only }]), json!({ "emails": only }));
    check(json!([{ "op": "replace", "value": { "emails": only } }]), json!({ "emails": only }));
    check(json!([{ "op": "replace", "path": "emails", "value": only[0] }]), json!({ "emails": only }));
    check(json!([{ "op": "replace", "path": "emails", "value": [] }]), json!({ "emails": null }));
    check(json!([{ "op": "replace", "path": "emails", "value": null }]), json!({ "emails": null }));
    check(
        json!([{ "op": "replace", "path": "emails", "value": ["a@b"] }]),
        json!({ "emails": [{ "value": "a@b" }] }),
    );
}

#[test]
fn a_value_path_changes_the_selected_values() {
    let replace = |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    let new_work = json!({ "value": "new@x", "type": "work", "primary": true });
    for path in [
        r#"emails[type eq "work"].value"#,
        r#"emails[primary eq true].value"#,
        r#"emails[type eq "work" and primary eq true].value"#,
        r#"emails[value eq "peter@work.example"].value"#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "WORK"].value"#,
    ] {
        check(replace(path, json!("new@x")), json!({ "emails": [new_work, home()] }));
    }
    check(
        replace(r#"emails[type eq "home"]"#, json!({ "value": "n@x" })),
        json!({ "emails": [work(), { "value": "n@x", "type": "home" }] }),
    );
    check(
        replace(r#"emails[type eq "home"]"#, json!({ "type": null, "display": "H" })),
        json!({ "emails": [work(), { "value": "peter@home.example", "display": "H" }] }),
    );
    check(replace(r#"emails[type eq "home"]"#, json!({})), json!({}));
    check(replace(r#"emails[type eq "home"]"#, json!({ "unknown": 1 })), json!({}));
    check(replace(r#"emails[type eq "home"]"#, Value::Null), json!({ "emails": [work()] }));
    check(
        replace(r#"phoneNumbers[value sw "555"].type"#, json!("other")),
        json!({ "phoneNumbers": [{ "value": "555-0001", "type": "other" }, { "value": "555-0002", "type": "other" }] }),
    );
    check(
        replace("phoneNumbers.type", json!("x")),
        json!({ "phoneNumbers": [{ "value": "555-0001", "type": "x" }, { "value": "555-0002", "type": "x" }] }),
    );
}

#[test]
fn a_value_path_without_match_creates_what_its_filter_describes() {
    for op in ["add", "replace"] {
        let one = |path: &str, value: Value| json!([{ "op": op, "path": path, "value": value }]);
        check(
            one(r#"emails[type eq "other"].value"#, json!("x@y")),
            json!({ "emails": [work(), home(), { "type": "other", "value": "x@y" }] }),
        );
        check(
            one(r#"roles[primary eq "True"].display"#, json!("Admin")),
            json!({ "roles": [{ "primary": true, "display": "Admin" }] }),
        );
        check(
            one(r#"addresses[type eq "home" and country eq "FR"]"#, json!({ "locality": "Paris" })),
            json!({ "addresses": [
                { "type": "work", "locality": "Hollywood", "region": "CA", "country": "US" },
                { "type": "home", "country": "FR", "locality": "Paris" },
            ] }),
        );
        refuse(one(r#"emails[type eq "other"]"#, json!({ "type": "home" })), "noTarget");
        for filter in [
            "type ne \"x\" and type eq \"y\"",
            "type eq \"a\" or type eq \"b\"",
            "display pr",
            "type eq \"a\" and type eq \"b\"",
            "not (type pr)",
        ] {
            refuse(one(&format!("emails[{filter}].value"), json!("x")), "noTarget");
        }
    }
}

#[test]
fn remove_takes_away_what_the_path_selects() {
    let remove = |path: &str| json!([{ "op": "remove", "path": path }]);
    check(remove("title"), json!({ "title": null }));
    check(remove("nickName"), json!({}));
    check(remove("name.givenName"), json!({ "name": { "familyName": "Parker" } }));
    check(remove("name.middleName"), json!({}));
    check(remove("name"), json!({ "name": null }));
    check(remove("phoneNumbers"), json!({ "phoneNumbers": null }));
    check(remove(r#"emails[type eq "home"]"#), json!({ "emails": [work()] }));
    check(remove(r#"emails[not (type eq "work")]"#), json!({ "emails": [work()] }));
    check(remove(r#"emails[type eq "home" or type eq "work"]"#), json!({ "emails": null }));
    check(remove(r#"emails[type eq "nope"]"#), json!({}));
    check(remove(r#"ims[type eq "nope"]"#), json!({}));
    check(
        remove(r#"addresses[type eq "work"].region"#),
        json!({ "addresses": [{ "type": "work", "locality": "Hollywood", "country": "US" }] }),
    );
    check(
        remove("emails.type"),
        json!({ "emails": [{ "value": "peter@work.example", "primary": true }, { "value": "peter@home.example" }] }),
    );
    check(remove(&format!("{ENTERPRISE_USER_URN}:department")), enterprise(json!({ "department": null })));
    check(
        json!([{ "op": "remove", "path": "phoneNumbers", "value": [{ "value": "555-0002" }] }]),
        json!({ "phoneNumbers": [{ "value": "555-0001", "type": "work" }] }),
    );
    check(json!([{ "op": "remove", "path": "phoneNumbers", "value": [] }]), json!({}));
    let address = json!({ "country": "us", "locality": "HOLLYWOOD", "region": "CA", "type": "work" });
    check(json!([{ "op": "remove", "path": "addresses", "value": [address] }]), json!({ "addresses": null }));
    check(json!([{ "op": "remove", "path": "addresses", "value": [{ "type": "work" }] }]), json!({}));
}

#[test]
fn schemas_follow_the_extensions() {
    let gone = json!({ "schemas": [USER_URN], ENTERPRISE_USER_URN: null });
    check(json!([{ "op": "remove", "path": ENTERPRISE_USER_URN }]), gone.clone());
    check(json!([{ "op": "replace", "path": ENTERPRISE_USER_URN, "value": null }]), gone.clone());
    check(json!([{ "op": "replace", "value": { ENTERPRISE_USER_URN: null } }]), gone.clone());
    let one_by_one = ["employeeNumber", "department", "manager"]
        .map(|name| json!({ "op": "remove", "path": format!("{ENTERPRISE_USER_URN}:{name}") }));
    check(json!(one_by_one), gone);
    let mut bare = object(json!({ "schemas": [USER_URN], "userName": "a" }));
    let add = json!([{ "op": "add", "path": format!("{ENTERPRISE_USER_URN}:department"), "value": "D" }]);
    patch_as(&USER, &mut bare, add).unwrap();
    assert_eq!(bare["schemas"], json!([USER_URN, ENTERPRISE_USER_URN]));
}

#[test]
fn a_reference_that_changes_forgets_what_described_the_old_one() {
    let path = format!("{ENTERPRISE_USER_URN}:manager");
    for value in [json!("7"), json!({ "value": "7" }), json!([{ "value": "7" }])] {
        check(
            json!([{ "op": "Add", "path": path, "value": value }]),
            enterprise(json!({ "manager": { "value": "7" } })),
        );
        check(
            json!([{ "op": "Add", "path": "manager", "value": value }]),
            enterprise(json!({ "manager": { "value": "7" } })),
        );
    }
    check(
        json!([{ "op": "replace", "path": path, "value": { "$ref": "../Users/7", "value": "7", "displayName": "ignored" } }]),
        enterprise(json!({ "manager": { "value": "7", "$ref": "../Users/7" } })),
    );
    check(json!([{ "op": "replace", "path": path, "value": { "value": "26118915" } }]), json!({}));
    for value in [json!(""), json!({ "value": "" }), json!({ "value": null }), Value::Null, json!([])] {
        check(
            json!([{ "op": "replace", "path": path, "value": value }]),
            enterprise(json!({ "manager": null })),
        );
        check(
            json!([{ "op": "replace", "value": { &path: value } }]),
            enterprise(json!({ "manager": null })),
        );
    }
}

#[test]
fn operations_apply_in_order() {
    check(
        json!([
            { "op": "remove", "path": "displayName" },
            { "op": "add", "path": "displayName", "value": "A" },
            { "op": "replace", "path": "displayName", "value": "B" },
        ]),
        json!({ "displayName": "B" }),
    );
    check(
        json!([
            { "op": "add", "path": "emails", "value": [{ "value": "t@x", "type": "other" }] },
            { "op": "remove", "path": "emails[value eq \"t@x\"]" },
        ]),
        json!({}),
    );
}

#[test]
fn refusals() {
    let one = |op: &str, path: &str, value: Value| json!([{ "op": op, "path": path, "value": value }]);
    refuse(json!("x"), "invalidSyntax");
    refuse(json!([1]), "invalidSyntax");
    refuse(json!([{ "path": "title", "value": "x" }]), "invalidSyntax");
    refuse(one("frobnicate", "title", json!("x")), "invalidSyntax");
    refuse(json!([{ "op": "remove" }]), "noTarget");
    refuse(json!([{ "op": "replace", "path": "title" }]), "invalidValue");
    refuse(json!([{ "op": "add", "value": "x" }]), "invalidValue");
    refuse(json!([{ "op": "add", "path": 7, "value": "x" }]), "invalidPath");
    refuse(one("replace", "emails[type eq \"work\".value", json!("x")), "invalidPath");
    refuse(json!([{ "op": "remove", "path": "emails[]" }]), "invalidPath");
    refuse(one("replace", "title[value eq \"x\"]", json!("y")), "invalidPath");
    refuse(one("replace", "nope", json!("y")), "invalidPath");
    refuse(one("replace", "userName.foo", json!("y")), "invalidPath");
    refuse(one("replace", "urn:x:y:z:title", json!("y")), "invalidPath");
    refuse(one("replace", "emails[nope eq \"x\"].value", json!("y")), "invalidFilter");
    refuse(one("replace", "emails[primary gt true].value", json!("y")), "invalidFilter");
    for path in [
        "id",
        "meta",
        "meta.created",
        "groups",
        "groups.value",
        r#"groups[value eq "x"]"#,
        "manager.displayName",
    ] {
        refuse(one("replace", path, json!("x")), "mutability");
        refuse(json!([{ "op": "remove", "path": path }]), "mutability");
    }
    refuse(json!([{ "op": "remove", "path": "userName" }]), "mutability");
    refuse(json!([{ "op": "remove", "path": "schemas" }]), "mutability");
    refuse(one("replace", "userName", Value::Null), "mutability");
    refuse(one("replace", "userName", json!("")), "invalidValue");
    refuse(one("replace", "active", json!({ "a": 1 })), "invalidValue");
    refuse(one("replace", "active", json!("yes")), "invalidValue");
    refuse(one("replace", "title", json!(7)), "invalidValue");
    refuse(one("replace", "title", json!(["a", "b"])), "invalidValue");
    refuse(one("replace", "name", json!("x")), "invalidValue");
    refuse(one("add", "emails", json!([7])), "invalidValue");
    refuse(one("replace", "emails", json!([{ "mail": "a@b" }])), "invalidValue");
    refuse(one("add", "emails", json!([{ "primary": "maybe" }])), "invalidValue");
    let many: Vec<Value> = (0..1001).map(|_| json!({ "op": "remove", "path": "title" })).collect();
    refuse(json!(many), "invalidSyntax");
}

#[test]
fn nothing_is_applied_if_anything_is_refused() {
    let change = json!({ "op": "replace", "path": "title", "value": "CHANGED" });
    refuse(json!([change, { "op": "remove" }]), "noTarget");
    refuse(json!([change, { "op": "add", "path": "emails[display pr].value", "value": "x" }]), "noTarget");
    refuse(json!([change, { "op": "replace", "path": "emails[type eq", "value": "x" }]), "invalidPath");
}

#[test]
fn group_members_are_told_apart_by_their_id() {
    let mut group = object(json!({
        "schemas": [GROUP_URN], "displayName": "G", "members": [{ "value": "a", "type": "User" }],
    }));
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": "a" }, { "value": "A", "$ref": null }] }]);
    patch_as(&GROUP, &mut group, add).unwrap();
    assert_eq!(group["members"], json!([{ "value": "a", "type": "User" }, { "value": "A" }]));
    let change = json!([{ "op": "replace", "path": "members[value eq \"a\"].value", "value": "b" }]);
    assert_eq!(refusal(&patch_as(&GROUP, &mut group, change).unwrap_err()), "mutability");
    let remove = json!([{ "op": "remove", "path": "members[value eq \"a\"]" }]);
    patch_as(&GROUP, &mut group, remove).unwrap();
    assert_eq!(group["members"], json!([{ "value": "A" }]));
    let empty = json!([{ "op": "replace", "path": "members", "value": [] }]);
    patch_as(&GROUP, &mut group, empty).unwrap();
    assert_eq!(group.get("members"), None);
    let rename = json!([{ "op": "remove", "path": "displayName" }]);
    assert_eq!(refusal(&patch_as(&GROUP, &mut group, rename).unwrap_err()), "mutability");
}

#[test]
fn immutable_values_are_set_once() {
    let badge: Schema = serde_json::from_value(json!({ "id": "urn:x:y:badge", "attributes": [
        { "name": "number", "type": "integer", "mutability": "immutable" },
        { "name": "tags", "multiValued": true },
    ] }))
    .unwrap();
    let extension = Extension { schema: badge, required: false };
    let user = ResourceType::new("User", "/Users", "", scim::builtin::user(), vec![extension]).unwrap();
    let mut resource = object(json!({ "userName": "a" }));
    let set = |number: i64| json!([{ "op": "add", "path": "urn:x:y:badge:number", "value": number }]);
    patch_as(&user, &mut resource, set(7)).unwrap();
    patch_as(&user, &mut resource, set(7)).unwrap();
    assert_eq!(refusal(&patch_as(&user, &mut resource, set(8)).unwrap_err()), "mutability");
    let remove = json!([{ "op": "remove", "path": "urn:x:y:badge" }]);
    assert_eq!(refusal(&patch_as(&user, &mut resource, remove).unwrap_err()), "mutability");
    let tags = json!([
        { "op": "add", "path": "urn:x:y:badge:tags", "value": ["a", "b", "A"] },
        { "op": "remove", "path": "urn:x:y:badge:tags[value eq \"B\"]" },
        { "op": "add", "path": "urn:x:y:badge:tags", "value": "c" },
        { "op": "remove", "path": "urn:x:y:badge:tags", "value": ["a"] },
    ]);
    patch_as(&user, &mut resource, tags).unwrap();
    assert_eq!(resource["urn:x:y:badge"], json!({ "number": 7, "tags": ["c"] }));
}
