//! Every quirk that the protocol decides: on, it is tolerated and noted; off, it is the RFC's error, which names the
//! switch.

use scim::builtin::{ENTERPRISE_USER_URN, GROUP_URN, USER_URN};
use scim::quirks::{ClientKind, Quirk, Quirks, Tolerance};
use scim::resource::{create, replace};
use scim::{Error, Filter, Patch, PatchRequest};
use serde_json::{Value, json};

use crate::{GROUP, USER, object, peter, refusal};

/// What a client sends.
#[derive(Clone, Debug)]
enum Sent {
    Post(Value),
    Put(Value),
    Filter(&'static str),
    /// Operations on a user who has little.
    Patch(Value),
    /// Operations on a group with the members 1 and 2.
    GroupPatch(Value),
}

fn post(mut members: Value) -> Sent {
    members["userName"] = json!("a");
    Sent::Post(members)
}

fn run(sent: Sent, tolerance: &Tolerance) -> Result<Value, Error> {
    match sent {
        Sent::Post(body) => create(&USER, body, tolerance).map(Value::Object),
        Sent::Put(body) => replace(&USER, &peter(), body, tolerance).map(Value::Object),
        Sent::Filter(text) => {
            Filter::parse(text)?.resolve(&USER, tolerance).map(|filter| json!(filter.matches(&peter())))
        }
        Sent::Patch(operations) => {
            let mut user = object(json!({ "schemas": [USER_URN], "userName": "a" }));
            let request = PatchRequest::parse(&json!({ "Operations": operations }), tolerance)?;
            Patch::resolve(&request, &USER, tolerance)?.apply(&mut user, tolerance)?;
            Ok(Value::Object(user))
        }
        Sent::GroupPatch(operations) => {
            let members = json!([{ "value": "1" }, { "value": "2" }]);
            let mut group = object(json!({ "schemas": [GROUP_URN], "displayName": "G", "members": members }));
            let request = PatchRequest::parse(&json!({ "Operations": operations }), tolerance)?;
            Patch::resolve(&request, &GROUP, tolerance)?.apply(&mut group, tolerance)?;
            Ok(Value::Object(group))
        }
    }
}

/// Tolerated, `sent` comes to `expected` at `pointer`; else it is refused as `keyword`.
#[track_caller]
fn check(quirk: Quirk, sent: Sent, pointer: &str, expected: Value, keyword: &str) {
    let on = Tolerance::of(ClientKind::Entra);
    let result = run(sent.clone(), &on).unwrap_or_else(|error| panic!("{sent:?}: {error}"));
    assert_eq!(result.pointer(pointer).unwrap_or(&Value::Null), &expected, "{sent:?}");
    assert_eq!(on.fired(), Quirks::NONE.with(quirk, true), "{sent:?}");

    let off = Tolerance::new(Quirks::defaults(ClientKind::Entra).with(quirk, false));
    let error = run(sent.clone(), &off).expect_err(&format!("{sent:?}"));
    assert_eq!(refusal(&error), keyword, "{sent:?}: {error}");
    assert!(error.detail.contains(quirk.name()), "{sent:?}: {error}");
}

#[test]
fn string_booleans() {
    let (quirk, keyword) = (Quirk::StringBooleans, "invalidValue");
    check(quirk, post(json!({ "active": "False" })), "/active", json!(false), keyword);
    let roles = json!([{ "value": "x", "primary": "True" }]);
    check(quirk, post(json!({ "roles": roles })), "/roles/0/primary", json!(true), keyword);
    let operations = json!([{ "op": "replace", "path": "active", "value": "tRUE" }]);
    check(quirk, Sent::Patch(operations), "/active", json!(true), keyword);
    check(quirk, Sent::Filter("active eq \"true\""), "", json!(true), "invalidFilter");
    let operations = json!([{ "op": "add", "path": "roles[primary eq \"True\"].value", "value": "x" }]);
    check(quirk, Sent::Patch(operations), "/roles/0/value", json!("x"), "invalidFilter");
}

#[test]
fn capitalized_ops() {
    for op in ["Add", "Replace", "REPLACE"] {
        let operations = json!([{ "op": op, "path": "title", "value": "x" }]);
        check(Quirk::CapitalizedOps, Sent::Patch(operations), "/title", json!("x"), "invalidSyntax");
    }
}

#[test]
fn empty_operations() {
    check(Quirk::EmptyOperations, Sent::Patch(json!([])), "/userName", json!("a"), "invalidSyntax");
}

#[test]
fn removal_by_value_list() {
    for value in [json!([{ "value": "1" }]), json!([{ "$ref": null, "value": "1" }])] {
        let operations = json!([{ "op": "remove", "path": "members", "value": value }]);
        let left = json!([{ "value": "2" }]);
        check(Quirk::RemovalByValueList, Sent::GroupPatch(operations), "/members", left, "invalidValue");
    }
}

#[test]
fn paths_as_names() {
    let employee_number = format!("{ENTERPRISE_USER_URN}:employeeNumber");
    for (name, pointer) in [
        ("name.givenName", "/name/givenName".to_owned()),
        (&employee_number, format!("/{ENTERPRISE_USER_URN}/employeeNumber")),
        ("emails[type eq \"work\"].value", "/emails/0/value".to_owned()),
    ] {
        let operations = json!([{ "op": "add", "value": { name: "x" } }]);
        check(Quirk::PathsAsNames, Sent::Patch(operations), &pointer, json!("x"), "invalidPath");
    }
}

#[test]
fn replace_creates() {
    let operations = json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x" }]);
    check(Quirk::ReplaceCreates, Sent::Patch(operations), "/emails/0/type", json!("work"), "noTarget");
}

#[test]
fn an_add_creates_for_everybody() {
    let operations = json!([{ "op": "add", "path": "emails[type eq \"work\"].value", "value": "x" }]);
    let none = Tolerance::new(Quirks::NONE);
    let user = run(Sent::Patch(operations), &none).unwrap();
    assert_eq!(user["emails"], json!([{ "type": "work", "value": "x" }]));
}

#[test]
fn plain_manager() {
    let pointer = format!("/{ENTERPRISE_USER_URN}/manager/value");
    let path = format!("{ENTERPRISE_USER_URN}:manager");
    for value in [json!("7"), json!([{ "value": "7" }])] {
        let schemas = json!([USER_URN, ENTERPRISE_USER_URN]);
        let body = post(json!({ "schemas": schemas, ENTERPRISE_USER_URN: { "manager": value } }));
        check(Quirk::PlainManager, body, &pointer, json!("7"), "invalidValue");
        let operations = json!([{ "op": "add", "path": path, "value": value }]);
        check(Quirk::PlainManager, Sent::Patch(operations), &pointer, json!("7"), "invalidValue");
    }
}

#[test]
fn empty_manager() {
    let pointer = format!("/{ENTERPRISE_USER_URN}/manager");
    for value in [json!(""), json!({ "value": "" })] {
        let operations = json!([
            { "op": "add", "path": "manager", "value": { "value": "7" } },
            { "op": "replace", "path": "manager", "value": value },
        ]);
        check(Quirk::EmptyManager, Sent::Patch(operations), &pointer, Value::Null, "invalidValue");
    }
}

#[test]
fn loose_values() {
    check(Quirk::LooseValues, post(json!({ "title": ["x"] })), "/title", json!("x"), "invalidValue");
    let email = json!({ "value": "x" });
    check(Quirk::LooseValues, post(json!({ "emails": email })), "/emails", json!([email]), "invalidValue");
    check(Quirk::LooseValues, post(json!({ "emails": ["x"] })), "/emails", json!([email]), "invalidValue");
}

#[test]
fn missing_extension_urns() {
    let pointer = format!("/{ENTERPRISE_USER_URN}/department");
    for schemas in [json!([USER_URN]), Value::Null] {
        let body = post(json!({ "schemas": schemas, ENTERPRISE_USER_URN: { "department": "x" } }));
        check(Quirk::MissingExtensionUrns, body, &pointer, json!("x"), "invalidSyntax");
    }
}

#[test]
fn misspelt_enterprise_urn() {
    let misspelt = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
    let pointer = format!("/{ENTERPRISE_USER_URN}/department");
    let body = post(json!({ "schemas": [USER_URN, misspelt], misspelt: { "department": "x" } }));
    check(Quirk::MisspeltEnterpriseUrn, body, &pointer, json!("x"), "invalidSyntax");
    let operations = json!([{ "op": "add", "path": format!("{misspelt}:department"), "value": "x" }]);
    check(Quirk::MisspeltEnterpriseUrn, Sent::Patch(operations), &pointer, json!("x"), "invalidSyntax");
    let operations = json!([{ "op": "add", "value": { misspelt: { "department": "x" } } }]);
    check(Quirk::MisspeltEnterpriseUrn, Sent::Patch(operations), &pointer, json!("x"), "invalidSyntax");
    let filter = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department eq \"press\"";
    check(Quirk::MisspeltEnterpriseUrn, Sent::Filter(filter), "", json!(true), "invalidSyntax");
}

#[test]
fn read_only_echo() {
    for (name, value) in [
        ("id", json!("7")),
        ("meta", json!({ "resourceType": "User" })),
        ("groups", json!([])),
        ("groups", json!([{ "value": "g" }])),
    ] {
        let expected = peter().get(name).cloned().unwrap_or_default();
        let body = json!({ "userName": "a", "active": true, name: value });
        check(Quirk::ReadOnlyEcho, Sent::Put(body), &format!("/{name}"), expected, "mutability");
        check(
            Quirk::ReadOnlyEcho,
            post(json!({ name: value })),
            &format!("/{name}"),
            Value::Null,
            "mutability",
        );
        let operations = json!([{ "op": "replace", "value": { name: value } }]);
        check(Quirk::ReadOnlyEcho, Sent::Patch(operations), &format!("/{name}"), Value::Null, "mutability");
    }
}

#[test]
fn absent_keeps() {
    let active = |tolerance: &Tolerance| {
        let body = Sent::Put(json!({ "userName": "a" }));
        run(body, tolerance).unwrap().get("active").cloned()
    };
    let on = Tolerance::of(ClientKind::Entra);
    assert_eq!(active(&on), Some(json!(true)));
    assert_eq!(on.fired(), Quirks::NONE.with(Quirk::AbsentKeeps, true));
    assert_eq!(active(&Tolerance::new(Quirks::NONE)), None, "RFC 7644 §3.5.1: it is cleared");
}

#[test]
fn empty_type() {
    let emails = json!([{ "value": "x", "type": "" }]);
    check(
        Quirk::EmptyType,
        post(json!({ "emails": emails })),
        "/emails",
        json!([{ "value": "x" }]),
        "invalidValue",
    );
    let operations = json!([{ "op": "add", "path": "emails", "value": emails }]);
    check(Quirk::EmptyType, Sent::Patch(operations), "/emails", json!([{ "value": "x" }]), "invalidValue");
}

#[test]
fn what_the_rfc_foresees_needs_no_quirk() {
    let none = Tolerance::new(Quirks::NONE);
    let body = json!({
        "schemas": [USER_URN, ENTERPRISE_USER_URN], "userName": "a", "active": true, "title": null, "roles": [],
        "emails": [{ "value": "x", "type": "work", "primary": true }], "unknown": 1,
        ENTERPRISE_USER_URN: { "manager": { "value": "7" } },
    });
    let operations = json!([
        { "op": "replace", "value": { "title": "x", ENTERPRISE_USER_URN: { "department": "y" } } },
        { "op": "remove", "path": "title" },
        { "op": "add", "path": "emails", "value": [{ "value": "z" }] },
        { "op": "replace", "path": "emails[value eq \"z\"].type", "value": "home" },
        { "op": "replace", "path": "manager", "value": { "value": "8" } },
    ]);
    for sent in [Sent::Post(body), Sent::Patch(operations), Sent::Filter("active eq true and title pr")] {
        run(sent.clone(), &none).unwrap_or_else(|error| panic!("{sent:?}: {error}"));
    }
}

#[test]
fn a_name_that_hides_something_is_refused() {
    let none = Tolerance::new(Quirks::NONE);
    for hidden in
        ["\u{0}", "\n", "\u{7f}", "\u{ad}", "\u{200b}", "\u{200d}", "\u{202e}", "\u{2066}", "\u{feff}"]
    {
        let name = format!("ana{hidden}@example.com");
        let error = run(Sent::Post(json!({ "userName": name })), &none).unwrap_err();
        assert_eq!(refusal(&error), "invalidValue", "{hidden:?}");
        assert!(error.detail.contains("userName") && !error.detail.contains("ana"), "{error}");
        let operations = json!([{ "op": "replace", "path": "userName", "value": name }]);
        assert_eq!(refusal(&run(Sent::Patch(operations), &none).unwrap_err()), "invalidValue", "{hidden:?}");
        run(Sent::Post(json!({ "userName": "ana", "displayName": name })), &none).unwrap();
    }
    for name in ["аna@example.com", "Ünïcode Name", "名前@例え.jp", "o'brien+x@example.com"] {
        run(Sent::Post(json!({ "userName": name })), &none).unwrap();
    }
}

#[test]
fn each_quirk_is_documented() {
    let page = include_str!("../../../../docs/connections.md");
    for quirk in Quirk::ALL {
        let row = format!("| `{quirk}` | {} |", quirk.explanation());
        assert!(page.contains(&row), "docs/connections.md lacks: {row}");
    }
}
