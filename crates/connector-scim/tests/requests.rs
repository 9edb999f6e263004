//! The whole of each request, by dialect.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod application;

use application::{Answer, Application, Asked, TOKEN, config, empty, list, scim};
use connector::{Change, ObjectType, Operation, Target};
use connector_scim::{Dialect, ScimTarget};
use scim::path::Path;
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn values(pairs: &[(&str, Value)]) -> Vec<(Path, Value)> {
    pairs.iter().map(|(text, value)| (path(text), value.clone())).collect()
}

fn change(text: &str, before: Value, after: Value) -> Change {
    let some = |value: Value| (!value.is_null()).then_some(value);
    Change::new(path(text), some(before), some(after))
}

fn create(object_type: ObjectType, pairs: &[(&str, Value)]) -> Operation {
    Operation::Create { object_type, values: values(pairs) }
}

fn update(object_type: ObjectType, changes: Vec<Change>) -> Operation {
    Operation::Update { object_type, id: "7".into(), changes }
}

/// Exports an operation, and compares what arrived with the expectation and with the preview.
async fn check(dialect: Dialect, operation: Operation, line: &str, body: Value) {
    let application = Application::answering(scim(200, json!({"id": "7"}))).await;
    let target = application.target(dialect);
    target.export(&operation).await.unwrap();
    let asked = application.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, line.replace(' ', " /scim/v2"));
    assert_eq!(asked[0].body, body);
    let preview = target.preview(&operation);
    assert_eq!(preview.len(), 1);
    assert_eq!(format!("{} {}", preview[0].method, preview[0].path), line);
    assert_eq!(preview[0].body.clone().unwrap_or_default(), body);
    assert!(!format!("{preview:?}").contains(TOKEN));
}

async fn check_patch(dialect: Dialect, changes: Vec<Change>, operations: Value) {
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    check(dialect, update(ObjectType::User, changes), "PATCH /Users/7", body).await;
}

fn new_user() -> Operation {
    create(
        ObjectType::User,
        &[
            ("userName", json!("ana@contoso.com")),
            ("externalId", json!("0a21f0f2")),
            ("active", json!("True")),
            ("name.givenName", json!("Ana")),
            ("name.familyName", json!("Strauß")),
            ("emails[type eq \"work\"].value", json!("ana@contoso.com")),
            ("phoneNumbers[type eq \"mobile\"].value", json!("55555555555")),
            ("addresses[type eq \"work\"].locality", json!("Kraków")),
            ("addresses[type eq \"work\"].region", json!("MA")),
            ("title", Value::Null),
            (&format!("{ENTERPRISE}:department"), json!("Sales")),
            ("urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User:localUsername", json!("ana")),
        ],
    )
}

#[tokio::test]
async fn entra_creates_a_user() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "ana@contoso.com", "externalId": "0a21f0f2", "active": true,
        "name": {"givenName": "Ana", "familyName": "Strauß"},
        "emails": [{"type": "work", "value": "ana@contoso.com", "primary": true}],
        "phoneNumbers": [{"type": "mobile", "value": "55555555555"}],
        "addresses": [{"type": "work", "locality": "Kraków", "region": "MA"}],
        "meta": {"resourceType": "User"}, "roles": [],
        ENTERPRISE: {"department": "Sales"},
        "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User": {"localUsername": "ana"},
    });
    check(Dialect::Entra, new_user(), "POST /Users", body).await;
}

#[tokio::test]
async fn rfc_creates_a_user() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE,
                    "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User"],
        "userName": "ana@contoso.com", "externalId": "0a21f0f2", "active": true,
        "name": {"givenName": "Ana", "familyName": "Strauß"},
        "emails": [{"type": "work", "value": "ana@contoso.com"}],
        "phoneNumbers": [{"type": "mobile", "value": "55555555555"}],
        "addresses": [{"type": "work", "locality": "Kraków", "region": "MA"}],
        ENTERPRISE: {"department": "Sales"},
        "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User": {"localUsername": "ana"},
    });
    check(Dialect::Rfc, new_user(), "POST /Users", body).await;
}

#[tokio::test]
async fn entra_keeps_mapped_roles_and_a_chosen_primary() {
    let operation = create(
        ObjectType::User,
        &[
            ("userName", json!("ana")),
            ("emails[type eq \"work\"].value", json!("w@a.b")),
            ("emails[type eq \"home\"].value", json!("h@a.b")),
            ("emails[type eq \"home\"].primary", json!(true)),
            ("roles[primary eq \"True\"].value", json!("Admin")),
        ],
    );
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE], "userName": "ana",
        "emails": [{"type": "work", "value": "w@a.b"}, {"type": "home", "value": "h@a.b", "primary": true}],
        "meta": {"resourceType": "User"}, "roles": [{"primary": true, "value": "Admin"}],
    });
    check(Dialect::Entra, operation, "POST /Users", body).await;
}

