//! The tests that Microsoft's gallery sends to an endpoint directly, and the collection of its reference code.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::replay::{Replay, Sender, holds};
use crate::replay_validator::full;
use crate::support::{ENTERPRISE, GROUP, USER};

#[tokio::test]
async fn gallery_null_update() {
    let entra = Replay::of(Sender::Entra).await;
    let path = entra.made("/Users", full("ana")).await;
    for (value, expected) in [(json!(""), json!("")), (Value::Null, Value::Null)] {
        for attribute in ["title", "nickName", "name.middleName"] {
            let operations = json!([{ "op": "replace", "path": attribute, "value": value }]);
            entra.patch(&path, operations).await.expect(StatusCode::OK);
            let pointer = format!("/{}", attribute.replace('.', "/"));
            holds(&entra.get(&path).await.body, &[(&pointer, expected.clone())]);
        }
    }
}

#[tokio::test]
async fn gallery_update_in_one_operation() {
    let entra = Replay::of(Sender::Entra).await;
    let path = entra.made("/Users", full("ana")).await;
    let operations = json!([{ "op": "replace", "value": {
        "displayName": "new", "name.givenName": "Ana", "emails[type eq \"work\"].value": "new@x.example",
        format!("{ENTERPRISE}:department"): "Sales",
    } }]);
    let user = entra.patch(&path, operations).await.expect(StatusCode::OK).body;
    let department = format!("/{ENTERPRISE}/department");
    holds(
        &user,
        &[
            ("/name/givenName", json!("Ana")),
            ("/emails/0/value", json!("new@x.example")),
            (&department, json!("Sales")),
        ],
    );
}

#[tokio::test]
async fn gallery_pagination() {
    let entra = Replay::of(Sender::Entra).await;
    for number in 0..11 {
        entra.post("/Users", json!({ "schemas": [USER], "userName": format!("u{number}") })).await.created();
    }
    let mut seen = Vec::new();
    for (page, expected) in [(0, 5), (1, 5), (2, 1)] {
        let start = page * 5 + 1;
        let answer = entra.get(&format!("/Users?startIndex={start}&count=5")).await.expect(StatusCode::OK);
        assert_eq!(answer.body["startIndex"], start);
        let users = answer.listed(11);
        assert_eq!(users.len(), expected);
        seen.extend(users.into_iter().map(|user| user["id"].clone()));
    }
    seen.sort_by_key(Value::to_string);
    seen.dedup();
    assert_eq!(seen.len(), 11);
}

#[tokio::test]
async fn gallery_update_manager() {
    let entra = Replay::of(Sender::Entra).await;
    let path = entra.made("/Users", full("ana")).await;
    let manager = format!("{ENTERPRISE}:manager");
    for (op, value, expected) in [
        ("Add", json!("1"), json!("1")),
        ("Replace", json!("2"), json!("2")),
        ("Replace", json!(""), Value::Null),
    ] {
        let operations = json!([{ "op": op, "path": manager, "value": value }]);
        entra.patch(&path, operations).await.expect(StatusCode::OK);
        let pointer = format!("/{ENTERPRISE}/manager/value");
        holds(&entra.get(&path).await.body, &[(&pointer, expected)]);
    }
}

#[tokio::test]
async fn postman_reads() {
    let postman = Replay::of(Sender::Postman).await;
    postman.get("/Users").await.listed(0);
    postman.get("/Groups").await.listed(0);
    for path in ["/ResourceTypes", "/ServiceProviderConfig", "/Schemas"] {
        postman.get(path).await.expect(StatusCode::OK);
    }
    let path = postman.made("/Users", full("ryan3@x.example")).await;
    postman.made("/Users", full("other@x.example")).await;
    let partly = postman.get(&format!("{path}?attributes=userName")).await.expect(StatusCode::OK).body;
    holds(&partly, &[("/userName", json!("ryan3@x.example")), ("/displayName", Value::Null)]);
    for (filter, total) in [
        ("userName eq \"ryan3@x.example\"", 1),
        ("userName eq \"ryan3@x.example\" and active eq true", 1),
        ("userName eq \"ryan3@x.example\" or userName eq \"other@x.example\"", 2),
        ("userName sw \"ryan\"", 1),
        ("userName co \"x.exam\"", 2),
        ("meta.created gt \"2020-01-01T00:00:00Z\"", 2),
    ] {
        assert_eq!(postman.found("/Users", filter).await.len(), total, "{filter}");
    }
    assert_eq!(postman.get("/Users?startIndex=1&count=1").await.listed(2).len(), 1);
}

#[tokio::test]
async fn postman_posts() {
    let postman = Replay::of(Sender::Postman).await;
    let post = |members: Value| {
        let postman = &postman;
        async move { postman.post("/Users", members).await }
    };
    post(json!({ "schemas": [USER], "userName": "plain" })).await.expect(StatusCode::CREATED);
    let text = post(json!({ "schemas": [USER, ENTERPRISE], "userName": "text", "active": "True",
                            ENTERPRISE: { "department": "bob" } }));
    assert_eq!(text.await.expect(StatusCode::CREATED).body["active"], true);
    for garbage in
        [json!({ "userName": 7 }), json!({ "active": "perhaps", "userName": "x" }), json!([]), json!({})]
    {
        assert_eq!(post(garbage).await.status, StatusCode::BAD_REQUEST);
    }
    post(json!({ "schemas": [USER], "userName": "PLAIN" }))
        .await
        .error(StatusCode::CONFLICT, Some("uniqueness"));
}

#[tokio::test]
async fn postman_writes() {
    let postman = Replay::of(Sender::Postman).await;
    let path = postman.made("/Users", full("ana")).await;
    let put =
        json!({ "schemas": [USER], "id": path.strip_prefix("/Users/"), "userName": "bo", "active": true });
    holds(
        &postman.put(&path, put).await.expect(StatusCode::OK).body,
        &[("/userName", json!("bo")), ("/title", Value::Null)],
    );
    let group = postman.made("/Groups", json!({ "schemas": [GROUP], "displayName": "G" })).await;
    let id = path.strip_prefix("/Users/").unwrap();
    let add = json!([{ "op": "add", "path": "members", "value": [{ "$ref": null, "value": id }] }]);
    let remove = json!([{ "op": "remove", "path": "members", "value": [{ "$ref": null, "value": id }] }]);
    for (operations, left) in
        [(&add, 1), (&remove, 0), (&add, 1), (&json!([{ "op": "remove", "path": "members" }]), 0)]
    {
        postman.patch(&group, operations.clone()).await.expect(StatusCode::OK);
        let members = postman.get(&group).await.body["members"].as_array().map_or(0, Vec::len);
        assert_eq!(members, left, "{operations}");
    }
    for path in [group, path] {
        postman.delete(&path).await.expect(StatusCode::NO_CONTENT);
    }
}
