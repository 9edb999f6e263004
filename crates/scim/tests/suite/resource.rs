//! Bodies of POST and PUT.

use scim::builtin::{ENTERPRISE_USER_URN, USER_URN};
use scim::resource::{create, replace};
use scim::resource_type::Extension;
use scim::{ResourceType, Schema};
use serde_json::{Value, json};

use crate::{USER, lenient, object, peter, refusal};

fn check(body: Value, expected: Value) {
    let resource = create(&USER, body.clone(), &lenient()).unwrap_or_else(|error| panic!("{body}: {error}"));
    assert_eq!(Value::Object(resource), expected, "{body}");
}

fn refuse(body: Value, keyword: &str, named: &str) {
    let error = create(&USER, body.clone(), &lenient()).expect_err(&body.to_string());
    assert_eq!((error.status, refusal(&error).as_str()), (400, keyword), "{body}: {error}");
    assert!(error.detail.contains(named), "{body}: {error}");
}

#[test]
fn names_get_the_spelling_of_the_schema_and_unknown_ones_go() {
    check(
        json!({
            "SCHEMAS": ["urn:x:y:z"], "USERNAME": "a", "NAME": { "GIVENNAME": "b", "shoeSize": 7 },
            "Emails": [{ "VALUE": "c", "Type": "work" }], "shoeSize": 7, "department": "not the core's",
            ENTERPRISE_USER_URN.to_uppercase(): { "DEPARTMENT": "d", "shoeSize": 7 },
        }),
        json!({
            "schemas": [USER_URN, ENTERPRISE_USER_URN], "userName": "a", "name": { "givenName": "b" },
            "emails": [{ "value": "c", "type": "work" }], ENTERPRISE_USER_URN: { "department": "d" },
        }),
    );
}

#[test]
fn what_only_the_service_provider_sets_is_ignored() {
    check(
        json!({
            "id": "x", "userName": "a", "externalId": "E", "meta": { "resourceType": "User" },
            "groups": [{ "value": "g" }],
            ENTERPRISE_USER_URN: { "manager": { "value": "7", "displayName": "Jonah" } },
        }),
        json!({
            "schemas": [USER_URN, ENTERPRISE_USER_URN], "userName": "a", "externalId": "E",
            ENTERPRISE_USER_URN: { "manager": { "value": "7" } },
        }),
    );
}

#[test]
fn dotted_names_are_unknown() {
    check(
        json!({
            "userName": "a", "emails.type": "work", "name.givenName": "b", "meta.version": "1",
            ENTERPRISE_USER_URN: { "manager.displayName": "Jonah", "manager.value": "7", "department": "d" },
        }),
        json!({
            "schemas": [USER_URN, ENTERPRISE_USER_URN], "userName": "a",
            ENTERPRISE_USER_URN: { "department": "d" },
        }),
    );
}

#[test]
fn nothing_unassigned_is_kept() {
    check(
        json!({
            "userName": "a", "title": null, "roles": [], "name": {}, "emails": [null, {}], "nickName": "",
            "addresses": [{ "type": null }], ENTERPRISE_USER_URN: { "manager": "", "department": null },
        }),
        json!({ "schemas": [USER_URN], "userName": "a", "nickName": "" }),
    );
    check(
        json!({ "userName": "a", ENTERPRISE_USER_URN: null }),
        json!({ "schemas": [USER_URN], "userName": "a" }),
    );
}

#[test]
fn values_are_coerced_only_where_clients_are_known_to_need_it() {
    let with = |name: &str, value: Value| json!({ "schemas": [USER_URN], "userName": "a", name: value });
    check(with("active", json!("FALSE")), with("active", json!(false)));
    check(
        with("roles", json!([{ "primary": "True", "value": "x" }])),
        with("roles", json!([{ "primary": true, "value": "x" }])),
    );
    check(with("emails", json!("a@b")), with("emails", json!([{ "value": "a@b" }])));
    check(with("emails", json!({ "value": "a@b" })), with("emails", json!([{ "value": "a@b" }])));
    check(with("displayName", json!(["x"])), with("displayName", json!("x")));
    check(with("profileUrl", json!("no url at all")), with("profileUrl", json!("no url at all")));
    check(
        with("x509Certificates", json!([{ "value": "aGk=" }])),
        with("x509Certificates", json!([{ "value": "aGk=" }])),
    );
    check(
        with("emails", json!([{ "value": "A", "type": "cabin" }])),
        with("emails", json!([{ "value": "A", "type": "cabin" }])),
    );
}

