//! Bodies and headers that nobody means well with.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, App, PATCH_OP};

async fn raw(
    app: &App,
    method: Method,
    path: &str,
    content_type: Option<&str>,
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/t/contoso/scim/v2{path}"))
        .header("Authorization", format!("Bearer {}", app.token));
    if let Some(content_type) = content_type {
        request = request.header("Content-Type", content_type);
    }
    app.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn bodies_that_are_no_resource_are_refused() {
    let app = App::new().await;
    let deep = format!("{{\"userName\":\"x\",\"name\":{}1{}}}", "{\"a\":".repeat(1000), "}".repeat(1000));
    let deeper = "[".repeat(500_000);
    for body in [
        "",
        "null",
        "[]",
        "\"x\"",
        "{",
        "{\"userName\":\"x\"} {}",
        "{\"userName\":\"x\",\"userName\":\"y\"}",
        "{\"userName\":\"x\",\"USERNAME\":\"y\"}",
        "{\"userName\":\"a\\u0000b\"}",
        "{\"userName\":\"\\ud800\"}",
        "\u{feff}{\"userName\":\"x\"}",
        &deep,
        &deeper,
    ] {
        let answer = raw(&app, Method::POST, "/Users", None, body.to_owned()).await;
        answer.error(StatusCode::BAD_REQUEST, Some("invalidSyntax"));
    }
    let utf16: Vec<u8> = "{\"userName\":\"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    raw(&app, Method::POST, "/Users", None, utf16)
        .await
        .error(StatusCode::BAD_REQUEST, Some("invalidSyntax"));
    for body in
        [json!({}), json!({ "userName": "" }), json!({ "userName": 7 }), json!({ "userName": { "a": 1 } })]
    {
        app.post("/Users", body).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    }
    app.get("/Users").await.listed(0);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let app = App::new().await;
    let big = format!("{{\"userName\":\"{}\"}}", "x".repeat(service_provider::limits::MAX_BODY_BYTES));
    let announced = Request::post("/t/contoso/scim/v2/Users")
        .header("Authorization", format!("Bearer {}", app.token))
        .header("Content-Length", big.len())
        .body(Body::from(big.clone()))
        .unwrap();
    app.send(announced).await.error(StatusCode::PAYLOAD_TOO_LARGE, None);
    raw(&app, Method::POST, "/Users", None, big).await.error(StatusCode::PAYLOAD_TOO_LARGE, None);
}

#[tokio::test]
async fn no_resource_grows_without_bound() {
    let app = App::new().await;
    let user = app.user("babs").await;
    let path = format!("/Users/{user}");
    let photos = |name: &str| json!([{ "value": format!("data:{name},{}", "x".repeat(200 * 1024)) }]);
    let add = |name: &str| json!([{ "op": "add", "path": "photos", "value": photos(name) }]);
    for name in ["a", "b"] {
        app.patch(&path, add(name)).await.expect(StatusCode::OK);
    }
    let before = app.get(&path).await.body;
    app.patch(&path, add("c")).await.error(StatusCode::PAYLOAD_TOO_LARGE, None);
    let all: Vec<Value> = ["a", "b", "c"].iter().map(|name| photos(name)[0].clone()).collect();
    let whole = json!({ "userName": "other", "photos": all });
    app.put(&path, whole.clone()).await.error(StatusCode::PAYLOAD_TOO_LARGE, None);
    app.post("/Users", whole).await.error(StatusCode::PAYLOAD_TOO_LARGE, None);
    assert_eq!(app.get("/Users").await.listed(1), [before]);
}

#[tokio::test]
async fn media_types() {
    let app = App::new().await;
    let accepted = [
        None,
        Some(""),
        Some("application/scim+json"),
        Some("application/scim+json; charset=utf-8"),
        Some("Application/JSON;charset=UTF-8"),
    ];
    for (number, content_type) in accepted.into_iter().enumerate() {
        let body = json!({ "userName": format!("user{number}") }).to_string();
        let answer = raw(&app, Method::POST, "/Users", content_type, body).await.expect(StatusCode::CREATED);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
    }
    for content_type in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonx"]
    {
        let answer = raw(&app, Method::POST, "/Users", Some(content_type), "{}").await;
        answer.error(StatusCode::UNSUPPORTED_MEDIA_TYPE, None);
    }
}

#[tokio::test]
async fn filters_that_are_too_deep_or_too_long_are_refused() {
    let app = App::new().await;
    app.user("babs").await;
    for filter in [
        format!("{}title+pr{}", "(".repeat(1000), ")".repeat(1000)),
        "not+(".repeat(5000),
        format!("title+pr{}", "+and+title+pr".repeat(1000)),
        "emails[".repeat(3000),
        format!("title+eq+%22{}%22", "x".repeat(20_000)),
    ] {
        app.get(&format!("/Users?filter={filter}"))
            .await
            .error(StatusCode::BAD_REQUEST, Some("invalidFilter"));
    }
}

#[tokio::test]
async fn patches_that_can_not_be_are_refused_and_change_nothing() {
    let app = App::new().await;
    let id = app.user("babs").await;
    let path = format!("/Users/{id}");
    let before = app.get(&path).await.body;
    let first = json!({ "op": "replace", "path": "title", "value": "must not stay" });
    for (operation, scim_type) in [
        (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        (json!({ "op": "replace", "path": "meta.version", "value": "x" }), "mutability"),
        (json!({ "op": "replace", "path": "groups", "value": [] }), "mutability"),
        (json!({ "op": "replace", "path": "__proto__.x", "value": 1 }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[", "value": 1 }), "invalidPath"),
        (json!({ "op": "replace", "path": "userName.foo", "value": 1 }), "invalidPath"),
        (json!({ "op": "replace", "path": "active", "value": "maybe" }), "invalidValue"),
        (json!({ "op": "remove" }), "noTarget"),
        (json!({ "op": "shuffle", "path": "title" }), "invalidSyntax"),
        (json!({ "op": "replace", "path": "emails[type ne \"work\"].value", "value": "x" }), "noTarget"),
    ] {
        let answer = app.patch(&path, json!([first, operation])).await;
        assert_eq!(answer.body["scimType"], scim_type, "{operation} {}", answer.body);
        answer.error(StatusCode::BAD_REQUEST, Some(scim_type));
        assert_eq!(app.get(&path).await.body, before);
    }
    for body in [json!([]), json!({}), json!({ "schemas": [PATCH_OP], "Operations": 7 })] {
        let answer = app.call(Method::PATCH, &path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
}

#[tokio::test]
async fn ids_that_can_not_be_are_not_found() {
    let app = App::new().await;
    let id = app.user("babs").await;
    for strange in [
        &id.to_uppercase(),
        &id.replace('-', ""),
        "010101001010101011001010101011",
        "%2e%2e",
        "..%2fGroups",
        "%00",
        "%ff",
        "'%20or%201=1--",
        &"x".repeat(5000),
    ] {
        let answer = app.get(&format!("/Users/{strange}")).await;
        answer.error(StatusCode::NOT_FOUND, None);
    }
    let listed: Value = app.get(&format!("/Groups/{id}")).await.error(StatusCode::NOT_FOUND, None).body;
    assert!(listed["detail"].as_str().unwrap().contains(&id));
}
