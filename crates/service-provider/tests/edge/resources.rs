//! Creating, reading, listing, replacing, modifying, deleting.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{App, ENTERPRISE, TENANT_URL, USER};

fn barbara() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "BJensen@example.com",
        "externalId": "701984",
        "name": { "givenName": "Barbara", "familyName": "Jensen" },
        "emails": [{ "value": "bjensen@example.com", "type": "work", "primary": true }],
        "active": true,
        ENTERPRISE: { "employeeNumber": "701984", "department": "Tour Operations" },
    })
}

#[tokio::test]
async fn a_created_resource_is_answered_whole() {
    for app in App::both().await {
        let answer = app.post("/Users", barbara()).await.expect(StatusCode::CREATED);
        let id = answer.body["id"].as_str().unwrap().to_owned();
        let location = format!("{TENANT_URL}/Users/{id}");
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        assert_eq!(answer.header("location"), Some(&*location));
        assert_eq!(answer.header("etag"), Some("W/\"1\""));
        let mut expected = barbara();
        expected["id"] = json!(id);
        expected["meta"] = json!({
            "resourceType": "User",
            "created": "2026-11-22T08:00:00.123456Z",
            "lastModified": "2026-11-22T08:00:00.123456Z",
            "location": location,
            "version": "W/\"1\"",
        });
        assert_eq!(answer.body, expected);
        let read = app.get(&format!("/Users/{id}")).await.expect(StatusCode::OK);
        assert_eq!(read.body, expected);
        assert_eq!(read.header("etag"), Some("W/\"1\""));
        assert_eq!(read.header("content-type"), Some("application/scim+json"));
    }
}

#[tokio::test]
async fn a_name_is_unique_in_any_letter_case() {
    for app in App::both().await {
        let id = app.post("/Users", barbara()).await.created();
        let mut twin = barbara();
        twin["userName"] = json!("bjensen@EXAMPLE.com");
        let refused = app.post("/Users", twin.clone()).await.error(StatusCode::CONFLICT, Some("uniqueness"));
        assert!(refused.body["detail"].as_str().unwrap().contains("userName"));

        let other = app.user("other@example.com").await;
        app.put(&format!("/Users/{other}"), twin).await.error(StatusCode::CONFLICT, Some("uniqueness"));
        let rename = json!([{ "op": "replace", "path": "userName", "value": "bJENSEN@example.com" }]);
        app.patch(&format!("/Users/{other}"), rename.clone())
            .await
            .error(StatusCode::CONFLICT, Some("uniqueness"));
        let own = app.patch(&format!("/Users/{id}"), rename).await.expect(StatusCode::OK);
        assert_eq!(own.body["userName"], "bJENSEN@example.com");

        let unchanged = app.get(&format!("/Users/{other}")).await;
        assert_eq!(unchanged.body["userName"], "other@example.com");
        assert_eq!(unchanged.body["meta"]["version"], "W/\"1\"");
    }
}

#[tokio::test]
async fn a_change_gives_one_new_version_and_no_change_gives_none() {
    for app in App::both().await {
        let id = app.post("/Users", barbara()).await.created();
        let path = format!("/Users/{id}");
        app.pass(SignedDuration::from_secs(60));
        let title = json!([{ "op": "add", "path": "title", "value": "Tour Guide" },
                           { "op": "replace", "path": "active", "value": false }]);
        for _ in 0..2 {
            let answer = app.patch(&path, title.clone()).await.expect(StatusCode::OK);
            assert_eq!(answer.header("etag"), Some("W/\"2\""));
            assert_eq!(answer.body["title"], "Tour Guide");
            assert_eq!(answer.body["active"], false);
            assert_eq!(answer.body["meta"]["version"], "W/\"2\"");
            assert_eq!(answer.body["meta"]["created"], "2026-11-22T08:00:00.123456Z");
            assert_eq!(answer.body["meta"]["lastModified"], "2026-11-22T08:01:00.123456Z");
            app.pass(SignedDuration::from_secs(60));
        }
        let echo = app.get(&path).await.body;
        assert_eq!(app.put(&path, echo.clone()).await.expect(StatusCode::OK).body, echo);

        let feed = app.store.write(move |tx| store::feed::read(tx, app.tenant, 0, 10)).await.unwrap();
        let kinds: Vec<_> =
            feed.iter().map(|entry| (entry.change.kind.as_str(), entry.change.version)).collect();
        assert_eq!(kinds, [("created", 1), ("deactivated", 2)]);
        let audit =
            app.store.read(move |tx| store::audit::latest(tx, Some(app.tenant), None, 10)).await.unwrap();
        let actions: Vec<_> = audit.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["user.update", "user.create"]);
        assert_eq!(audit[0].detail, json!({ "attributes": ["active", "title"] }));
        assert!(audit[0].actor.starts_with("token:"));
    }
}

