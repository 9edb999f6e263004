//! Each sequence of requests that Okta sends, by the kind of its application. Its published suites are here and in `okta`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::replay::{Replay, Sender, holds};
use crate::support::{ENTERPRISE, GROUP, LIST, USER};

fn assigned() -> Value {
    json!({
        "schemas": [USER], "userName": "test.user@okta.local", "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": "test.user@okta.local", "type": "work" }], "displayName": "Test User",
        "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [], "password": "1mz050nq", "active": true,
    })
}

/// Looks a user up, as Okta does before it creates or links one.
async fn lookup(okta: &Replay) -> Vec<Value> {
    let query = "/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100";
    let answer = okta.get(query).await.expect(StatusCode::OK);
    let total = answer.body["totalResults"].as_u64().unwrap();
    answer.listed(total)
}

/// GET, merge, PUT: how applications without PATCH change a user.
async fn echo(okta: &Replay, path: &str, changes: Value) -> Value {
    let mut user = okta.get(path).await.expect(StatusCode::OK).body;
    user.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    okta.put(path, user).await.expect(StatusCode::OK).body
}

#[tokio::test]
async fn test_connector_configuration() {
    let okta = Replay::of(Sender::Okta).await;
    for path in ["/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"] {
        let answer = okta.get(path).await.expect(StatusCode::OK);
        let empty = json!({ "schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [] });
        assert_eq!(answer.body, empty);
    }
}

#[tokio::test]
async fn lookups_in_every_encoding() {
    let okta = Replay::of(Sender::Okta).await;
    okta.made("/Users", assigned()).await;
    for query in [
        "filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100",
        "filter=userName+eq+%22test.user%40okta.local%22&startIndex=1&count=100",
        "count=100&filter=userName%20eq%20%22TEST.user%40okta.local%22&startIndex=1",
        "filter=emails%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100",
    ] {
        okta.get(&format!("/Users?{query}")).await.listed(1);
    }
}

#[tokio::test]
async fn assignment_creates() {
    let okta = Replay::of(Sender::Okta).await;
    assert!(lookup(&okta).await.is_empty());
    let created = okta.post("/Users", assigned()).await.expect(StatusCode::CREATED).body;
    holds(
        &created,
        &[
            ("/userName", json!("test.user@okta.local")),
            ("/externalId", json!("00ujl29u0le5T6Aj10h7")),
            ("/password", Value::Null),
            ("/groups", Value::Null),
        ],
    );
    okta.post("/Users", assigned()).await.error(StatusCode::CONFLICT, Some("uniqueness"));
}

#[tokio::test]
async fn assignment_with_enterprise_attributes_and_an_empty_type() {
    let okta = Replay::of(Sender::Okta).await;
    let mut body = assigned();
    body["schemas"] = json!([USER, ENTERPRISE]);
    body[ENTERPRISE] = json!({ "department": "Sales", "manager": { "value": "9", "displayName": "Boss" } });
    body["emails"][0]["type"] = json!("");
    body["phoneNumbers"] = json!([{ "primary": true, "value": "555", "type": "" }]);
    body["addresses"] = json!([{ "primary": true, "type": "", "locality": "Lincoln" }]);
    let created = okta.post("/Users", body).await.expect(StatusCode::CREATED).body;
    let department = format!("/{ENTERPRISE}/department");
    holds(
        &created,
        &[
            (&department, json!("Sales")),
            ("/emails", json!([{ "primary": true, "value": "test.user@okta.local" }])),
            ("/addresses", json!([{ "primary": true, "locality": "Lincoln" }])),
        ],
    );
}

#[tokio::test]
async fn aiw_links_who_is_there_already_and_overwrites_the_profile() {
    let okta = Replay::of(Sender::Okta).await;
    okta.made("/Users", json!({ "schemas": [USER], "userName": "Test.User@okta.local", "title": "Guide" }))
        .await;
    let id = lookup(&okta).await[0]["id"].as_str().unwrap().to_owned();
    let linked =
        echo(&okta, &format!("/Users/{id}"), json!({ "displayName": "Test User", "active": true })).await;
    holds(&linked, &[("/displayName", json!("Test User")), ("/title", json!("Guide")), ("/id", json!(id))]);
}

#[tokio::test]
async fn aiw_changes_attributes() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    let changed = echo(&okta, &path, json!({ "title": "Boss", "userName": "new.name@okta.local" })).await;
    holds(&changed, &[("/title", json!("Boss")), ("/userName", json!("new.name@okta.local"))]);
    assert_eq!(okta.found("/Users", "userName eq \"new.name@okta.local\"").await.len(), 1);
    okta.post("/Users", assigned()).await.expect(StatusCode::CREATED);
    let mut taken = okta.get(&path).await.body;
    taken["userName"] = json!("TEST.USER@okta.local");
    okta.put(&path, taken).await.error(StatusCode::CONFLICT, Some("uniqueness"));
}

#[tokio::test]
async fn aiw_deactivates_and_reactivates() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    assert_eq!(echo(&okta, &path, json!({ "active": false })).await["active"], false);
    assert_eq!(okta.get(&path).await.expect(StatusCode::OK).body["active"], false);
    let found = lookup(&okta).await;
    assert_eq!(format!("/Users/{}", found[0]["id"].as_str().unwrap()), path, "who is inactive is found");
    let back = echo(&okta, &path, json!({ "active": true, "displayName": "Back" })).await;
    holds(&back, &[("/active", json!(true)), ("/locale", json!("en-US")), ("/displayName", json!("Back"))]);
}

