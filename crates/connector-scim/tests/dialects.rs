//! What each dialect sends, request by request and whole.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod application;

use application::{Answer, Application, Asked, TOKEN, empty, list, scim};
use connector::{Change, ObjectType, Operation, Target};
use connector_scim::Dialect::{self, Entra, Entra2020, OktaAiw, OktaOin, OktaOinPatch, Rfc};
use scim::path::Path;
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const WORK: &str = "emails[type eq \"work\"].value";
const ALL: [Dialect; 6] = [Rfc, Entra, Entra2020, OktaAiw, OktaOin, OktaOinPatch];

fn change(text: &str, before: Value, after: Value) -> Change {
    let some = |value: Value| (!value.is_null()).then_some(value);
    Change::new(Path::parse(text).unwrap(), some(before), some(after))
}

fn manager() -> String {
    format!("{ENTERPRISE}:manager")
}

/// The user 7 and the group 9 as the application holds them.
fn held(asked: &Asked) -> Answer {
    match (asked.line.split(' ').next().unwrap(), asked.line.contains("/Groups")) {
        ("GET", false) => scim(200, user()),
        ("GET", true) => scim(200, group()),
        ("POST", _) => scim(201, json!({"id": "7"})),
        ("PUT", _) => scim(200, json!({"id": "7"})),
        _ => empty(204),
    }
}

fn user() -> Value {
    json!({"schemas": [USER, ENTERPRISE], "id": "7", "userName": "ana", "active": true, "title": "Engineer",
        "name": {"givenName": "Ana", "familyName": "Old"},
        "emails": [{"type": "work", "value": "old@contoso.com", "primary": true}],
        "groups": [{"value": "9"}], "seat": "4C",
        ENTERPRISE: {"department": "Sales", "manager": {"value": "41", "displayName": "Mo"}},
        "meta": {"resourceType": "User", "version": "W/\"3\""}})
}

fn group() -> Value {
    json!({"schemas": [GROUP], "id": "9", "displayName": "Sales", "meta": {"resourceType": "Group"},
        "members": [{"value": "1", "display": "ana", "$ref": "https://a.example/Users/1", "type": "User"},
                    {"value": "2", "display": null}]})
}

/// A resource with some members set, and others taken out where they are null.
fn with(mut resource: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        resource[name] = value.clone();
    }
    resource
}

/// Exports, and compares every request with what is expected; the previews' methods and paths, and the bodies of those
/// that are known beforehand, are the same.
async fn check(dialect: Dialect, operation: &Operation, expected: &[(&str, Value)]) {
    let application = Application::deciding(held).await;
    let target = application.target(dialect);
    let preview = target.preview(operation);
    target.export(operation).await.unwrap();
    let asked: Vec<(String, Value)> =
        application.asked().into_iter().map(|asked| (asked.short(), asked.body)).collect();
    let expected: Vec<(String, Value)> =
        expected.iter().map(|(line, body)| ((*line).to_owned(), body.clone())).collect();
    assert_eq!(asked, expected, "{dialect:?}");
    let shown = preview.iter().map(|request| format!("{} {}", request.method, request.path));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        asked.iter().map(|(line, _)| line.clone()).collect::<Vec<_>>(),
        "{dialect:?}"
    );
    for (request, (_, body)) in preview.iter().zip(&asked).filter(|(request, _)| request.note.is_none()) {
        assert_eq!(&request.body.clone().unwrap_or_default(), body, "{dialect:?}");
    }
    assert!(!format!("{preview:?}").contains(TOKEN));
}

async fn check_user(dialect: Dialect, changes: &[Change], expected: &[(&str, Value)]) {
    let (object_type, id) = (ObjectType::User, "7".to_owned());
    check(dialect, &Operation::Update { object_type, id, changes: changes.to_vec() }, expected).await;
}

async fn check_group(dialect: Dialect, changes: &[Change], expected: &[(&str, Value)]) {
    let (object_type, id) = (ObjectType::Group, "9".to_owned());
    check(dialect, &Operation::Update { object_type, id, changes: changes.to_vec() }, expected).await;
}