#[tokio::test]
async fn put_replaces_what_a_client_can_set() {
    let app = App::new().await;
    let id = app.post("/Users", barbara()).await.created();
    let body =
        json!({ "schemas": [USER], "id": "ignored", "userName": "bjensen@example.com", "title": "Boss" });
    let answer = app.put(&format!("/Users/{id}"), body).await.expect(StatusCode::OK);
    assert_eq!(answer.body["id"], id);
    assert_eq!(answer.body["title"], "Boss");
    assert_eq!(answer.body["schemas"], json!([USER]));
    assert_eq!(answer.body.get("emails"), None);
    assert_eq!(answer.body.get(ENTERPRISE), None);
    app.put("/Users/00919288221112222", barbara()).await.error(StatusCode::NOT_FOUND, None);
}

#[tokio::test]
async fn deleting_is_once_and_leaves_a_tombstone() {
    for app in App::both().await {
        let id = app.post("/Users", barbara()).await.created();
        let path = format!("/Users/{id}");
        let gone = app.delete(&path).await.expect(StatusCode::NO_CONTENT);
        assert_eq!((gone.body, gone.headers.get("content-type")), (Value::Null, None));
        app.delete(&path).await.error(StatusCode::NOT_FOUND, None);
        app.get(&path).await.error(StatusCode::NOT_FOUND, None);
        app.patch(&path, json!([{ "op": "remove", "path": "title" }]))
            .await
            .error(StatusCode::NOT_FOUND, None);
        app.put(&path, barbara()).await.error(StatusCode::NOT_FOUND, None);
        app.get("/Users").await.listed(0);
        let tombstone = id.parse().unwrap();
        let found = app.store.read(move |tx| store::tombstone::get(tx, app.tenant, "User", tombstone)).await;
        assert_eq!(found.unwrap().unwrap().document["userName"], "BJensen@example.com");
    }
}