#[tokio::test]
async fn aiw_keeps_active_when_it_is_left_out_and_passwords_to_itself() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    echo(&okta, &path, json!({ "active": false })).await;
    let mut user = okta.get(&path).await.body;
    user.as_object_mut().unwrap().remove("active");
    user["password"] = json!("synchronised");
    let put = okta.put(&path, user).await.expect(StatusCode::OK).body;
    holds(&put, &[("/active", json!(false)), ("/password", Value::Null)]);
}

#[tokio::test]
async fn aiw_blanks_attributes() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    let blanks = json!({ "displayName": null, "locale": "", "phoneNumbers": [{ "value": "", "type": "" }],
                         "title": "", ENTERPRISE: { "department": "", "manager": { "value": "", "displayName": "" } } });
    let blank = echo(&okta, &path, blanks).await;
    let manager = format!("/{ENTERPRISE}/manager");
    holds(
        &blank,
        &[
            ("/displayName", Value::Null),
            (&manager, Value::Null),
            ("/userName", json!("test.user@okta.local")),
        ],
    );
}

#[tokio::test]
async fn oin_deactivates_without_path() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    for active in [false, true] {
        let operations = json!([{ "op": "replace", "value": { "active": active } }]);
        assert_eq!(okta.patch(&path, operations).await.expect(StatusCode::OK).body["active"], active);
    }
}

#[tokio::test]
async fn oin_sends_passwords_without_path() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    let operations = json!([{ "op": "replace", "value": { "password": "synchronised" } }]);
    let answer = okta.patch(&path, operations).await.expect(StatusCode::OK);
    assert!(!answer.body.to_string().contains("synchronised"));
}

#[tokio::test]
async fn oin_patch_changes_attributes_only() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    let operations = json!([{ "op": "replace", "value": {
        "displayName": "New", "name": { "familyName": "Newman" }, "title": "Boss",
        "emails": [{ "primary": true, "value": "new@okta.local", "type": "work" }],
        ENTERPRISE: { "department": "Sales" },
    } }]);
    let changed = okta.patch(&path, operations).await.expect(StatusCode::OK).body;
    let department = format!("/{ENTERPRISE}/department");
    holds(
        &changed,
        &[
            ("/name", json!({ "givenName": "Test", "familyName": "Newman" })),
            ("/emails", json!([{ "primary": true, "value": "new@okta.local", "type": "work" }])),
            (&department, json!("Sales")),
            ("/locale", json!("en-US")),
        ],
    );
}

