//! Memberships.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{App, GROUP, TENANT_URL};

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

async fn version(app: &App, path: &str) -> Value {
    app.get(&format!("{path}?attributes=meta")).await.body["meta"]["version"].clone()
}

#[tokio::test]
async fn members_are_added_and_removed_one_version_a_change() {
    for app in App::both().await {
        let (anna, bert) = (app.user("anna").await, app.user("bert").await);
        let group = app.group("Tour Guides").await;
        let path = format!("/Groups/{group}");
        let both =
            json!([{ "op": "add", "path": "members", "value": [{ "value": anna }, { "value": bert }] }]);
        app.pass(SignedDuration::from_secs(1));
        let answer = app.patch(&path, both.clone()).await.expect(StatusCode::OK);
        assert_eq!(answer.header("etag"), Some("W/\"2\""));
        assert_eq!(answer.body["meta"]["lastModified"], "2026-11-22T08:00:01.123456Z");
        let members = json!([
            { "value": anna, "type": "User", "$ref": format!("{TENANT_URL}/Users/{anna}") },
            { "value": bert, "type": "User", "$ref": format!("{TENANT_URL}/Users/{bert}") },
        ]);
        assert_eq!(answer.body["members"], members);

        let again = app.patch(&path, both).await.expect(StatusCode::OK);
        assert_eq!(again.header("etag"), Some("W/\"2\""));
        let gone = json!([{ "op": "remove", "path": format!("members[value eq \"{anna}\"]") }]);
        assert_eq!(
            app.patch(&path, gone.clone()).await.expect(StatusCode::OK).header("etag"),
            Some("W/\"3\"")
        );
        assert_eq!(app.patch(&path, gone).await.expect(StatusCode::OK).header("etag"), Some("W/\"3\""));
        assert_eq!(app.members(&group).await, [&*bert]);
        let nobody = json!([{ "op": "remove", "path": "members" }]);
        assert_eq!(app.patch(&path, nobody).await.expect(StatusCode::OK).body.get("members"), None);
        assert_eq!(version(&app, &path).await, "W/\"4\"");
        let audit =
            app.store.read(move |tx| store::audit::latest(tx, Some(app.tenant), None, 1)).await.unwrap();
        assert_eq!(
            (audit[0].action.as_str(), &audit[0].detail),
            ("group.update", &json!({ "attributes": ["members"] }))
        );
    }
}

#[tokio::test]
async fn members_come_with_post_and_put() {
    for app in App::both().await {
        let (anna, bert) = (app.user("anna").await, app.user("bert").await);
        let body = json!({ "schemas": [GROUP], "displayName": "G", "members": [{ "value": anna, "display": "Anna" }] });
        let created = app.post("/Groups", body).await.expect(StatusCode::CREATED);
        assert_eq!(created.body["members"][0]["value"], anna);
        let group = created.body["id"].as_str().unwrap().to_owned();
        let path = format!("/Groups/{group}");
        let body = json!({ "schemas": [GROUP], "id": group, "displayName": "G",
                           "members": [{ "value": bert, "display": null }, { "value": anna }] });
        app.put(&path, body.clone()).await.expect(StatusCode::OK);
        assert_eq!(app.members(&group).await, sorted(vec![anna, bert]));
        assert_eq!(version(&app, &path).await, "W/\"2\"");
        app.put(&path, body).await.expect(StatusCode::OK);
        assert_eq!(version(&app, &path).await, "W/\"2\"");
        let echo = app.get(&path).await.body;
        assert_eq!(app.put(&path, echo.clone()).await.expect(StatusCode::OK).body, echo);
        app.put(&path, json!({ "displayName": "G", "members": [] })).await.expect(StatusCode::OK);
        assert!(app.members(&group).await.is_empty());
    }
}

#[tokio::test]
async fn who_does_not_exist_can_not_be_a_member() {
    for app in App::both().await {
        let anna = app.user("anna").await;
        let group = app.group("G").await;
        let path = format!("/Groups/{group}");
        let deleted = app.user("gone").await;
        app.delete(&format!("/Users/{deleted}")).await.expect(StatusCode::NO_CONTENT);
        let (other, token) = app.other_tenant("fabrikam").await;
        let foreign = foreign_user(&app, other, &token).await;
        for id in ["nobody", "", "019a0000-0000-7000-8000-000000000000", &deleted, &foreign, &group] {
            let add = json!([{ "op": "replace", "path": "displayName", "value": "Renamed" },
                             { "op": "add", "path": "members", "value": [{ "value": anna }, { "value": id }] }]);
            let refused = app.patch(&path, add).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
            let detail = refused.body["detail"].as_str().unwrap();
            assert!(detail.contains(id) || id == group, "{detail}");
            if id != group {
                let body = json!({ "displayName": "Other", "members": [{ "value": id }] });
                app.post("/Groups", body).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
            }
        }
        let untouched = app.get(&path).await.body;
        assert_eq!(untouched["displayName"], "G");
        assert_eq!(untouched.get("members"), None);
        assert_eq!(untouched["meta"]["version"], "W/\"1\"");
        app.get("/Groups").await.listed(1);
    }
}