/// A PATCH of user 7 with these operations.
fn patch(operations: Value) -> (&'static str, Value) {
    ("PATCH /Users/7", message(operations))
}

fn patch_group(operations: Value) -> (&'static str, Value) {
    ("PATCH /Groups/9", message(operations))
}

fn message(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// A GET and a PUT of user 7, which is as it was but for these members.
fn put(members: Value) -> [(&'static str, Value); 2] {
    [("GET /Users/7", Value::Null), ("PUT /Users/7", with(user(), members))]
}

/// A GET and a PUT of group 9.
fn put_group(members: Value) -> [(&'static str, Value); 2] {
    let bare = json!({"schemas": [GROUP], "id": "9", "displayName": "Sales",
        "members": [{"value": "1", "display": "ana"}, {"value": "2", "display": null}]});
    [("GET /Groups/9", Value::Null), ("PUT /Groups/9", with(bare, members))]
}

fn values(pairs: &[(&str, Value)]) -> Vec<(Path, Value)> {
    pairs.iter().map(|(text, value)| (Path::parse(text).unwrap(), value.clone())).collect()
}

#[tokio::test]
async fn a_user_is_created() {
    let department = format!("{ENTERPRISE}:department");
    let pairs = [
        ("userName", json!("ana@contoso.com")),
        ("externalId", json!("00ujl29u")),
        ("active", json!("True")),
        ("name.familyName", json!("Strauß")),
        (WORK, json!("ana@contoso.com")),
        ("phoneNumbers[type eq \"work\"].value", json!("555")),
        (&department, json!("Sales")),
    ];
    let operation = Operation::Create { object_type: ObjectType::User, values: values(&pairs) };
    let okta = json!({
        "schemas": [USER, ENTERPRISE], "userName": "ana@contoso.com", "externalId": "00ujl29u", "active": true,
        "name": {"familyName": "Strauß"}, "groups": [],
        "emails": [{"type": "work", "value": "ana@contoso.com", "primary": true}],
        "phoneNumbers": [{"type": "work", "value": "555", "primary": true}],
        ENTERPRISE: {"department": "Sales"},
    });
    for dialect in [OktaAiw, OktaOin, OktaOinPatch] {
        check(dialect, &operation, &[("POST /Users", okta.clone())]).await;
    }
    let entra = json!({
        "schemas": [USER, ENTERPRISE], "userName": "ana@contoso.com", "externalId": "00ujl29u", "active": true,
        "name": {"familyName": "Strauß"}, "roles": [], "meta": {"resourceType": "User"},
        "emails": [{"type": "work", "value": "ana@contoso.com", "primary": true}],
        "phoneNumbers": [{"type": "work", "value": "555"}],
        ENTERPRISE: {"department": "Sales"},
    });
    for dialect in [Entra, Entra2020] {
        check(dialect, &operation, &[("POST /Users", entra.clone())]).await;
    }
}

#[tokio::test]
async fn okta_creates_a_user_without_a_password_and_active() {
    let operation =
        Operation::Create { object_type: ObjectType::User, values: values(&[("userName", json!("ana"))]) };
    let body = json!({"schemas": [USER], "userName": "ana", "active": true, "groups": []});
    check(OktaAiw, &operation, &[("POST /Users", body)]).await;
}

#[tokio::test]
async fn one_attribute_is_updated() {
    let changes = [change("title", json!("Engineer"), json!("Chief"))];
    let at_path = |op: &str| patch(json!([{"op": op, "path": "title", "value": "Chief"}]));
    check_user(Rfc, &changes, &[at_path("replace")]).await;
    check_user(Entra, &changes, &[at_path("Replace")]).await;
    check_user(Entra2020, &changes, &[at_path("replace")]).await;
    check_user(OktaAiw, &changes, &put(json!({"title": "Chief"}))).await;
    check_user(OktaOin, &changes, &put(json!({"title": "Chief"}))).await;
    let pathless = json!([{"op": "replace", "value": {"title": "Chief"}}]);
    check_user(OktaOinPatch, &changes, &[patch(pathless)]).await;
}

#[tokio::test]
async fn several_attributes_are_updated() {
    let number = format!("{ENTERPRISE}:employeeNumber");
    let changes = [
        change("title", json!("Engineer"), json!("Chief")),
        change("name.familyName", json!("Old"), json!("New")),
        change(WORK, json!("old@contoso.com"), json!("new@contoso.com")),
        change("nickName", Value::Null, json!("Babs")),
        change(&number, json!("1"), json!("2")),
    ];
    let one_each = |add: &str, replace: &str| {
        patch(json!([
            {"op": replace, "path": "title", "value": "Chief"},
            {"op": replace, "path": "name.familyName", "value": "New"},
            {"op": replace, "path": WORK, "value": "new@contoso.com"},
            {"op": add, "path": "nickName", "value": "Babs"},
            {"op": replace, "path": number, "value": "2"},
        ]))
    };
    check_user(Rfc, &changes, &[one_each("add", "replace")]).await;
    check_user(Entra, &changes, &[one_each("Add", "Replace")]).await;
    let combined = json!([
        {"op": "replace", "path": WORK, "value": "new@contoso.com"},
        {"op": "add", "path": "nickName", "value": "Babs"},
        {"op": "replace", "value": {"title": "Chief", "name.familyName": "New", number.as_str(): "2"}},
    ]);
    check_user(Entra2020, &changes, &[patch(combined)]).await;
    let merged = json!({"title": "Chief", "name": {"givenName": "Ana", "familyName": "New"}, "nickName": "Babs",
        "emails": [{"type": "work", "value": "new@contoso.com", "primary": true}],
        ENTERPRISE: {"department": "Sales", "employeeNumber": "2",
                     "manager": {"value": "41", "displayName": "Mo"}}});
    check_user(OktaAiw, &changes, &put(merged.clone())).await;
    check_user(OktaOin, &changes, &put(merged)).await;
    let pathless = json!([
        {"op": "replace", "value": {"title": "Chief", "name": {"familyName": "New"}, "nickName": "Babs",
                                    ENTERPRISE: {"employeeNumber": "2"}}},
        {"op": "replace", "path": WORK, "value": "new@contoso.com"},
    ]);
    check_user(OktaOinPatch, &changes, &[patch(pathless)]).await;
}

/// Strict service providers refuse a value path that selects nothing (`noTarget`), so what is not there is added to its
/// list, whole. Entra writes to the path all the same.
#[tokio::test]
async fn elements_that_are_not_there_are_added() {
    let added = |text: &str, after: Value| Change { adds_element: true, ..change(text, Value::Null, after) };
    let (city, region) = ("addresses[type eq \"work\"].locality", "addresses[type eq \"work\"].region");
    let (phone, mobile) = ("phoneNumbers[type eq \"work\"].value", "phoneNumbers[type eq \"mobile\"].value");
    let desk = "urn:example:2.0:User:desks[floor eq 4 and side eq \"north\"].name";
    let changes = [
        added(city, json!("Omaha")),
        change("title", json!("Engineer"), json!("Chief")),
        added(phone, json!("555")),
        added(region, json!("NE")),
        change("emails[type eq \"work\"].display", Value::Null, json!("Ana")),
        added(mobile, json!("777")),
        added(desk, json!("4C")),
    ];
    let title = json!({"op": "replace", "path": "title", "value": "Chief"});
    let addresses = json!({"op": "add", "path": "addresses",
        "value": [{"type": "work", "locality": "Omaha", "region": "NE"}]});
    let phones = json!({"op": "add", "path": "phoneNumbers",
        "value": [{"type": "work", "value": "555"}, {"type": "mobile", "value": "777"}]});
    let display = json!({"op": "add", "path": "emails[type eq \"work\"].display", "value": "Ana"});
    let desks = json!({"op": "add", "path": "urn:example:2.0:User:desks",
        "value": [{"floor": 4, "side": "north", "name": "4C"}]});
    check_user(Rfc, &changes, &[patch(json!([addresses, title, phones, display, desks]))]).await;
    let pathless = json!({"op": "replace", "value": {"title": "Chief"}});
    check_user(OktaOinPatch, &changes, &[patch(json!([pathless, addresses, phones, display, desks]))]).await;
    let entra = [added(phone, json!("555")), added(city, json!("Omaha"))];
    let at_path = |op: &str| {
        patch(json!([{"op": op, "path": phone, "value": "555"}, {"op": op, "path": city, "value": "Omaha"}]))
    };
    check_user(Entra, &entra, &[at_path("Add")]).await;
    check_user(Entra2020, &entra, &[at_path("add")]).await;
}

#[tokio::test]
async fn an_attribute_is_cleared() {
    let changes =
        [change("title", json!("Engineer"), Value::Null), change(WORK, json!("a@b.c"), Value::Null)];
    let removed = |op: &str| patch(json!([{"op": op, "path": "title"}, {"op": op, "path": WORK}]));
    check_user(Rfc, &changes, &[removed("remove")]).await;
    check_user(Entra, &changes, &[removed("Remove")]).await;
    check_user(Entra2020, &changes, &[removed("remove")]).await;
    let emptied = json!({"title": "", "emails": []});
    check_user(OktaAiw, &changes, &put(emptied.clone())).await;
    check_user(OktaOin, &changes, &put(emptied)).await;
    let patched = json!([{"op": "replace", "value": {"title": ""}}, {"op": "remove", "path": WORK}]);
    check_user(OktaOinPatch, &changes, &[patch(patched)]).await;
}

#[tokio::test]
async fn a_user_is_disabled_and_enabled() {
    for (text, active) in [("False", false), ("True", true)] {
        let changes = [change("active", json!(!active), json!(text))];
        let at_path = |op: &str, value: Value| patch(json!([{"op": op, "path": "active", "value": value}]));
        check_user(Rfc, &changes, &[at_path("replace", json!(active))]).await;
        check_user(Entra, &changes, &[at_path("Replace", json!(text))]).await;
        check_user(Entra2020, &changes, &[at_path("replace", json!(active))]).await;
        check_user(OktaAiw, &changes, &put(json!({"active": active}))).await;
        let pathless = patch(json!([{"op": "replace", "value": {"active": active}}]));
        check_user(OktaOin, &changes, std::slice::from_ref(&pathless)).await;
        check_user(OktaOinPatch, &changes, &[pathless]).await;
    }
}

#[tokio::test]
async fn okta_switches_active_before_it_writes_the_profile() {
    let changes =
        [change("title", json!("Engineer"), json!("Chief")), change("active", json!(true), json!(false))];
    let active = patch(json!([{"op": "replace", "value": {"active": false}}]));
    let [get, put] = put(json!({"title": "Chief"}));
    check_user(OktaOin, &changes, &[active.clone(), get, put]).await;
    let title = patch(json!([{"op": "replace", "value": {"title": "Chief"}}]));
    check_user(OktaOinPatch, &changes, &[active, title]).await;
}

#[tokio::test]
async fn objects_are_deleted() {
    for dialect in ALL {
        let user = Operation::Delete { object_type: ObjectType::User, id: "7".into() };
        check(dialect, &user, &[("DELETE /Users/7", Value::Null)]).await;
        let group = Operation::Delete { object_type: ObjectType::Group, id: "9".into() };
        check(dialect, &group, &[("DELETE /Groups/9", Value::Null)]).await;
    }
}

#[tokio::test]
async fn a_manager_is_set() {
    let path = manager();
    let changes = [change(&path, Value::Null, json!("42"))];
    let added = |op: &str, value: Value| patch(json!([{"op": op, "path": path, "value": value}]));
    check_user(Rfc, &changes, &[added("add", json!({"value": "42"}))]).await;
    check_user(Entra, &changes, &[added("Add", json!("42"))]).await;
    check_user(Entra2020, &changes, &[added("add", json!("42"))]).await;
    let merged = json!({ENTERPRISE: {"department": "Sales", "manager": {"value": "42"}}});
    check_user(OktaAiw, &changes, &put(merged.clone())).await;
    check_user(OktaOin, &changes, &put(merged)).await;
    let pathless = json!([{"op": "replace", "value": {ENTERPRISE: {"manager": {"value": "42"}}}}]);
    check_user(OktaOinPatch, &changes, &[patch(pathless)]).await;
}

#[tokio::test]
async fn a_manager_is_removed() {
    let path = manager();
    let changes = [change(&path, json!({"value": "41"}), Value::Null)];
    let removed = |op: &str| patch(json!([{"op": op, "path": path}]));
    check_user(Rfc, &changes, &[removed("remove")]).await;
    check_user(Entra, &changes, &[removed("Remove")]).await;
    check_user(Entra2020, &changes, &[removed("remove")]).await;
    let merged = json!({ENTERPRISE: {"department": "Sales", "manager": {"value": ""}}});
    check_user(OktaAiw, &changes, &put(merged.clone())).await;
    check_user(OktaOin, &changes, &put(merged)).await;
    let pathless = json!([{"op": "replace", "value": {ENTERPRISE: {"manager": {"value": ""}}}}]);
    check_user(OktaOinPatch, &changes, &[patch(pathless)]).await;
}

#[tokio::test]
async fn the_role_of_a_single_assignment_is_json_in_a_text_without_the_flag() {
    let part = |sub: &str, value: &str| {
        change(&format!("roles[primary eq \"True\"].{sub}"), Value::Null, json!(value))
    };
    let changes =
        [part("display", "Role1234"), part("type", "WindowsAzureActiveDirectoryRole"), part("value", "25")];
    let text = "{\"value\":\"25\",\"displayName\":\"Role1234\"}";
    let added = json!([{"op": "Add", "path": "roles", "value": [{"value": text}]}]);
    check_user(Entra, &changes, &[patch(added)]).await;
    let in_post = json!([
        {"op": "add", "path": "roles[primary eq \"True\"].display", "value": "Role1234"},
        {"op": "add", "path": "roles[primary eq \"True\"].type", "value": "WindowsAzureActiveDirectoryRole"},
        {"op": "add", "path": "roles[primary eq \"True\"].value", "value": "25"},
    ]);
    check_user(Entra2020, &changes, &[patch(in_post)]).await;
}

#[tokio::test]
async fn complex_roles_are_added_and_assertive_ones_replaced() {
    let complex = json!([{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "displayName": "Admin",
                          "id": "06b0", "value": "25"}]);
    let changes = [change("roles", json!([{"value": "24"}]), complex.clone())];
    let text = "{\"id\":\"06b0\",\"value\":\"25\",\"displayName\":\"Admin\"}";
    let added = json!([{"op": "Add", "path": "roles", "value": [{"value": text}]}]);
    check_user(Entra, &changes, &[patch(added)]).await;
    let same = json!([{"op": "replace", "path": "roles", "value": complex}]);
    check_user(Entra2020, &changes, &[patch(same)]).await;

    let assertive = json!([{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "Admin",
                            "value": "25"}]);
    let changes = [change("roles", json!([{"value": "24"}]), assertive.clone())];
    let replaced = json!([{"op": "replace", "path": "roles", "value": assertive}]);
    for dialect in [Entra, Entra2020] {
        check_user(dialect, &changes, &[patch(replaced.clone())]).await;
    }
}

#[tokio::test]
async fn a_group_is_created() {
    let operation = Operation::Create {
        object_type: ObjectType::Group,
        values: values(&[("displayName", json!("Sales"))]),
    };
    let okta = json!({"schemas": [GROUP], "displayName": "Sales", "members": []});
    for dialect in [OktaAiw, OktaOin, OktaOinPatch] {
        check(dialect, &operation, &[("POST /Groups", okta.clone())]).await;
    }
    let entra = json!({"schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "displayName": "Sales", "meta": {"resourceType": "Group"}});
    check(Entra2020, &operation, &[("POST /Groups", entra)]).await;
}

#[tokio::test]
async fn a_group_is_renamed() {
    let changes = [change("displayName", json!("Sales"), json!("Sellers"))];
    let at_path = |op: &str| patch_group(json!([{"op": op, "path": "displayName", "value": "Sellers"}]));
    check_group(Rfc, &changes, &[at_path("replace")]).await;
    check_group(Entra, &changes, &[at_path("Replace")]).await;
    check_group(Entra2020, &changes, &[at_path("replace")]).await;
    check_group(OktaAiw, &changes, &put_group(json!({"displayName": "Sellers"}))).await;
    let named = json!([{"op": "replace", "value": {"id": "9", "displayName": "Sellers"}}]);
    check_group(OktaOin, &changes, &[patch_group(named.clone())]).await;
    check_group(OktaOinPatch, &changes, &[patch_group(named)]).await;
}

#[tokio::test]
async fn members_are_added_and_removed() {
    let changes = [
        change("members", json!(["2"]), Value::Null),
        change("members", Value::Null, json!([{"value": "3", "display": "cyd"}, "1"])),
    ];
    let added = json!([{"value": "3", "display": "cyd"}, {"value": "1"}]);
    let entra = json!([{"op": "Remove", "path": "members", "value": [{"value": "2"}]},
                       {"op": "Add", "path": "members", "value": added}]);
    check_group(Entra, &changes, &[patch_group(entra)]).await;
    let by_path = json!([{"op": "remove", "path": "members[value eq \"2\"]"},
                         {"op": "add", "path": "members", "value": added}]);
    for dialect in [Rfc, Entra2020] {
        check_group(dialect, &changes, &[patch_group(by_path.clone())]).await;
    }
    // Okta says the name whenever it changes members.
    let name = patch_group(json!([{"op": "replace", "value": {"id": "9", "displayName": "Sales"}}]));
    for dialect in [OktaOin, OktaOinPatch] {
        let expected = [("GET /Groups/9", Value::Null), name.clone(), patch_group(by_path.clone())];
        check_group(dialect, &changes, &expected).await;
    }
    let full = json!({"members": [{"value": "1", "display": "ana"}, {"value": "3", "display": "cyd"}]});
    check_group(OktaAiw, &changes, &put_group(full)).await;
}

#[tokio::test]
async fn a_new_name_goes_before_the_members() {
    let changes = [
        change("members", Value::Null, json!(["3"])),
        change("displayName", json!("Sales"), json!("Sellers")),
    ];
    let named = patch_group(json!([{"op": "replace", "value": {"id": "9", "displayName": "Sellers"}}]));
    let added = patch_group(json!([{"op": "add", "path": "members", "value": [{"value": "3"}]}]));
    check_group(OktaOin, &changes, &[named, added.clone()]).await;
    let named = patch_group(json!([{"op": "replace", "path": "displayName", "value": "Sellers"}]));
    check_group(Rfc, &changes, &[named, added]).await;
}

#[tokio::test]
async fn all_members_are_replaced() {
    for all in [json!([{"value": "5"}]), json!([])] {
        let changes = [change("members", json!(["1", "2"]), all.clone())];
        let replaced = |op: &str| patch_group(json!([{"op": op, "path": "members", "value": all}]));
        check_group(Rfc, &changes, &[replaced("replace")]).await;
        check_group(Entra, &changes, &[replaced("Replace")]).await;
        check_group(Entra2020, &changes, &[replaced("replace")]).await;
        let name = patch_group(json!([{"op": "replace", "value": {"id": "9", "displayName": "Sales"}}]));
        let expected = [("GET /Groups/9", Value::Null), name, replaced("replace")];
        check_group(OktaOin, &changes, &expected).await;
        check_group(OktaAiw, &changes, &put_group(json!({"members": all}))).await;
    }
}

#[tokio::test]
async fn queries_are_those_of_the_client() {
    let application = Application::answering(list(&[json!({"id": "7"})])).await;
    let name = Path::parse("userName").unwrap();
    let display_name = Path::parse("displayName").unwrap();
    let okta = [
        "GET /Users?filter=userName%20eq%20%22ana%40contoso.com%22&startIndex=1&count=100",
        "GET /Groups?filter=displayName%20eq%20%22Sales%22&startIndex=1&count=100",
        "GET /Groups/9",
    ];
    let entra = [
        "GET /Users?filter=userName%20eq%20%22ana%40contoso.com%22",
        "GET /Groups?excludedAttributes=members&filter=displayName%20eq%20%22Sales%22",
        "GET /Groups/9?excludedAttributes=members",
    ];
    for (dialect, expected) in
        [(OktaAiw, okta), (OktaOin, okta), (OktaOinPatch, okta), (Entra2020, entra), (Rfc, entra)]
    {
        let target = application.target(dialect);
        target.find(ObjectType::User, &name, "ana@contoso.com").await.unwrap();
        target.find(ObjectType::Group, &display_name, "Sales").await.unwrap();
        let _ = target.get(ObjectType::Group, "9").await;
        let lines: Vec<String> = application.asked().iter().map(Asked::short).collect();
        assert_eq!(lines, expected, "{dialect:?}");
    }
}

#[tokio::test]
async fn okta_tests_a_connection_with_two_users() {
    let application = Application::answering(list(&[])).await;
    application.target(OktaOin).test("9edf3db5").await.unwrap();
    let lines: Vec<String> = application.asked().iter().map(Asked::short).collect();
    let nobody = "GET /Users?filter=userName%20eq%20%229edf3db5%22&startIndex=1&count=100";
    assert_eq!(lines, ["GET /Users?startIndex=1&count=2", nobody]);
}

#[tokio::test]
async fn oktas_headers_are_sent_under_our_own_name() {
    let application = Application::deciding(held).await;
    let changes = vec![change("title", json!("Engineer"), json!("Chief"))];
    let operation = Operation::Update { object_type: ObjectType::User, id: "7".into(), changes };
    application.target(OktaAiw).export(&operation).await.unwrap();
    for asked in application.asked() {
        assert_eq!(asked.headers["accept"], "application/scim+json");
        assert_eq!(asked.headers["accept-charset"], "utf-8");
        assert!(asked.headers["user-agent"].to_str().unwrap().starts_with("Rollcall/"));
        let content_type = asked.headers.get("content-type").map(|value| value.to_str().unwrap());
        let is_put = asked.line.starts_with("PUT");
        assert_eq!(content_type, is_put.then_some("application/scim+json; charset=utf-8"));
    }
}

#[tokio::test]
async fn a_group_comes_without_members_whatever_is_answered() {
    for dialect in [Rfc, OktaAiw] {
        let application = Application::deciding(held).await;
        let target = application.target(dialect);
        let group = target.get(ObjectType::Group, "9").await.unwrap().unwrap();
        assert!(!group.document.contains_key("members"));
        let excludes = target.capabilities().unwrap().excluded_attributes;
        assert_eq!(excludes.on, dialect == OktaAiw, "Okta does not ask for it: {excludes:?}");
    }
}

#[tokio::test]
async fn a_plan_says_what_is_not_known_yet() {
    let application = Application::deciding(held).await;
    let target = application.target(OktaAiw);
    let changes =
        vec![change("members", json!(["2"]), Value::Null), change("members", Value::Null, json!(["3"]))];
    let operation = Operation::Update { object_type: ObjectType::Group, id: "9".into(), changes };
    let preview = target.preview(&operation);
    assert_eq!(preview[0].note, None);
    let note = preview[1].note.clone().unwrap();
    assert_eq!(note, "everything else is sent back as GET answers it, without the members 2");
    assert_eq!(preview[1].body, Some(json!({"schemas": [GROUP], "members": [{"value": "3"}]})));
    assert!(application.asked().is_empty(), "a preview asks nothing");
}