#[tokio::test]
async fn granular_deprovisioning_deletes() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    okta.delete(&path).await.expect(StatusCode::NO_CONTENT);
    okta.get(&path).await.error(StatusCode::NOT_FOUND, None);
}

#[tokio::test]
async fn import_reads_pages_in_a_stable_order() {
    let okta = Replay::of(Sender::Okta).await;
    for number in 0..5 {
        okta.made("/Users", json!({ "schemas": [USER], "userName": format!("u{number}") })).await;
    }
    let mut names = Vec::new();
    for start in [1, 3, 5] {
        let page = okta.get(&format!("/Users?startIndex={start}&count=2")).await;
        for number in ["totalResults", "startIndex", "itemsPerPage"] {
            assert!(page.body[number].is_u64(), "{number}");
        }
        names.extend(page.listed(5).into_iter().map(|user| user["userName"].clone()));
    }
    assert_eq!(names, ["u0", "u1", "u2", "u3", "u4"]);
}

#[tokio::test]
async fn schema_import_reads_resource_types_and_schemas() {
    let okta = Replay::of(Sender::Okta).await;
    let types = okta.get("/ResourceTypes").await.expect(StatusCode::OK).body.to_string();
    let schemas = okta.get("/Schemas").await.expect(StatusCode::OK).body.to_string();
    assert!(types.contains(ENTERPRISE) && schemas.contains(ENTERPRISE) && schemas.contains(USER));
}

/// A group as Okta pushes it by name, its path, and the ids of two users.
async fn pushed(okta: &Replay) -> (String, String, String) {
    okta.get("/Groups?filter=displayName%20eq%20%22APP-Users%22&startIndex=1&count=100").await.listed(0);
    let group =
        okta.made("/Groups", json!({ "schemas": [GROUP], "displayName": "APP-Users", "members": [] })).await;
    let mut ids = Vec::new();
    for name in ["a@b.c", "d@e.f"] {
        ids.push(okta.post("/Users", json!({ "schemas": [USER], "userName": name })).await.created());
    }
    (group, ids.remove(0), ids.remove(0))
}

