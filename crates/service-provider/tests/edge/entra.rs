//! What the Microsoft Entra provisioning service sends, shape by shape.

use axum::body::Body;
use axum::http::{Request, StatusCode};
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
async fn test_connection_asks_for_a_random_user_and_group() {
    let app = App::new().await;
    for query in [
        "/Users?filter=userName+eq+%229edf3db5-f590-4367-a7b6-d76747c0a509%22",
        "/Users?filter=externalId+eq+%229edf3db5-f590-4367-a7b6-d76747c0a509%22",
        "/Groups?excludedAttributes=members&filter=displayName+eq+%229edf3db5-f590-4367-a7b6-d76747c0a509%22",
        "/Users?aadOptscim062020&filter=userName+eq+%22nobody%22",
    ] {
        let answer = app.get(query).await;
        assert_eq!(answer.body["Resources"], json!([]));
        assert!(answer.listed(0).is_empty());
    }
}

#[tokio::test]
async fn a_request_without_user_agent_and_with_strange_headers() {
    let app = App::new().await;
    let request = Request::get("/t/contoso/scim/v2/Users")
        .header("Authorization", format!("Bearer {}", app.token))
        .header("ADSCIMVersion", "5.0");
    app.send(request.body(Body::empty()).unwrap()).await.listed(0);
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
async fn create_with_nulls_and_the_misspelt_urn() {
    let app = App::new().await;
    let body = json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
        "userName": "x", "active": true, "addresses": null, "phoneNumbers": null, "preferredLanguage": null,
        "title": null, "department": null, "manager": null,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { "department": "Lab" },
    });
    let answer = app.post("/Users", body).await.expect(StatusCode::CREATED);
    assert_eq!(answer.body[ENTERPRISE], json!({ "department": "Lab" }));
    assert_eq!(answer.body["schemas"], json!([USER, ENTERPRISE]));
    assert_eq!(answer.body.get("title"), None);
}

#[tokio::test]
async fn read_and_query() {
    let app = App::new().await;
    let id = user(&app).await;
    app.get(&format!("/Users/{id}")).await.expect(StatusCode::OK);
    let found = app.get("/Users?filter=userName%20eq%20%22test_user_AB6490EE%22").await;
    assert_eq!(found.listed(1)[0]["id"], id);
    app.get("/Users/5171a35d82074e068ce2").await.error(StatusCode::NOT_FOUND, None);
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
async fn update_with_the_flag_aadoptscim062020() {
    let app = App::new().await;
    let path = format!("/Users/{}?aadOptscim062020", user(&app).await);
    let body = app
        .patch(&path, json!([
            { "op": "replace", "value": { "displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua",
                                          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "Aklq" } },
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x@y.example" },
            { "op": "replace", "path": "active", "value": false },
        ]))
        .await
        .expect(StatusCode::OK)
        .body;
    assert_eq!(body["name"]["givenName"], "Kkom");
    assert_eq!(body["name"]["familyName"], "Unua");
    assert_eq!(body[ENTERPRISE]["employeeNumber"], "Aklq");
    assert_eq!(body["active"], false);
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
async fn roles_from_single_app_role_assignment() {
    let app = App::new().await;
    let path = format!("/Users/{}", user(&app).await);
    let operations = json!([
        { "op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Administrator" },
        { "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin" },
    ]);
    let body = app.patch(&path, operations).await.expect(StatusCode::OK).body;
    assert_eq!(body["roles"], json!([{ "primary": true, "display": "Administrator", "value": "Admin" }]));
    let mut second = new_user();
    second["userName"] = json!("second");
    second["roles"] =
        json!([{ "primary": "True", "type": "WindowsAzureActiveDirectoryRole", "value": "Admin" }]);
    let body = app.post("/Users", second).await.expect(StatusCode::CREATED).body;
    assert_eq!(body["roles"][0]["primary"], true);
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

#[tokio::test]
async fn the_validators_group_tests() {
    let app = App::new().await;
    let (one, other) = (app.user("one").await, app.user("other").await);
    let body = json!({ "displayName": "G", "externalId": "E", "schemas": [GROUP] });
    let path = format!("/Groups/{}", app.post("/Groups", body.clone()).await.created());
    app.post("/Groups", body).await.error(StatusCode::CONFLICT, Some("uniqueness"));
    let operations = json!([{ "op": "replace", "value": { "externalId": "F" } }]);
    assert_eq!(app.patch(&path, operations).await.expect(StatusCode::OK).body["externalId"], "F");
    let operations =
        json!([{ "op": "replace", "path": "members", "value": [{ "value": one }, { "value": other }] }]);
    app.patch(&path, operations).await.expect(StatusCode::OK);
    let operations = json!([
        { "op": "remove", "path": format!("members[value eq \"{one}\"]") },
        { "op": "add", "path": "members", "value": [{ "value": one }] },
        { "op": "remove", "path": format!("members[value eq \"{other}\"]") },
    ]);
    let body = app.patch(&path, operations).await.expect(StatusCode::OK).body;
    assert_eq!(body["members"].as_array().unwrap().len(), 1);
    assert_eq!(body["members"][0]["value"], one);
}

#[tokio::test]
async fn the_validators_operations_on_one_attribute_are_applied_in_order() {
    let app = App::new().await;
    let path = format!("/Users/{}", user(&app).await);
    let operations = json!([
        { "op": "remove", "path": "name.givenName" },
        { "op": "add", "path": "name.givenName", "value": "one" },
        { "op": "replace", "path": "name.givenName", "value": "two" },
        { "op": "replace", "path": "emails[primary eq true].value", "value": "p@x.example" },
        { "op": "remove", "path": "preferredLanguage" },
    ]);
    let body = app.patch(&path, operations).await.expect(StatusCode::OK).body;
    assert_eq!(body["name"]["givenName"], "two");
    assert_eq!(body["emails"][0]["value"], "p@x.example");
    assert_eq!(body["emails"].as_array().unwrap().len(), 1);
}
