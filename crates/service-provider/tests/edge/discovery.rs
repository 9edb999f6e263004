//! What a client learns about the service provider.

use axum::http::{Method, StatusCode};
use model::tenant::Application as Kind;
use serde_json::{Value, json};
use testkit::{Database, TestStore};

use crate::support::{App, ENTERPRISE, GROUP, TENANT_URL, USER};

#[tokio::test]
async fn the_configuration_says_what_is_supported_now() {
    let app = App::new().await;
    let body = app.get("/ServiceProviderConfig").await.expect(StatusCode::OK).body;
    let supported = |name: &str| body[name]["supported"].as_bool().unwrap();
    let features = ["patch", "filter", "bulk", "sort", "etag", "changePassword"];
    assert_eq!(features.map(supported), [true, true, true, true, true, false]);
    assert_eq!(body["filter"]["maxResults"], 1000);
    assert_eq!(
        body["bulk"],
        json!({ "supported": true, "maxOperations": 1000, "maxPayloadSize": 1_048_576 })
    );
    let pagination = json!({
        "cursor": true, "index": true, "defaultPaginationMethod": "index",
        "defaultPageSize": 100, "maxPageSize": 1000, "cursorTimeout": 3600,
    });
    assert_eq!(body["pagination"], pagination);
    let schemes = body["authenticationSchemes"].as_array().unwrap();
    assert_eq!(schemes.len(), 1, "this one issues no tokens");
    assert_eq!(schemes[0]["type"], "oauthbearertoken");
    assert_eq!(body["meta"]["location"], format!("{TENANT_URL}/ServiceProviderConfig"));
}

#[tokio::test]
async fn resource_types_and_schemas_are_lists_and_single_resources() {
    let app = App::new().await;
    let types = app.get("/ResourceTypes").await.listed(2);
    assert_eq!(types[0]["id"], "User");
    assert_eq!(types[0]["endpoint"], "/Users");
    assert_eq!(types[0]["schemaExtensions"], json!([{ "schema": ENTERPRISE, "required": false }]));
    assert_eq!(types[1]["meta"]["location"], format!("{TENANT_URL}/ResourceTypes/Group"));
    assert_eq!(app.get("/ResourceTypes/Group").await.expect(StatusCode::OK).body, types[1]);
    app.get("/ResourceTypes/Device").await.error(StatusCode::NOT_FOUND, None);

    let schemas = app.get("/Schemas").await.listed(3);
    let ids: Vec<_> = schemas.iter().map(|schema| schema["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [USER, ENTERPRISE, GROUP]);
    for schema in &schemas {
        let id = schema["id"].as_str().unwrap();
        let one = app.get(&format!("/Schemas/{id}")).await.expect(StatusCode::OK);
        assert_eq!(&one.body, schema);
        assert_eq!(one.body["meta"]["location"], format!("{TENANT_URL}/Schemas/{id}"));
    }
    let user_name = schemas[0]["attributes"].as_array().unwrap().iter().find(|at| at["name"] == "userName");
    assert_eq!(user_name.unwrap()["uniqueness"], "server");
    app.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Device").await.error(StatusCode::NOT_FOUND, None);
}

#[tokio::test]
async fn discovery_is_neither_filtered_nor_written() {
    let app = App::new().await;
    for path in ["/ResourceTypes", "/Schemas"] {
        app.get(&format!("{path}?filter=id+pr")).await.error(StatusCode::FORBIDDEN, None);
    }
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = app.call(method.clone(), path, Some(json!({}))).await;
            let answer = answer.error(StatusCode::METHOD_NOT_ALLOWED, None);
            assert!(answer.header("allow").unwrap().contains("GET"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_scim_errors() {
    let app = App::new().await;
    for path in ["/Devices", "/Users/1/2", "/users", "/bulk", "/me"] {
        app.get(path).await.error(StatusCode::NOT_FOUND, None);
    }
    let refused = app.call(Method::PUT, "/Users", Some(json!({}))).await;
    let refused = refused.error(StatusCode::METHOD_NOT_ALLOWED, None);
    let mut allowed: Vec<_> = refused.header("allow").unwrap().split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn the_print_application_has_its_extension() {
    use print::PRINT_USER_URN as PRINT;
    let app = App::with(TestStore::open(Database::sqlite(), &[print::TABLES]), Kind::Print).await;
    let schemas: Vec<Value> = app.get("/Schemas").await.listed(4);
    let extension = schemas.iter().find(|schema| schema["id"] == PRINT).unwrap();
    let attributes = extension["attributes"].as_array().unwrap().iter();
    let shown: Vec<_> =
        attributes.map(|a| (a["name"].as_str().unwrap(), a["returned"].as_str().unwrap())).collect();
    let secret = |name| (name, "never");
    let rest = ["pin", "cardNumber", "cardRegistrationCode"].map(secret);
    assert_eq!((shown[0], &shown[1..]), (("localUsername", "default"), &rest[..]));
    let user = |name: &str, local: &str| json!({ "userName": name, PRINT: { "localUsername": local, "pin": local } });
    let created = app.post("/Users", user("a@example.com", "Anna")).await.expect(StatusCode::CREATED);
    assert_eq!(created.body[PRINT], json!({ "localUsername": "Anna" }));
    assert_eq!(created.body["schemas"], json!([USER, PRINT]));
    app.get(&format!("/Users?filter={PRINT}:localUsername+eq+%22ANNA%22")).await.listed(1);
    let refused = app.post("/Users", user("b@example.com", "anna")).await;
    let refused = refused.error(StatusCode::CONFLICT, Some("uniqueness"));
    assert!(refused.body["detail"].as_str().unwrap().contains("localUsername"));
}