async fn members(okta: &Replay, path: &str) -> Vec<Value> {
    let group = okta.get(path).await.expect(StatusCode::OK).body;
    let members = group["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].clone()).collect()
}

#[tokio::test]
async fn aiw_pushes_a_group_and_its_members_whole() {
    let okta = Replay::of(Sender::Okta).await;
    let (path, one, other) = pushed(&okta).await;
    okta.get(&path).await.expect(StatusCode::OK);
    let id = path.strip_prefix("/Groups/").unwrap();
    for (list, expected) in [
        (json!([{ "value": one, "display": "a@b.c" }]), vec![json!(one)]),
        (json!([{ "value": other, "display": null }]), vec![json!(other)]),
        (json!([]), vec![]),
    ] {
        let body = json!({ "schemas": [GROUP], "id": id, "displayName": "APP-Users", "members": list });
        okta.put(&path, body).await.expect(StatusCode::OK);
        assert_eq!(members(&okta, &path).await, expected);
    }
}

#[tokio::test]
async fn oin_renames_a_group_and_leaves_its_members_alone() {
    let okta = Replay::of(Sender::Okta).await;
    let (path, one, _) = pushed(&okta).await;
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": one, "display": "a@b.c" }] }]);
    okta.patch(&path, add).await.expect(StatusCode::OK);
    let id = path.strip_prefix("/Groups/").unwrap();
    let rename = json!([{ "op": "replace", "value": { "id": id, "displayName": "New name" } }]);
    assert_eq!(okta.patch(&path, rename).await.expect(StatusCode::OK).body["displayName"], "New name");
    assert_eq!(members(&okta, &path).await, [json!(one)]);
}

#[tokio::test]
async fn oin_moves_members_and_removes_a_non_member() {
    let okta = Replay::of(Sender::Okta).await;
    let (path, one, other) = pushed(&okta).await;
    for _ in 0..2 {
        let delta = json!([
            { "op": "remove", "path": format!("members[value eq \"{one}\"]") },
            { "op": "add", "path": "members", "value": [{ "value": other, "display": "d@e.f" }] },
        ]);
        okta.patch(&path, delta).await.expect(StatusCode::OK);
        assert_eq!(members(&okta, &path).await, [json!(other)]);
    }
}

#[tokio::test]
async fn oin_pushes_now() {
    let okta = Replay::of(Sender::Okta).await;
    let (path, one, other) = pushed(&okta).await;
    let id = path.strip_prefix("/Groups/").unwrap();
    for (value, expected) in [
        (json!([{ "value": one, "display": "a@b.c" }, { "value": other, "display": "d@e.f" }]), 2),
        (json!([{ "value": one, "display": "a@b.c" }]), 1),
        (json!([]), 0),
        (json!([]), 0),
    ] {
        let full = json!([{ "op": "replace", "path": "members", "value": value }]);
        okta.patch(&path, full).await.expect(StatusCode::OK);
        assert_eq!(members(&okta, &path).await.len(), expected);
        let pathless =
            json!([{ "op": "replace", "value": { "members": value, "id": id, "displayName": "APP-Users" } }]);
        okta.patch(&path, pathless).await.expect(StatusCode::OK);
        assert_eq!(members(&okta, &path).await.len(), expected);
    }
}

#[tokio::test]
async fn a_group_that_is_gone_is_404() {
    let okta = Replay::of(Sender::Okta).await;
    let (path, ..) = pushed(&okta).await;
    okta.delete(&path).await.expect(StatusCode::NO_CONTENT);
    okta.get(&path).await.error(StatusCode::NOT_FOUND, None);
    okta.post("/Groups", json!({ "schemas": [GROUP], "displayName": "app-users" }))
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn unknown_ids_are_404_whatever_they_look_like() {
    let okta = Replay::of(Sender::Runscope).await;
    for id in ["010101001010101011001010101011", "00919288221112222", "%20", "abc"] {
        let missing = okta.get(&format!("/Users/{id}")).await.error(StatusCode::NOT_FOUND, None);
        assert!(!missing.body["detail"].as_str().unwrap().is_empty());
    }
}

/// The first generation of Okta's suite.
#[tokio::test]
async fn first_suite() {
    let runscope = Replay::of(Sender::Runscope).await;
    let path = runscope.made("/Users", assigned()).await;
    runscope.get("/Users?count=2&startIndex=1").await.listed(1);
    runscope.get("/Groups?count=100&startIndex=1").await.listed(0);
    assert!(runscope.found("/Users", "userName eq \"random@atko.com\"").await.is_empty());
    assert_eq!(runscope.get(&path).await.expect(StatusCode::OK).body["userName"], "test.user@okta.local");
    let operations = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(runscope.patch(&path, operations).await.expect(StatusCode::OK).body["active"], false);
}

/// What the CRUD suite reads while Okta works through the life of a user.
#[tokio::test]
async fn crud_suite() {
    let okta = Replay::of(Sender::Okta).await;
    let path = okta.made("/Users", assigned()).await;
    let found = &lookup(&okta).await[0];
    holds(found, &[("/emails/0/value", json!("test.user@okta.local")), ("/name/givenName", json!("Test"))]);
    echo(&okta, &path, json!({ "name": { "givenName": "New", "familyName": "User" } })).await;
    assert_eq!(okta.get(&path).await.body["name"]["givenName"], "New");
    for active in [false, true, false] {
        echo(&okta, &path, json!({ "active": active })).await;
        assert_eq!(okta.get(&path).await.expect(StatusCode::OK).body["active"], active);
    }
}