async fn foreign_user(app: &App, _: model::TenantId, token: &str) -> String {
    let request = axum::http::Request::post("/t/fabrikam/scim/v2/Users")
        .header("Authorization", format!("Bearer {token}"))
        .body(json!({ "userName": "foreign" }).to_string().into())
        .unwrap();
    app.send(request).await.created()
}

/// RFC 7643 §8.7.1: members have value, $ref and type. The `display` that Okta sends beside them is ignored, as every
/// unknown part of a value is; a path or filter that names it is refused, as one that names any unknown part is.
#[tokio::test]
async fn members_have_no_display() {
    for app in App::both().await {
        let (anna, inner) = (app.user("anna").await, app.group("Inner").await);
        let shown = |id: &str, kind: &str| json!({ "value": id, "type": kind, "$ref": format!("{TENANT_URL}/{kind}s/{id}") });
        let shown = json!([shown(&anna, "User"), shown(&inner, "Group")]);
        let sent =
            json!([{ "value": anna, "display": "Somebody else" }, { "value": inner, "display": null }]);
        let body = json!({ "displayName": "G", "members": sent });
        let created = app.post("/Groups", body.clone()).await.expect(StatusCode::CREATED).body;
        assert_eq!(created["members"], shown);
        let path = format!("/Groups/{}", created["id"].as_str().unwrap());
        let changes = ["add", "replace"].map(|op| json!([{ "op": op, "path": "members", "value": sent }]));
        for change in changes {
            assert_eq!(app.patch(&path, change).await.expect(StatusCode::OK).body["members"], shown);
        }
        assert_eq!(app.put(&path, body).await.expect(StatusCode::OK).body, created);

        let set = json!([{ "op": "replace", "path": "members.display", "value": "Anna" }]);
        app.patch(&path, set).await.error(StatusCode::BAD_REQUEST, Some("invalidPath"));
        let remove = json!([{ "op": "remove", "path": "members[display eq \"anna\"]" }]);
        app.patch(&path, remove).await.error(StatusCode::BAD_REQUEST, Some("invalidFilter"));
        let filter = "/Groups?filter=members.display+eq+%22anna%22";
        app.get(filter).await.error(StatusCode::BAD_REQUEST, Some("invalidFilter"));
    }
}

#[tokio::test]
async fn deleting_a_member_changes_its_groups() {
    for app in App::both().await {
        let (anna, bert) = (app.user("anna").await, app.user("bert").await);
        let group = app.group("G").await;
        let outer = app.group("Outer").await;
        let path = format!("/Groups/{group}");
        let add =
            json!([{ "op": "add", "path": "members", "value": [{ "value": anna }, { "value": bert }] }]);
        app.patch(&path, add).await.expect(StatusCode::OK);
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": group }] }]);
        app.patch(&format!("/Groups/{outer}"), add).await.expect(StatusCode::OK);
        app.delete(&format!("/Users/{anna}")).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(app.members(&group).await, [&*bert]);
        assert_eq!(version(&app, &path).await, "W/\"3\"");
        app.delete(&path).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(app.get(&format!("/Users/{bert}")).await.body.get("groups"), None);
        assert!(app.members(&outer).await.is_empty());
        let feed = app.store.write(move |tx| store::feed::read(tx, app.tenant, 0, 100)).await.unwrap();
        let tail: Vec<_> = feed.iter().rev().take(4).map(|entry| entry.change.kind.as_str()).collect();
        assert_eq!(tail, ["deleted", "updated", "deleted", "updated"]);
    }
}

#[tokio::test]
async fn members_are_left_out_when_nobody_wants_them() {
    let app = App::new().await;
    let anna = app.user("anna").await;
    let body = json!({ "displayName": "G", "members": [{ "value": anna }] });
    let group = app.post("/Groups?excludedAttributes=members", body).await.expect(StatusCode::CREATED).body;
    assert_eq!(group.get("members"), None);
    let path = format!("/Groups/{}", group["id"].as_str().unwrap());
    let without = app.get(&format!("{path}?excludedAttributes=members")).await.body;
    assert_eq!(without, group);
    let listed = app.get("/Groups?excludedAttributes=members&filter=displayName+eq+%22g%22").await.listed(1);
    assert_eq!(listed[0], group);
    assert_eq!(app.get("/Groups").await.listed(1)[0]["members"][0]["value"], anna);
}