#[tokio::test]
async fn groups_are_created() {
    let operation =
        || create(ObjectType::Group, &[("displayName", json!("Sales")), ("externalId", json!("8aa1"))]);
    let entra = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
                    "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "displayName": "Sales", "externalId": "8aa1", "meta": {"resourceType": "Group"},
    });
    check(Dialect::Entra, operation(), "POST /Groups", entra).await;
    let rfc = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                     "displayName": "Sales", "externalId": "8aa1"});
    check(Dialect::Rfc, operation(), "POST /Groups", rfc).await;
}

fn user_changes() -> Vec<Change> {
    vec![
        change("active", json!(true), json!("False")),
        change("name.familyName", json!("Old"), json!("New")),
        change("emails[type eq \"work\"].value", Value::Null, json!("ana@contoso.com")),
        change("title", json!("Engineer"), Value::Null),
        change(&format!("{ENTERPRISE}:manager"), Value::Null, json!("42")),
    ]
}

#[tokio::test]
async fn entra_changes_a_user() {
    check_patch(
        Dialect::Entra,
        user_changes(),
        json!([
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": "name.familyName", "value": "New"},
            {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "ana@contoso.com"},
            {"op": "Remove", "path": "title"},
            {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "42"},
        ]),
    )
    .await;
    let on = vec![change("active", json!(false), json!(true))];
    check_patch(Dialect::Entra, on, json!([{"op": "Replace", "path": "active", "value": "True"}])).await;
}

#[tokio::test]
async fn rfc_changes_a_user() {
    check_patch(
        Dialect::Rfc,
        user_changes(),
        json!([
            {"op": "replace", "path": "active", "value": false},
            {"op": "replace", "path": "name.familyName", "value": "New"},
            {"op": "add", "path": "emails[type eq \"work\"].value", "value": "ana@contoso.com"},
            {"op": "remove", "path": "title"},
            {"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": {"value": "42"}},
        ]),
    )
    .await;
}

