//! What Okta sends in the life of a user and a group, and its published test suite, on both engines. Each sequence has a
//! test of its own in `replay_okta`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, App, ENTERPRISE, ERROR, GROUP, USER};

fn new_user() -> Value {
    json!({
        "schemas": [USER],
        "userName": "Test.User@okta.local",
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": "test.user@okta.local", "type": "work" }],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

async fn lookup(app: &App) -> Vec<Value> {
    let query = "/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100";
    let answer = app.get(query).await;
    let total = answer.body["totalResults"].as_u64().unwrap();
    answer.listed(total)
}

#[tokio::test]
async fn a_user_that_is_assigned_is_looked_up_and_created() {
    for app in App::both().await {
        assert!(lookup(&app).await.is_empty());
        let created = app.post("/Users", new_user()).await.expect(StatusCode::CREATED);
        assert_eq!(created.body["userName"], "Test.User@okta.local");
        assert_eq!(created.body["externalId"], "00ujl29u0le5T6Aj10h7");
        assert_eq!(created.body.get("password"), None);
        assert_eq!(created.body.get("groups"), None);
        assert_eq!(lookup(&app).await[0]["id"], created.body["id"]);
    }
}

#[tokio::test]
async fn an_app_of_the_integration_wizard_reads_and_puts_the_echo() {
    for app in App::both().await {
        let id = app.post("/Users", new_user()).await.created();
        let path = format!("/Users/{id}");
        let group =
            app.post("/Groups", json!({ "displayName": "G", "members": [{ "value": id }] })).await.created();
        let mut echo = app.get(&path).await.expect(StatusCode::OK).body;
        echo["title"] = json!("Boss");
        echo[ENTERPRISE] = json!({ "department": "Sales" });
        echo["unknown"] = json!({ "a": 1 });
        let put = app.put(&path, echo).await.expect(StatusCode::OK).body;
        assert_eq!(put["title"], "Boss");
        assert_eq!(put[ENTERPRISE]["department"], "Sales");
        assert_eq!(put["groups"][0]["value"], group);

        let mut echo = app.get(&path).await.body;
        echo["active"] = json!(false);
        assert_eq!(app.put(&path, echo).await.expect(StatusCode::OK).body["active"], false);
        assert_eq!(app.get(&path).await.expect(StatusCode::OK).body["active"], false);
        assert_eq!(lookup(&app).await[0]["id"], id);
        let mut back = app.get(&path).await.body;
        back["active"] = json!(true);
        assert_eq!(app.put(&path, back).await.expect(StatusCode::OK).body["id"], id);
    }
}

#[tokio::test]
async fn an_app_of_the_catalog_patches_without_path() {
    for app in App::both().await {
        let path = format!("/Users/{}", app.post("/Users", new_user()).await.created());
        for active in [false, true] {
            let body = app.patch(&path, json!([{ "op": "replace", "value": { "active": active } }])).await;
            assert_eq!(body.expect(StatusCode::OK).body["active"], active);
        }
        let version = app.get(&path).await.body["meta"]["version"].clone();
        let password = json!([{ "op": "replace", "value": { "password": "new placeholder" } }]);
        let answer = app.patch(&path, password).await.expect(StatusCode::OK);
        assert_eq!(answer.body["meta"]["version"], version);
        assert!(!answer.body.to_string().contains("placeholder"));
    }
}

#[tokio::test]
async fn groups_are_pushed_by_put() {
    for app in App::both().await {
        let user = app.user("a@b.c").await;
        app.get("/Groups?filter=displayName%20eq%20%22APP-Users%22&startIndex=1&count=100").await.listed(0);
        let body = json!({ "schemas": [GROUP], "displayName": "APP-Users", "members": [] });
        let id = app.post("/Groups", body).await.created();
        let path = format!("/Groups/{id}");
        app.get(&path).await.expect(StatusCode::OK);
        let body = json!({ "schemas": [GROUP], "id": id, "displayName": "APP-Users",
                           "members": [{ "value": user, "display": "a@b.c" }] });
        app.put(&path, body).await.expect(StatusCode::OK);
        assert_eq!(app.members(&id).await, [&*user]);
        let body = json!({ "schemas": [GROUP], "id": id, "displayName": "APP-Users",
                           "members": [{ "value": user, "display": null }] });
        app.put(&path, body).await.expect(StatusCode::OK);
        assert_eq!(app.members(&id).await, [user]);
    }
}

#[tokio::test]
async fn groups_are_pushed_by_patch() {
    for app in App::both().await {
        let (one, other) = (app.user("one").await, app.user("other").await);
        let id = app.group("Old name").await;
        let path = format!("/Groups/{id}");
        let rename = json!([{ "op": "replace", "value": { "id": id, "displayName": "New name" } }]);
        app.patch(&path, rename.clone()).await.expect(StatusCode::OK);
        let full =
            json!([{ "op": "replace", "path": "members", "value": [{ "value": one, "display": "one" }] }]);
        app.patch(&path, full).await.expect(StatusCode::OK);
        let body = app.patch(&path, rename).await.expect(StatusCode::OK).body;
        assert_eq!(body["displayName"], "New name");
        assert_eq!(app.members(&id).await, [&*one]);
        let delta = json!([
            { "op": "remove", "path": format!("members[value eq \"{one}\"]") },
            { "op": "add", "path": "members", "value": [{ "value": other, "display": "test.user@okta.local" }] },
        ]);
        app.patch(&path, delta).await.expect(StatusCode::OK);
        assert_eq!(app.members(&id).await, [other]);
        let empty = json!([{ "op": "replace", "path": "members", "value": [] }]);
        app.patch(&path, empty.clone()).await.expect(StatusCode::OK);
        assert!(app.members(&id).await.is_empty());
        app.patch(&path, empty).await.expect(StatusCode::OK);
        let pathless = json!([{ "op": "replace", "value": { "members": [{ "value": one }], "id": id, "displayName": "N" } }]);
        app.patch(&path, pathless).await.expect(StatusCode::OK);
        assert_eq!(app.members(&id).await, [one]);
        app.delete(&path).await.expect(StatusCode::NO_CONTENT);
        app.get(&path).await.error(StatusCode::NOT_FOUND, None);
    }
}

/// "Okta SCIM 2.0 SPEC Test", step by step.
#[tokio::test]
async fn spec_test() {
    for app in App::both().await {
        app.post("/Users", new_user()).await.created();
        let first = app.get("/Users?count=1&startIndex=1").await;
        for number in ["itemsPerPage", "startIndex", "totalResults"] {
            assert_eq!(first.body[number], 1, "{number}");
        }
        let known = &first.listed(1)[0];
        spec_assert_user(known);
        let id = known["id"].as_str().unwrap();
        let by_id = app.get(&format!("/Users/{id}")).await.expect(StatusCode::OK);
        spec_assert_user(&by_id.body);
        app.get("/Users?filter=userName%20eq%20%22abcdefgh@atko.com%22").await.listed(0);
        app.get("/Users/010101001010101011001010101011").await.error(StatusCode::NOT_FOUND, None);

        let body = json!({
            "schemas": [USER], "userName": "Runscope300Zoe123@atko.com", "active": true,
            "name": { "givenName": "Runscope300", "familyName": "Zoe123" }, "displayName": "Runscope300 Zoe123",
            "emails": [{ "primary": true, "value": "Runscope300Zoe123@atko.com", "type": "work" }],
        });
        let created = app.post("/Users", body.clone()).await.expect(StatusCode::CREATED).body;
        for same in ["userName", "name", "active", "schemas"] {
            assert_eq!(created[same], body[same]);
        }
        let read =
            app.get(&format!("/Users/{}", created["id"].as_str().unwrap())).await.expect(StatusCode::OK);
        assert_eq!(read.body, created);
        app.post("/Users", body).await.error(StatusCode::CONFLICT, Some("uniqueness"));
        app.get("/Users?filter=userName+eq+%22RUNSCOPE300ZOE123@ATKO.COM%22").await.listed(1);
        app.get("/Groups").await.listed(0);
        assert_eq!(
            with_token(&app, "non-token").await.error(StatusCode::UNAUTHORIZED, None).body["status"],
            "401"
        );
        let missing = app.get("/Users/00919288221112222").await.error(StatusCode::NOT_FOUND, None);
        assert_eq!(missing.body["schemas"], json!([ERROR]));
        assert_eq!(missing.body["status"], "404");
    }
}

fn spec_assert_user(user: &Value) {
    for pointer in ["/id", "/name/familyName", "/name/givenName", "/userName", "/emails/0/value"] {
        assert!(!user.pointer(pointer).unwrap().as_str().unwrap().is_empty(), "{pointer}");
    }
    assert_eq!(user["active"], true);
}

async fn with_token(app: &App, value: &str) -> Answer {
    let request = Request::get("/t/contoso/scim/v2/Users?filter=userName+eq+%22x%22")
        .header("Authorization", value)
        .header("User-Agent", "OKTA SCIM Integration")
        .header("Accept", "application/scim+json")
        .header("Accept-Charset", "utf-8");
    app.send(request.body(Body::empty()).unwrap()).await
}
