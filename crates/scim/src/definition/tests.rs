//! Definitions and what is wrong with them.

use serde_json::{Value, json};

use super::*;
use crate::builtin::{ENTERPRISE_USER_URN, GROUP_URN, USER_URN};

const ROLE: &str = "urn:example:Role:1";

fn base() -> Vec<IndexedType> {
    let user = IndexedType { resource_type: ResourceType::user(), indexed: vec!["userName".to_owned()] };
    vec![user, IndexedType { resource_type: ResourceType::group(), indexed: Vec::new() }]
}

fn apply(definition: &Value) -> Result<Vec<IndexedType>, Vec<Mistake>> {
    let (definition, mut mistakes) = Definition::read(definition).unwrap();
    match definition.apply(&base()) {
        Ok(types) if mistakes.is_empty() => Ok(types),
        Ok(_) => Err(mistakes),
        Err(more) => {
            mistakes.extend(more);
            Err(mistakes)
        }
    }
}

/// Checks that a definition has one mistake, whose place and problem hold these texts.
#[track_caller]
fn check(definition: &Value, place: &str, problem: &str) {
    let mistakes = apply(definition).expect_err("it has a mistake");
    let [mistake] = mistakes.as_slice() else { panic!("{mistakes:#?}") };
    assert!(mistake.place.contains(place), "{mistake}");
    assert!(mistake.problem.contains(problem), "{mistake}");
    assert!(!mistake.hint.is_empty());
}

/// A definition of a resource type with these attributes.
fn role(attributes: &Value) -> Value {
    json!({
        "schemas": [{ "id": ROLE, "attributes": attributes }],
        "resourceTypes": [{ "name": "Role", "endpoint": "/Roles", "schema": ROLE }],
    })
}

fn with(mut definition: Value, pointer: &str, value: Value) -> Value {
    *definition.pointer_mut(pointer).unwrap() = value;
    definition
}

#[test]
fn nothing_defined_changes_nothing() {
    let types = apply(&json!({})).unwrap();
    assert_eq!(types.len(), 2);
    for (kind, base) in types.iter().zip(base()) {
        assert_eq!(kind.resource_type.to_json(), base.resource_type.to_json());
        assert!(kind.resource_type.schemas().eq(base.resource_type.schemas()));
    }
}

#[test]
fn a_definition_adds_types_extensions_and_indices() {
    let mut definition = role(&json!([{ "name": "displayName", "uniqueness": "server" }]));
    let extension =
        json!({ "id": "urn:x:y:Badge", "attributes": [{ "name": "card", "uniqueness": "global" }] });
    definition["schemas"].as_array_mut().unwrap().push(extension);
    definition["resourceTypes"].as_array_mut().unwrap().push(json!({
        "name": "User", "schemaExtensions": [{ "schema": "URN:X:Y:BADGE", "required": true }],
        "indexed": ["nickName", "addresses.locality"],
    }));
    definition["overrides"] =
        json!([{ "path": format!("{ENTERPRISE_USER_URN}:employeeNumber"), "caseExact": true }]);
    let types = apply(&definition).unwrap();
    let names: Vec<_> = types.iter().map(|kind| kind.resource_type.name.as_str()).collect();
    assert_eq!(names, ["User", "Group", "Role"]);
    let keys = |kind: &IndexedType| kind.attributes().iter().map(|found| found.name()).collect::<Vec<_>>();
    assert_eq!(keys(&types[0]), ["userName", "nickName", "addresses.locality", "urn:x:y:Badge:card"]);
    assert_eq!(keys(&types[2]), ["externalId", "displayName"]);
    let user = &types[0].resource_type;
    assert!(user.extensions[1].required);
    assert!(user.find_attribute(None, "employeeNumber", None).unwrap().leaf().case_exact);
}

#[test]
fn overrides_change_what_they_say_and_no_more() {
    let path = |name: &str| format!("{USER_URN}:{name}");
    let types = apply(&json!({ "overrides": [
        { "path": path("NICKNAME"), "required": true, "uniqueness": "server", "canonicalValues": ["Al"] },
        { "path": path("emails.type"), "returned": "request" },
        { "path": path("photos"), "off": true },
        { "path": path("userName"), "description": "The e-mail address" },
    ] }))
    .unwrap();
    let (user, before) = (&types[0].resource_type, ResourceType::user());
    let (nick, old) =
        (user.schema.attribute("nickName").unwrap(), before.schema.attribute("nickName").unwrap());
    let expected = Attribute {
        required: true,
        uniqueness: Uniqueness::Server,
        canonical_values: vec!["Al".to_owned()],
        ..old.clone()
    };
    assert_eq!(*nick, expected);
    assert_eq!(user.find_attribute(None, "emails", Some("type")).unwrap().leaf().returned, Returned::Request);
    assert!(user.find_attribute(None, "photos", None).is_none());
    assert_eq!(user.schema.attribute("userName").unwrap().description, "The e-mail address");
}

