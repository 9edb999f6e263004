//! What the Microsoft Entra provisioning service sends in the life of a user and a group, on both engines. Each shape of
//! request has a test of its own in `replay_entra`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{App, ENTERPRISE, GROUP, USER};

const AD_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

fn new_user() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Test_User_ab6490ee",
        "active": true,
        "emails": [{ "primary": true, "type": "work", "value": "Test_User_fd0ea19b@testuser.com" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName" },
        "roles": [],
    })
}

async fn user(app: &App) -> String {
    app.post("/Users", new_user()).await.created()
}

#[tokio::test]
async fn create() {
    for app in App::both().await {
        let answer = app.post("/Users", new_user()).await.expect(StatusCode::CREATED);
        assert_eq!(answer.body["userName"], "Test_User_ab6490ee");
        assert_eq!(answer.body["emails"], new_user()["emails"]);
        assert_eq!(answer.body.get("roles"), None);
        app.post("/Users", new_user()).await.error(StatusCode::CONFLICT, Some("uniqueness"));
    }
}

#[tokio::test]
async fn update_several_attributes() {
    for app in App::both().await {
        let path = format!("/Users/{}", user(&app).await);
        let operations = json!([
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@microsoft.com" },
            { "op": "Replace", "path": "name.familyName", "value": "updatedFamilyName" },
            { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "55555555555" },
            { "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Omaha" },
            { "op": "Add", "path": "addresses[type eq \"work\"].region", "value": "NE" },
            { "op": "Add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "7" },
            { "op": "Replace", "path": "userName", "value": "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com" },
        ]);
        let body = app.patch(&path, operations).await.expect(StatusCode::OK).body;
        assert_eq!(
            body["emails"],
            json!([{ "primary": true, "type": "work", "value": "updatedEmail@microsoft.com" }])
        );
        assert_eq!(body["name"]["familyName"], "updatedFamilyName");
        assert_eq!(body["phoneNumbers"], json!([{ "type": "mobile", "value": "55555555555" }]));
        assert_eq!(body["addresses"], json!([{ "type": "work", "locality": "Omaha", "region": "NE" }]));
        assert_eq!(body[ENTERPRISE]["employeeNumber"], "7");
        app.get("/Users?filter=userName+eq+%22Test_User_ab6490ee%22").await.listed(0);
        app.get("/Users?filter=emails[type+eq+%22work%22].value+eq+%22updatedemail@microsoft.com%22")
            .await
            .listed(1);
    }
}

#[tokio::test]
async fn disable_and_enable_by_text() {
    for app in App::both().await {
        let path = format!("/Users/{}", user(&app).await);
        for (value, active) in
            [(json!("False"), false), (json!("True"), true), (json!("false"), false), (json!(true), true)]
        {
            let operations = json!([{ "op": "Replace", "path": "active", "value": value }]);
            let body = app.patch(&path, operations).await.expect(StatusCode::OK).body;
            assert_eq!(body["active"], active);
            assert_eq!(app.get(&path).await.body["active"], active);
            app.get("/Users?filter=userName+eq+%22Test_User_ab6490ee%22").await.listed(1);
        }
    }
}

#[tokio::test]
async fn manager_in_every_form() {
    for app in App::both().await {
        let boss = app.user("boss").await;
        let id = user(&app).await;
        let path = format!("/Users/{id}");
        let by_urn = format!("{ENTERPRISE}:manager");
        for (op, path_text, value) in [
            ("Add", by_urn.as_str(), json!(boss)),
            (
                "Add",
                "manager",
                json!([{ "$ref": format!("http://example.com/Users/{boss}"), "value": boss }]),
            ),
            ("Replace", &by_urn, json!({ "value": boss })),
        ] {
            let operations = json!([{ "op": op, "path": path_text, "value": value }]);
            let body = app.patch(&path, operations).await.expect(StatusCode::OK).body;
            assert_eq!(body[ENTERPRISE]["manager"]["value"], boss, "{body}");
            let check = format!("/Users?attributes=id&filter=id+eq+%22{id}%22+and+manager+eq+%22{boss}%22");
            assert_eq!(app.get(&check).await.listed(1)[0]["id"], id);
            let check = format!("/Users?attributes=id&filter=manager+eq+%22{boss}%22+and+id+eq+%22{id}%22");
            app.get(&check).await.listed(1);
            let operations = json!([{ "op": "replace", "path": by_urn, "value": { "value": "" } }]);
            let body = app.patch(&path, operations).await.expect(StatusCode::OK).body;
            assert_eq!(body.get(ENTERPRISE).and_then(|extension| extension.get("manager")), None);
        }
        let mut on_demand = new_user();
        on_demand["userName"] = json!("on-demand");
        on_demand[ENTERPRISE] = json!({ "manager": "no user of ours" });
        let body = app.post("/Users", on_demand).await.expect(StatusCode::CREATED).body;
        assert_eq!(body[ENTERPRISE]["manager"]["value"], "no user of ours");
    }
}

#[tokio::test]
async fn groups_are_created_empty_and_filled() {
    for app in App::both().await {
        let member = user(&app).await;
        let body = json!({
            "schemas": [GROUP, AD_GROUP], "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "displayName", "meta": { "resourceType": "Group" },
        });
        let created = app.post("/Groups", body).await.expect(StatusCode::CREATED);
        assert_eq!(created.body.get("members"), None);
        let path = format!("/Groups/{}", created.body["id"].as_str().unwrap());
        app.get(&format!("{path}?excludedAttributes=members")).await.expect(StatusCode::OK);
        app.get("/Groups?excludedAttributes=members&filter=displayName+eq+%22DISPLAYNAME%22").await.listed(1);
        let rename = json!([{ "op": "Replace", "path": "displayName", "value": "1879db59" }]);
        assert_eq!(app.patch(&path, rename).await.expect(StatusCode::OK).body["displayName"], "1879db59");
        let value = json!([{ "$ref": null, "value": member }]);
        let add = json!([{ "op": "Add", "path": "members", "value": value }]);
        for _ in 0..2 {
            let body = app.patch(&path, add.clone()).await.expect(StatusCode::OK).body;
            assert_eq!(body["members"].as_array().unwrap().len(), 1);
        }
        let other = app.user("other").await;
        let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": other }] }]);
        app.patch(&path, add).await.expect(StatusCode::OK);
        let remove = json!([{ "op": "Remove", "path": "members", "value": value }]);
        for _ in 0..2 {
            let body = app.patch(&path, remove.clone()).await.expect(StatusCode::OK).body;
            assert_eq!(body["members"].as_array().unwrap().len(), 1);
            assert_eq!(body["members"][0]["value"], other);
        }
        let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{other}\"]") }]);
        assert_eq!(app.patch(&path, remove).await.expect(StatusCode::OK).body.get("members"), None);
        app.delete(&path).await.expect(StatusCode::NO_CONTENT);
        app.delete(&path).await.error(StatusCode::NOT_FOUND, None);
    }
}
