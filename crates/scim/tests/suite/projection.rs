//! `attributes` and `excludedAttributes`.

use scim::builtin::{ENTERPRISE_USER_URN, USER_URN};
use scim::resource_type::Extension;
use scim::{Object, Projection, ResourceType, Schema};
use serde_json::{Value, json};

use crate::{GROUP, USER, object, peter};

fn with_secret() -> Object {
    let mut peter = peter();
    peter.insert("password".to_owned(), json!("secret"));
    peter
}

fn names(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// Projects Peter and gives the names that are left, without the ones that are always there.
fn check(attributes: Option<&str>, excluded: Option<&str>, expected: &[&str]) -> Value {
    let projected =
        Value::Object(Projection::parse(&USER, attributes, excluded).unwrap().apply(&with_secret()));
    let mut left = names(&projected);
    for always in ["id", "schemas"] {
        let position = left.iter().position(|name| name == always).expect(always);
        left.remove(position);
    }
    assert_eq!(left, expected, "{attributes:?} {excluded:?}");
    projected
}

#[test]
fn by_default_all_but_secrets() {
    let projected = check(
        None,
        None,
        &[
            "active",
            "addresses",
            "displayName",
            "emails",
            "externalId",
            "meta",
            "name",
            "phoneNumbers",
            "title",
            ENTERPRISE_USER_URN,
            "userName",
        ],
    );
    assert_eq!(projected, Value::Object(peter()));
}

#[test]
fn only_what_is_asked_for() {
    check(Some("userName"), None, &["userName"]);
    check(Some(" USERNAME , title,,"), None, &["title", "userName"]);
    check(Some("urn:ietf:params:scim:schemas:core:2.0:User:userName"), None, &["userName"]);
    check(Some("password"), None, &[]);
    check(Some("nope,a b,x..y,urn:x:y:z"), None, &[]);
    let projected = check(Some("emails.value,name.familyName"), None, &["emails", "name"]);
    assert_eq!(
        projected["emails"],
        json!([{ "value": "peter@work.example" }, { "value": "peter@home.example" }])
    );
    assert_eq!(projected["name"], json!({ "familyName": "Parker" }));
    let projected = check(Some("meta.version"), None, &["meta"]);
    assert_eq!(names(&projected["meta"]), ["version"]);
    let projected = check(Some(&format!("{ENTERPRISE_USER_URN}:department")), None, &[ENTERPRISE_USER_URN]);
    assert_eq!(projected[ENTERPRISE_USER_URN], json!({ "department": "Press" }));
    let projected = check(Some(ENTERPRISE_USER_URN), None, &[ENTERPRISE_USER_URN]);
    assert_eq!(projected[ENTERPRISE_USER_URN], peter()[ENTERPRISE_USER_URN]);
    check(Some("manager.value"), None, &[ENTERPRISE_USER_URN]);
    check(Some("emails.display"), None, &[]);
}

#[test]
fn all_but_what_is_excluded() {
    let rest =
        ["active", "addresses", "displayName", "externalId", "meta", "phoneNumbers", "title", "userName"];
    let excluded = format!("emails,NAME,{ENTERPRISE_USER_URN}");
    check(None, Some(&excluded), &rest);
    check(None, Some(&format!("{excluded},id,schemas")), &rest);
    let projected =
        Projection::parse(&USER, None, Some("emails.type,emails.primary")).unwrap().apply(&peter());
    assert_eq!(
        projected["emails"],
        json!([{ "value": "peter@work.example" }, { "value": "peter@home.example" }])
    );
    check(None, Some(USER_URN), &[ENTERPRISE_USER_URN]);
}

#[test]
fn the_lists_exclude_each_other() {
    assert!(Projection::parse(&USER, Some("userName"), Some("title")).is_err());
    assert!(Projection::parse(&USER, Some("userName"), Some(" ")).is_ok());
    assert!(Projection::parse(&USER, Some(&"a,".repeat(1000)), None).is_err());
}

#[test]
fn a_store_can_ask_what_is_wanted() {
    let wants =
        |attributes, excluded| Projection::parse(&GROUP, attributes, excluded).unwrap().wants("members");
    assert!(wants(None, None));
    assert!(wants(Some("members.value"), None));
    assert!(!wants(Some("displayName"), None));
    assert!(!wants(None, Some("members")));
    assert!(!wants(None, Some("MEMBERS")));
    assert!(wants(None, Some("members.type")));
}

#[test]
fn parts_may_be_always_never_or_on_request() {
    let schema: Schema = serde_json::from_value(json!({ "id": "urn:x:y:z", "attributes": [
        { "name": "card", "type": "complex", "subAttributes": [
            { "name": "id", "returned": "always" }, { "name": "label" },
            { "name": "history", "returned": "request" }, { "name": "pin", "returned": "never" },
        ] },
        { "name": "notes", "returned": "request" },
    ] }))
    .unwrap();
    let extension = Extension { schema, required: false };
    let user = ResourceType::new("User", "/Users", "", scim::builtin::user(), vec![extension]).unwrap();
    let resource = object(json!({ "urn:x:y:z": {
        "card": { "id": "1", "label": "l", "history": "h", "pin": "0000" }, "notes": "n",
    } }));
    let project = |attributes, excluded| {
        let projected = Projection::parse(&user, attributes, excluded).unwrap().apply(&resource);
        projected.get("urn:x:y:z").cloned().unwrap_or(Value::Null)
    };
    assert_eq!(project(None, None), json!({ "card": { "id": "1", "label": "l" } }));
    assert_eq!(project(Some("card"), None), json!({ "card": { "id": "1", "label": "l" } }));
    assert_eq!(project(Some("card.history"), None), json!({ "card": { "id": "1", "history": "h" } }));
    assert_eq!(project(Some("card.pin,notes"), None), json!({ "card": { "id": "1" }, "notes": "n" }));
    assert_eq!(project(Some("userName"), None), Value::Null);
    assert_eq!(project(None, Some("card.id,card.label")), json!({ "card": { "id": "1" } }));
    assert_eq!(project(None, Some("card")), Value::Null);
}

#[test]
fn a_projection_is_complete_when_it_leaves_nothing_out() {
    let complete =
        |attributes, excluded| Projection::parse(&USER, attributes, excluded).unwrap().is_complete();
    assert!(complete(None, None), "the password is never returned, and no reason to look at each attribute");
    assert!(!complete(Some("userName"), None));
    assert!(!complete(None, Some("title")));
    assert!(!complete(None, Some("name.familyName")));
}