#[tokio::test]
async fn members_are_added_and_removed_one_by_one() {
    let changes = || {
        update(
            ObjectType::Group,
            vec![
                change("members", Value::Null, json!(["1", {"value": "2"}])),
                change("members", json!([{"value": "3"}, "a\"b"]), Value::Null),
            ],
        )
    };
    let message = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let entra = json!([
        {"op": "Add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]},
        {"op": "Remove", "path": "members", "value": [{"value": "3"}, {"value": "a\"b"}]},
    ]);
    check(Dialect::Entra, changes(), "PATCH /Groups/7", message(entra)).await;
    let rfc = json!([
        {"op": "add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]},
        {"op": "remove", "path": "members[value eq \"3\"]"},
        {"op": "remove", "path": "members[value eq \"a\\\"b\"]"},
    ]);
    check(Dialect::Rfc, changes(), "PATCH /Groups/7", message(rfc)).await;
}

#[tokio::test]
async fn objects_are_deleted() {
    for dialect in [Dialect::Rfc, Dialect::Entra] {
        let operation = Operation::Delete { object_type: ObjectType::User, id: "a/../b c".into() };
        check(dialect, operation, "DELETE /Users/a%2F..%2Fb%20c", Value::Null).await;
    }
}

async fn check_find(dialect: Dialect, object_type: ObjectType, attribute: &str, value: &str, line: &str) {
    let application = Application::answering(list(&[json!({"id": "7"})])).await;
    let found = application.target(dialect).find(object_type, &path(attribute), value).await.unwrap();
    assert_eq!(found[0].id, "7");
    assert_eq!(application.asked()[0].line, line);
}

#[tokio::test]
async fn filters_are_encoded() {
    use Dialect::{Entra, Rfc};
    use ObjectType::{Group, User};
    for dialect in [Rfc, Entra] {
        check_find(
            dialect,
            User,
            "userName",
            "d'arcy+\"\\é@contoso.com",
            "GET /scim/v2/Users?filter=userName%20eq%20%22d%27arcy%2B%5C%22%5C%5C%C3%A9%40contoso.com%22",
        )
        .await;
        check_find(
            dialect,
            Group,
            "displayName",
            "R&D",
            "GET /scim/v2/Groups?excludedAttributes=members&filter=displayName%20eq%20%22R%26D%22",
        )
        .await;
    }
    let work = "emails[type eq \"work\"].value";
    check_find(
        Entra,
        User,
        work,
        "x",
        "GET /scim/v2/Users?filter=emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22x%22",
    )
    .await;
    check_find(
        Rfc,
        User,
        work,
        "x",
        "GET /scim/v2/Users?filter=emails%5Btype%20eq%20%22work%22%20and%20value%20eq%20%22x%22%5D",
    )
    .await;
}

#[tokio::test]
async fn one_object_is_read_without_members() {
    let application = Application::answering(scim(200, json!({"id": "7"}))).await;
    let target = application.target(Dialect::Entra);
    for object_type in [ObjectType::User, ObjectType::Group] {
        target.get(object_type, "7").await.unwrap();
    }
    let lines: Vec<String> = application.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(lines, ["GET /scim/v2/Users/7", "GET /scim/v2/Groups/7?excludedAttributes=members"]);
}

/// A list of three, of which a page holds at most two.
fn short_pages(asked: &Asked) -> Answer {
    let from = asked.line.split("startIndex=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let from: usize = from.parse().unwrap();
    let page: Vec<Value> = (from..=3).take(2).map(|n| json!({ "id": n.to_string() })).collect();
    scim(200, json!({ "totalResults": 3, "startIndex": from, "Resources": page }))
}

#[tokio::test]
async fn everybody_is_listed_in_pages_as_okta_imports() {
    let application = Application::deciding(short_pages).await;
    let target = application.target(Dialect::Entra);
    for object_type in [ObjectType::User, ObjectType::Group] {
        let first = target.list(object_type, 1).await.unwrap();
        assert_eq!((first.objects.len(), first.next), (2, Some(3)));
        let last = target.list(object_type, 3).await.unwrap();
        assert_eq!((&*last.objects[0].id, last.objects.len(), last.next), ("3", 1, None));
    }
    let lines: Vec<String> = application.asked().into_iter().map(|asked| asked.line).collect();
    let groups = "GET /scim/v2/Groups?excludedAttributes=members&startIndex=";
    let expected = [
        "GET /scim/v2/Users?startIndex=1&count=100".to_owned(),
        "GET /scim/v2/Users?startIndex=3&count=100".to_owned(),
        format!("{groups}1&count=100"),
        format!("{groups}3&count=100"),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_list_that_says_there_is_more_and_has_nobody_ends() {
    let endless = scim(200, json!({ "totalResults": 1_000_000, "Resources": [] }));
    let application = Application::answering(endless).await;
    let page = application.target(Dialect::Rfc).list(ObjectType::User, 1).await.unwrap();
    assert_eq!((page.objects.len(), page.next), (0, None));
}

#[tokio::test]
async fn every_request_bears_token_and_media_types() {
    let application = Application::answering(scim(200, json!({"id": "7"}))).await;
    let target = application.target(Dialect::Entra);
    target.get(ObjectType::User, "7").await.unwrap();
    target.export(&new_user()).await.unwrap();
    for asked in application.asked() {
        assert_eq!(asked.headers["authorization"], format!("Bearer {TOKEN}"));
        assert_eq!(asked.headers["accept"], "application/scim+json, application/json");
        assert!(asked.headers["user-agent"].to_str().unwrap().starts_with("Rollcall/"));
        let content_type = asked.headers.get("content-type").map(|value| value.to_str().unwrap());
        assert_eq!(content_type, asked.line.starts_with("POST").then_some("application/scim+json"));
    }
}

#[tokio::test]
async fn a_behaviour_flag_in_the_tenant_url_goes_with_every_request() {
    let application = Application::answering(list(&[])).await;
    let url = format!("{}?aadOptscim062020", application.url);
    let target = ScimTarget::new(config(&url, Dialect::Entra)).unwrap();
    target.find(ObjectType::User, &path("userName"), "x").await.unwrap();
    let deletion = Operation::Delete { object_type: ObjectType::User, id: "7".into() };
    target.export(&deletion).await.unwrap();
    let lines: Vec<String> = application.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(
        lines,
        [
            "GET /scim/v2/Users?filter=userName%20eq%20%22x%22&aadOptscim062020",
            "DELETE /scim/v2/Users/7?aadOptscim062020"
        ]
    );
    assert_eq!(target.preview(&deletion)[0].path, "/Users/7?aadOptscim062020");
}

#[tokio::test]
async fn the_test_asks_for_nobody() {
    let application = Application::answering(list(&[])).await;
    let users_only = application.target(Dialect::Entra);
    users_only.test("9edf3db5").await.unwrap();
    let mut with_groups = config(&application.url, Dialect::Entra);
    with_groups.groups = true;
    ScimTarget::new(with_groups).unwrap().test("9edf3db5").await.unwrap();
    let lines: Vec<String> = application.asked().into_iter().map(|asked| asked.line).collect();
    let users = "GET /scim/v2/Users?filter=userName%20eq%20%229edf3db5%22";
    let groups = "GET /scim/v2/Groups?excludedAttributes=members&filter=displayName%20eq%20%229edf3db5%22";
    assert_eq!(lines, [users, users, groups]);
}

#[tokio::test]
async fn an_answer_without_body_is_enough_for_a_change() {
    let application = Application::answering(empty(204)).await;
    let changes = update(ObjectType::User, vec![change("title", Value::Null, json!("x"))]);
    let changed = application.target(Dialect::Rfc).export(&changes).await.unwrap();
    assert_eq!((&*changed.id, changed.document.is_empty()), ("7", true));
}