#[tokio::test]
async fn lists_are_in_the_order_of_creation_and_paged() {
    for app in App::both().await {
        app.get("/Users").await.listed(0);
        let mut ids = Vec::new();
        for number in 0..7 {
            ids.push(app.user(&format!("user{number}@example.com")).await);
        }
        let page = |resources: Vec<Value>| -> Vec<String> {
            resources.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(page(app.get("/Users").await.listed(7)), ids);
        assert_eq!(page(app.get("/Users?startIndex=3&count=2").await.listed(7)), ids[2..4]);
        assert_eq!(page(app.get("/Users?startIndex=-1&count=2").await.listed(7)), ids[..2]);
        assert_eq!(page(app.get("/Users?startIndex=7").await.listed(7)), ids[6..]);
        assert!(app.get("/Users?startIndex=8").await.listed(7).is_empty());
        assert!(app.get("/Users?count=0").await.listed(7).is_empty());
        assert!(app.get("/Users?count=-4").await.listed(7).is_empty());
        let filtered = app.get("/Users?filter=userName+sw+%22USER%22&startIndex=6&count=5").await;
        assert_eq!(filtered.body["startIndex"], 6);
        assert_eq!(page(filtered.listed(7)), ids[5..]);
        app.get("/Users?startIndex=first").await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    }
}

#[tokio::test]
async fn filters_find_by_rows_and_by_scan() {
    for app in App::both().await {
        app.post("/Users", barbara()).await.created();
        app.user("other@example.com").await;
        for (filter, total) in [
            ("userName+eq+%22bjensen@EXAMPLE.com%22", 1),
            ("userName%20eq%20%22bjensen%40example.com%22", 1),
            ("externalId+eq+%22701984%22", 1),
            ("emails[type+eq+%22work%22].value+eq+%22BJENSEN@example.com%22", 1),
            ("emails[type+eq+%22home%22+and+value+co+%22@%22]", 0),
            ("emails.value+co+%22jensen%22+and+active+eq+true", 1),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber+eq+%22701984%22", 1),
            ("meta.created+ge+%222026-11-22T08:00:00Z%22", 2),
            ("userName+eq+%22nobody%22", 0),
            ("not+(title+pr)", 2),
        ] {
            app.get(&format!("/Users?filter={filter}")).await.listed(total);
        }
        for filter in
            ["userName", "userName+eq", "nonsense+eq+%22x%22", "userName+eq+%22x%22+and", "active+gt+true"]
        {
            app.get(&format!("/Users?filter={filter}"))
                .await
                .error(StatusCode::BAD_REQUEST, Some("invalidFilter"));
        }
        app.get("/Users?filter=password+eq+%22x%22").await.error(StatusCode::FORBIDDEN, Some("sensitive"));
    }
}

#[tokio::test]
async fn a_client_gets_the_attributes_it_asks_for() {
    let app = App::new().await;
    let only = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let created = app.post("/Users?attributes=userName", barbara()).await.expect(StatusCode::CREATED);
    assert_eq!(only(&created.body), ["id", "schemas", "userName"]);
    let path = format!("/Users/{}", created.body["id"].as_str().unwrap());
    let got = app.get(&format!("{path}?attributes=NAME.givenName")).await;
    assert_eq!(got.body["name"], json!({ "givenName": "Barbara" }));
    let without = app.get(&format!("{path}?excludedAttributes=emails,meta,id,{ENTERPRISE}")).await;
    assert_eq!(only(&without.body), ["active", "externalId", "id", "name", "schemas", "userName"]);
    let patch = json!([{ "op": "replace", "path": "title", "value": "x" }]);
    let patched = app.patch(&format!("{path}?attributes=title"), patch).await;
    assert_eq!(only(&patched.body), ["id", "schemas", "title"]);
    let put = app.put(&format!("{path}?excludedAttributes=name"), barbara()).await;
    assert_eq!(put.body.get("name"), None);
    let listed = app.get("/Users?attributes=userName").await.listed(1);
    assert_eq!(only(&listed[0]), ["id", "schemas", "userName"]);
    app.get("/Users?attributes=id&excludedAttributes=name")
        .await
        .error(StatusCode::BAD_REQUEST, Some("invalidValue"));
}

#[tokio::test]
async fn passwords_are_taken_and_kept_nowhere() {
    for app in App::both().await {
        let mut user = barbara();
        user["password"] = json!("t1meMa$heen");
        let created = app.post("/Users", user.clone()).await.expect(StatusCode::CREATED);
        let id = created.body["id"].as_str().unwrap().to_owned();
        let path = format!("/Users/{id}");
        let operations = json!([{ "op": "replace", "value": { "password": "t1meMa$heen" } }]);
        let patched = app.patch(&path, operations).await.expect(StatusCode::OK);
        let put = app.put(&path, user).await.expect(StatusCode::OK);
        for body in [&created.body, &patched.body, &put.body, &app.get(&path).await.body] {
            assert!(!body.to_string().contains("t1meMa$heen"));
            assert_eq!(body["meta"]["version"], "W/\"1\"");
        }
        let id = id.parse().unwrap();
        let stored =
            app.store.read(move |tx| store::resource::get(tx, app.tenant, "User", id)).await.unwrap();
        assert!(!format!("{stored:?}").contains("t1meMa$heen"));
    }
}