#[tokio::test]
async fn a_large_group_answers_a_patch_without_itself() {
    let app = App::new().await;
    let mut members = Vec::new();
    for number in 0..101 {
        members.push(json!({ "value": app.user(&format!("user{number}")).await }));
    }
    let last = members.pop().unwrap();
    let body = json!({ "displayName": "G", "members": members });
    let group = app.post("/Groups", body).await.created();
    let path = format!("/Groups/{group}");
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Renamed" }]);
    let small = app.patch(&path, rename).await.expect(StatusCode::OK);
    assert_eq!(small.body["members"].as_array().unwrap().len(), 100);
    let add = json!([{ "op": "add", "path": "members", "value": [last] }]);
    let large = app.patch(&path, add.clone()).await.expect(StatusCode::NO_CONTENT);
    assert_eq!((large.body.clone(), large.header("etag")), (Value::Null, Some("W/\"3\"")));
    let asked = app.patch(&format!("{path}?attributes=members"), add.clone()).await.expect(StatusCode::OK);
    assert_eq!(asked.body["members"].as_array().unwrap().len(), 101);
    let without = app.patch(&format!("{path}?excludedAttributes=members"), add).await.expect(StatusCode::OK);
    assert_eq!(without.body["displayName"], "Renamed");
    assert_eq!(app.members(&group).await.len(), 101);
}

#[tokio::test]
async fn a_second_group_of_a_name_is_refused() {
    for app in App::both().await {
        app.group("Tour Guides").await;
        let twin = app.post("/Groups", json!({ "displayName": "TOUR guides" })).await;
        let twin = twin.error(StatusCode::CONFLICT, Some("uniqueness"));
        assert!(twin.body["detail"].as_str().unwrap().contains("displayName"));
        app.post("/Users", json!({ "userName": "x", "displayName": "Tour Guides" })).await.created();
        app.post("/Users", json!({ "userName": "y", "displayName": "Tour Guides" })).await.created();
    }
}

#[tokio::test]
async fn parts_of_members_can_not_be_changed() {
    for app in App::both().await {
        let anna = app.user("anna").await;
        let group = app.group("G").await;
        let path = format!("/Groups/{group}");
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": anna }] }]);
        app.patch(&path, add).await.expect(StatusCode::OK);
        let before = app.get(&path).await.body;
        for (operation, scim_type) in [
            (json!({ "op": "add", "path": "members.value", "value": "x" }), "noTarget"),
            (json!({ "op": "replace", "path": "members.value", "value": anna }), "noTarget"),
            (json!({ "op": "add", "value": { "members.value": "x" } }), "noTarget"),
            (json!({ "op": "add", "path": "members.type", "value": "Group" }), "noTarget"),
            (
                json!({ "op": "replace", "path": "members[type eq \"User\"].type", "value": "Group" }),
                "noTarget",
            ),
            (
                json!({ "op": "replace", "path": "members[type eq \"User\"].type", "value": "User" }),
                "invalidValue",
            ),
        ] {
            let answer = app.patch(&path, json!([operation])).await;
            answer.error(StatusCode::BAD_REQUEST, Some(scim_type));
        }
        assert_eq!(app.get(&path).await.body, before);
    }
}

#[tokio::test]
async fn time_never_goes_back() {
    for app in App::both().await {
        let anna = app.user("anna").await;
        let group = app.group("G").await;
        let (user_path, group_path) = (format!("/Users/{anna}"), format!("/Groups/{group}"));
        let created = app.get(&group_path).await.body["meta"]["created"].clone();
        app.pass(SignedDuration::from_hours(-1));
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": anna }] }]);
        app.patch(&group_path, add).await.expect(StatusCode::OK);
        let rename = json!([{ "op": "replace", "path": "title", "value": "T" }]);
        app.patch(&user_path, rename).await.expect(StatusCode::OK);
        for path in [&group_path, &user_path] {
            let meta = app.get(path).await.body["meta"].clone();
            assert_eq!(meta["lastModified"], created);
            // A user's tag also tells the groups it is shown with.
            assert!(meta["version"].as_str().unwrap().starts_with("W/\"2"), "{meta}");
        }
        app.delete(&user_path).await.expect(StatusCode::NO_CONTENT);
        let meta = app.get(&group_path).await.body["meta"].clone();
        assert_eq!((&meta["lastModified"], &meta["version"]), (&created, &json!("W/\"3\"")));
    }
}

#[tokio::test]
async fn a_tenant_may_allow_groups_of_one_name() {
    for app in App::both().await {
        let tenant = app.tenant;
        let allow = |allowed: bool| {
            let settings = model::settings::Settings { duplicate_group_names: allowed, ..Default::default() };
            app.store.write(move |tx| store::tenant::set_settings(tx, tenant, &settings))
        };
        let one = app.group("Sales").await;
        allow(true).await.unwrap();
        let twin = app.post("/Groups", json!({ "displayName": "SALES" })).await.created();
        app.get("/Groups?filter=displayName+eq+%22sales%22").await.listed(2);
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Tours" }]);
        for group in [&one, &twin] {
            app.patch(&format!("/Groups/{group}"), rename.clone()).await.expect(StatusCode::OK);
        }
        app.post("/Users", json!({ "userName": "anna" })).await.created();
        let user = app.post("/Users", json!({ "userName": "ANNA" })).await;
        user.error(StatusCode::CONFLICT, Some("uniqueness"));

        allow(false).await.unwrap();
        app.group("Guides").await;
        let refused = app.post("/Groups", json!({ "displayName": "guides" })).await;
        refused.error(StatusCode::CONFLICT, Some("uniqueness"));
    }
}