#[test]
fn a_list_names_no_value_twice() {
    check(
        json!({ "userName": "a", "emails": [
            { "value": "A@b", "type": "work" }, { "value": "a@B", "type": "WORK", "primary": true }, { "value": "a@b" },
        ] }),
        json!({ "schemas": [USER_URN], "userName": "a", "emails": [
            { "value": "A@b", "type": "work", "primary": true }, { "value": "a@b" },
        ] }),
    );
}

#[test]
fn refusals_name_the_attribute() {
    let with = |name: &str, value: Value| json!({ "userName": "a", name: value });
    refuse(json!([]), "invalidSyntax", "object");
    refuse(json!({ "userName": "a", "USERNAME": "b" }), "invalidSyntax", "userName");
    refuse(with("name", json!({ "givenName": "a", "GivenName": "b" })), "invalidSyntax", "givenName");
    refuse(with("schemas", json!([7])), "invalidSyntax", "schemas");
    refuse(json!({}), "invalidValue", "userName");
    refuse(json!({ "userName": null }), "invalidValue", "userName");
    refuse(json!({ "userName": "" }), "invalidValue", "userName");
    refuse(json!({ "userName": 7 }), "invalidValue", "userName");
    refuse(with("active", json!("maybe")), "invalidValue", "active");
    refuse(with("active", json!(1)), "invalidValue", "active");
    refuse(with("name", json!("Peter")), "invalidValue", "name");
    refuse(with("displayName", json!({ "a": 1 })), "invalidValue", "displayName");
    refuse(with("displayName", json!(["a", "b"])), "invalidValue", "displayName");
    refuse(with("emails", json!([{ "value": 7 }])), "invalidValue", "emails.value");
    refuse(
        with("emails", json!([{ "value": "a", "primary": true }, { "value": "b", "primary": true }])),
        "invalidValue",
        "emails",
    );
    refuse(
        with("x509Certificates", json!([{ "value": "no base64!" }])),
        "invalidValue",
        "x509Certificates.value",
    );
    refuse(with("profileUrl", json!("a\u{7}b")), "invalidValue", "profileUrl");
    refuse(with(ENTERPRISE_USER_URN, json!("x")), "invalidValue", ENTERPRISE_USER_URN);
    refuse(with("title", json!("x".repeat(300_000))), "invalidValue", "title");
}

#[test]
fn types_of_an_extension_read_at_run_time() {
    let schema: Schema = serde_json::from_value(json!({ "id": "urn:x:y:z", "attributes": [
        { "name": "hired", "type": "dateTime" }, { "name": "floor", "type": "integer" },
        { "name": "ratio", "type": "decimal" }, { "name": "seat", "required": true },
        { "name": "desks", "type": "complex", "multiValued": true, "subAttributes": [{ "name": "room", "required": true }] },
    ] }))
    .unwrap();
    let extension = Extension { schema, required: true };
    let user = ResourceType::new("User", "/Users", "", scim::builtin::user(), vec![extension]).unwrap();
    let with = |members: Value| {
        let mut extension = object(json!({ "seat": "1" }));
        extension.extend(object(members));
        create(&user, json!({ "userName": "a", "urn:x:y:z": extension }), &lenient())
            .map_err(|error| refusal(&error))
    };
    for good in [
        json!({ "hired": "2026-01-23T04:56:22Z", "floor": 3, "ratio": 0.5, "desks": [{ "room": "a" }] }),
        json!({ "hired": "2026-01-23T04:56:22.5+01:00", "floor": 3.0, "ratio": 1 }),
        json!({ "hired": "2026-01-23T04:56:22" }),
    ] {
        assert!(with(good.clone()).is_ok(), "{good}");
    }
    for bad in [
        json!({ "hired": "yesterday" }),
        json!({ "floor": 3.5 }),
        json!({ "floor": "3" }),
        json!({ "ratio": true }),
        json!({ "seat": "" }),
        json!({ "desks": [{ "room": "a" }, { "room": "" }] }),
    ] {
        assert_eq!(with(bad.clone()), Err("invalidValue".to_owned()), "{bad}");
    }
    assert!(create(&user, json!({ "userName": "a" }), &lenient()).is_err());
}