#[test]
fn schemas_with_mistakes() {
    let attribute = |attribute: Value| role(&json!([attribute]));
    for (definition, problem) in [
        (attribute(json!({ "name": "1a" })), "\"1a\" is not an attribute name"),
        (attribute(json!({ "name": "id" })), "id is a common attribute"),
        (attribute(json!({ "name": "a", "type": "complex" })), "no sub-attributes"),
        (
            attribute(json!({ "name": "a", "required": true, "mutability": "readOnly" })),
            "required and readOnly",
        ),
        (attribute(json!({ "name": "a", "type": "boolean", "uniqueness": "server" })), "can't be unique"),
        (attribute(json!({ "name": "a", "referenceTypes": ["User"] })), "is no reference"),
        (attribute(json!({ "name": "a", "type": "reference", "referenceTypes": ["Car"] })), "\"Car\""),
        (attribute(json!({ "name": "a", "returned": "never" })), "not writeOnly"),
        (attribute(json!({ "name": "a", "mutability": "writeOnly" })), "\"returned\": \"never\""),
        (
            attribute(
                json!({ "name": "a", "type": "integer", "mutability": "writeOnly", "returned": "never" }),
            ),
            "not a single string",
        ),
        (attribute(json!({ "name": "a".repeat(65) })), "64 is the limit"),
        (attribute(json!({ "name": "a", "description": "b".repeat(1001) })), "1000 is the limit"),
        (attribute(json!({ "name": "a", "canonicalValues": vec!["b"; 201] })), "200 is the limit"),
        (role(&json!([{ "name": "a" }, { "name": "A" }])), "A is defined twice"),
    ] {
        check(&definition, ROLE, problem);
    }
    let many: Vec<Value> = (0..201).map(|number| json!({ "name": format!("a{number}") })).collect();
    check(&role(&json!(many)), "attributes", "there are 201");
    let secret_part = json!([{ "name": "a", "type": "complex", "subAttributes": [
        { "name": "b", "mutability": "writeOnly", "returned": "never" }] }]);
    check(&role(&secret_part), ROLE, "a.b is never returned and a sub-attribute");
}

#[test]
fn urns_that_can_not_be() {
    let named = |urn: &str| {
        let definition = with(role(&json!([{ "name": "a" }])), "/schemas/0/id", json!(urn));
        with(definition, "/resourceTypes/0/schema", json!(urn))
    };
    for (urn, problem) in [
        ("http://example.com/Role", "is not a URN"),
        ("urn:ietf:params:scim:api:messages:2.0:Role", "belongs to the protocol"),
        ("urn:ietf:params:scim:schemas:core:2.0:schema", "belongs to the protocol"),
        (&format!("{USER_URN}:role"), "read as an attribute of"),
        ("urn:ietf:params:scim:schemas:core:2.0", "read as an attribute of"),
    ] {
        let mistakes = apply(&named(urn)).expect_err(urn);
        assert!(mistakes.iter().all(|mistake| mistake.problem.contains(problem)), "{mistakes:#?}");
    }
    for taken in [USER_URN, "urn:ietf:params:scim:schemas:extension:enterprise:2.0user"] {
        let mistakes = apply(&named(taken)).expect_err(taken);
        assert!(
            mistakes.iter().any(|mistake| mistake.problem.contains("there is a schema")),
            "{mistakes:#?}"
        );
    }
}