/// The attributes that a PUT of `body` changes.
fn put(body: Value, changed: Value) {
    let after =
        replace(&USER, &peter(), body.clone(), &lenient()).unwrap_or_else(|error| panic!("{body}: {error}"));
    let before = peter();
    let names = before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name));
    let different =
        names.map(|name| (name.clone(), after.get(name).cloned().unwrap_or(Value::Null))).collect();
    assert_eq!(Value::Object(different), changed, "{body}");
}

#[test]
fn put_clears_what_is_absent_but_for_the_documented_exceptions() {
    put(Value::Object(peter()), json!({}));
    let cleared = json!({
        "schemas": [USER_URN], "externalId": null, "name": null, "displayName": null, "title": null, "emails": null,
        "phoneNumbers": null, "addresses": null, ENTERPRISE_USER_URN: null,
    });
    put(json!({ "userName": "Peter@Example.com" }), cleared);
    let mut echo = peter();
    echo.insert("id".to_owned(), json!("another"));
    echo.insert("meta".to_owned(), json!({ "version": "W/\"x\"" }));
    echo.insert("active".to_owned(), json!("False"));
    put(Value::Object(echo), json!({ "active": false }));
    let mut current = peter();
    current.insert("password".to_owned(), json!("digest"));
    current.insert("groups".to_owned(), json!([{ "value": "g" }]));
    let after = replace(&USER, &current, json!({ "userName": "x", "groups": [] }), &lenient()).unwrap();
    assert_eq!((&after["password"], &after["groups"]), (&json!("digest"), &json!([{ "value": "g" }])));
}

#[test]
fn put_keeps_read_only_parts_while_the_reference_stays() {
    let mut body = peter();
    body.insert(ENTERPRISE_USER_URN.to_owned(), json!({ "manager": { "value": "26118915" } }));
    let after = replace(&USER, &peter(), Value::Object(body.clone()), &lenient()).unwrap();
    assert_eq!(after[ENTERPRISE_USER_URN]["manager"], json!({ "value": "26118915", "displayName": "Jonah" }));
    body.insert(ENTERPRISE_USER_URN.to_owned(), json!({ "manager": { "value": "7" } }));
    let after = replace(&USER, &peter(), Value::Object(body), &lenient()).unwrap();
    assert_eq!(after[ENTERPRISE_USER_URN]["manager"], json!({ "value": "7" }));
}

#[test]
fn put_may_not_change_what_is_immutable() {
    let schema: Schema = serde_json::from_value(json!({ "id": "urn:x:y:z", "attributes": [
        { "name": "badge", "mutability": "immutable" },
    ] }))
    .unwrap();
    let extension = Extension { schema, required: false };
    let user = ResourceType::new("User", "/Users", "", scim::builtin::user(), vec![extension]).unwrap();
    let current =
        create(&user, json!({ "userName": "a", "urn:x:y:z": { "badge": "B1" } }), &lenient()).unwrap();
    let put = |badge: Value| {
        let body = json!({ "userName": "a", "urn:x:y:z": { "badge": badge } });
        replace(&user, &current, body, &lenient()).map(|after| after["urn:x:y:z"]["badge"].clone())
    };
    assert_eq!(put(json!("b1")), Ok(json!("b1")));
    assert_eq!(put(Value::Null), Ok(json!("B1")));
    assert_eq!(refusal(&put(json!("B2")).unwrap_err()), "mutability");
}