#[test]
fn resource_types_with_mistakes() {
    let good = || role(&json!([{ "name": "displayName" }, { "name": "on", "type": "boolean" }]));
    let place = "/resourceTypes/0";
    let changed = |pointer: &str, value: Value| with(good(), &format!("{place}{pointer}"), value);
    for (endpoint, problem) in [
        ("/Users", "is that of User"),
        ("/groups", "is that of Group"),
        ("/Bulk", "belongs to the protocol"),
        ("/me", "belongs to the protocol"),
        ("/.search", "is no endpoint"),
        ("Roles", "is no endpoint"),
        ("/a/b", "is no endpoint"),
        ("/", "is no endpoint"),
    ] {
        check(&changed("/endpoint", json!(endpoint)), "Role", problem);
    }
    for name in ["", "My Role", "a.b", "ResourceType", "schema"] {
        assert!(apply(&changed("/name", json!(name))).is_err(), "{name}");
    }
    check(
        &with(good(), "/resourceTypes/0", json!({ "name": "Role", "schema": ROLE })),
        "Role",
        "needs an endpoint and a schema",
    );
    let index = |path: &str| {
        let mut definition = good();
        definition["resourceTypes"][0]["indexed"] = json!([path]);
        definition
    };
    for (path, problem) in [
        ("nope", "no attribute \"nope\""),
        ("displayName[value eq \"a\"]", "no attribute"),
        ("on", "can't be indexed"),
        ("meta.version", "can't be indexed"),
    ] {
        check(&index(path), "Role", problem);
    }
    let twice = good()["resourceTypes"][0].clone();
    check(&with(good(), "/resourceTypes", json!([twice, twice])), "Role", "defined twice");
    let unknown = json!([{ "name": "User", "schemaExtensions": [{ "schema": "urn:x:y:z" }] }]);
    check(&json!({ "resourceTypes": unknown }), "User", "there is no schema urn:x:y:z");
    let again = json!([{ "name": "User", "schemaExtensions": [{ "schema": ENTERPRISE_USER_URN }] }]);
    check(&json!({ "resourceTypes": again }), "User", "defined twice");
    let moved = json!([{ "name": "Group", "endpoint": "/Teams" }]);
    check(&json!({ "resourceTypes": moved }), "Group", "the application brings");
    let unused = json!({ "schemas": [{ "id": ROLE, "attributes": [{ "name": "a" }] }] });
    check(&unused, ROLE, "no resource type has it");
    let secret = json!([{ "name": "pin", "mutability": "writeOnly", "returned": "never" }]);
    let mut definition = role(&secret);
    definition["resourceTypes"][0]["indexed"] = json!(["pin"]);
    check(&definition, "Role", "is a secret");
    let many: Vec<String> = (0..33).map(|number| format!("a{number}")).collect();
    let attributes: Vec<Value> = many.iter().map(|name| json!({ "name": name })).collect();
    let mut definition = role(&json!(attributes));
    definition["resourceTypes"][0]["indexed"] = json!(many);
    check(&definition, "indexed and unique attributes", "32 is the limit");
}

#[test]
fn overrides_with_mistakes() {
    let path = |name: &str| format!("{USER_URN}:{name}");
    for (one, problem) in [
        (json!({ "path": path("nickName") }), "changes nothing"),
        (json!({ "path": "nickName", "required": true }), "brings no schema"),
        (json!({ "path": "[", "required": true }), "no path"),
        (json!({ "path": path("nope"), "required": true }), "has no attribute"),
        (json!({ "path": path("name.nope"), "required": true }), "has no sub-attribute"),
        (json!({ "path": path("userName"), "caseExact": true }), "itself works with"),
        (json!({ "path": path("password"), "returned": "default" }), "itself works with"),
        (json!({ "path": path("active"), "off": true }), "itself works with"),
        (json!({ "path": format!("{GROUP_URN}:members"), "off": true }), "itself works with"),
        (json!({ "path": format!("{GROUP_URN}:displayName"), "off": true }), "required by its application"),
        (json!({ "path": path("title"), "off": true, "required": true }), "off and changed"),
        (json!({ "path": path("name.givenName"), "off": true }), "can't be off"),
        (json!({ "path": path("emails"), "uniqueness": "server" }), "can't be unique"),
        (
            json!({ "path": path("name"), "returned": "never", "mutability": "writeOnly" }),
            "never returned and complex",
        ),
    ] {
        check(&json!({ "overrides": [one] }), "override of", problem);
    }
    let one = json!({ "path": path("title"), "required": true });
    check(&json!({ "overrides": [one, one] }), "title", "given twice");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut definition =
        role(&json!([{ "name": "1a", "requird": true }, { "name": "b", "returned": "never" }]));
    definition["resourceTypes"][0]["endpoint"] = json!("/Users");
    definition["overrides"] = json!([{ "path": format!("{USER_URN}:nope"), "off": true }]);
    let mistakes = apply(&definition).unwrap_err();
    assert_eq!(mistakes.len(), 5, "{mistakes:#?}");
    assert_eq!(mistakes[0].place, "schemas.0.attributes.0.requird");
}

#[test]
fn a_definition_is_shown_as_short_as_it_can_be() {
    let short = role(&json!([{ "name": "a", "type": "complex", "subAttributes": [{ "name": "b" }] }]));
    let short = with(short, "/schemas/0", {
        let mut schema = short_schema();
        schema["attributes"] =
            json!([{ "name": "a", "type": "complex", "subAttributes": [{ "name": "b" }] }]);
        schema
    });
    let definition: Definition = serde_json::from_value(short.clone()).unwrap();
    assert_eq!(definition.to_json(), short);
    assert_eq!(serde_json::from_value::<Definition>(definition.to_json()).unwrap(), definition);
    assert_eq!(Definition::default().to_json(), json!({}));
}

fn short_schema() -> Value {
    json!({ "id": ROLE, "name": "Role", "description": "A role" })
}
