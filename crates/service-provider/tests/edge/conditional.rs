//! Conditional requests (RFC 7644 §3.14): reads that are spared, writes that happen only to the version the client knows.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, App, PATCH_OP};

/// Sends a request with one more header.
async fn call(app: &App, method: Method, path: &str, header: (&str, &str), body: Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/t/contoso/scim/v2{path}"))
        .header("Authorization", format!("Bearer {}", app.token))
        .header(header.0, header.1)
        .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) });
    app.send(request.unwrap()).await
}

fn rename(to: &str) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": [{ "op": "replace", "path": "displayName", "value": to }] })
}

#[tokio::test]
async fn a_read_is_spared_while_the_version_stays() {
    for app in App::both().await {
        let path = format!("/Users/{}", app.user("babs").await);
        let tag = app.get(&path).await.header("etag").unwrap().to_owned();
        for known in [tag.as_str(), "*", "\"1\"", &format!("\"x\", {tag}")] {
            let spared = call(&app, Method::GET, &path, ("If-None-Match", known), Value::Null).await;
            let spared = spared.expect(StatusCode::NOT_MODIFIED);
            assert_eq!((spared.header("etag"), &spared.body), (Some(tag.as_str()), &Value::Null));
        }
        app.patch(&path, rename("Babs")["Operations"].clone()).await.expect(StatusCode::OK);
        let changed = call(&app, Method::GET, &path, ("If-None-Match", &tag), Value::Null).await;
        let changed = changed.expect(StatusCode::OK);
        assert_eq!(changed.header("etag"), changed.body["meta"]["version"].as_str());
        assert_ne!(changed.header("etag"), Some(tag.as_str()));
        let other = call(&app, Method::GET, &path, ("If-Match", &tag), Value::Null).await;
        other.error(StatusCode::PRECONDITION_FAILED, None);
    }
}

/// The groups that a user is shown with are no part of the user, but of what the client has.
#[tokio::test]
async fn a_user_in_another_group_is_not_the_one_the_client_has() {
    for app in App::both().await {
        let (id, group) = (app.user("babs").await, app.group("Guides").await);
        let path = format!("/Users/{id}");
        let alone = app.get(&path).await.header("etag").unwrap().to_owned();
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
        app.patch(&format!("/Groups/{group}"), add).await.expect(StatusCode::OK);
        let joined = call(&app, Method::GET, &path, ("If-None-Match", &alone), Value::Null).await;
        let joined = joined.expect(StatusCode::OK);
        let tag = joined.header("etag").unwrap();
        assert_eq!(joined.body["meta"]["version"], tag);
        call(&app, Method::GET, &path, ("If-None-Match", tag), Value::Null)
            .await
            .expect(StatusCode::NOT_MODIFIED);
        // The user is the same, so either tag allows to change it.
        call(&app, Method::PATCH, &path, ("If-Match", tag), rename("x")).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_write_happens_only_to_the_version_the_client_knows() {
    for app in App::both().await {
        for (kind, id) in [("Users", app.user("babs").await), ("Groups", app.group("Guides").await)] {
            let path = format!("/{kind}/{id}");
            let body = json!({ "userName": "babs", "displayName": "Guides" });
            for stale in ["W/\"9\"", "\"\"", "x", "W/\"1"] {
                for (method, body) in
                    [(Method::PUT, body.clone()), (Method::PATCH, rename("x")), (Method::DELETE, Value::Null)]
                {
                    let refused = call(&app, method, &path, ("If-Match", stale), body).await;
                    refused.error(StatusCode::PRECONDITION_FAILED, None);
                }
            }
            for known in ["*", "W/\"1\""] {
                let refused = call(&app, Method::PATCH, &path, ("If-None-Match", known), rename("x")).await;
                refused.error(StatusCode::PRECONDITION_FAILED, None);
            }
            assert_eq!(app.get(&path).await.body["meta"]["version"], "W/\"1\"");
            let changed =
                call(&app, Method::PATCH, &path, ("If-Match", "W/\"7\", W/\"1\""), rename("x")).await;
            let tag = changed.expect(StatusCode::OK).header("etag").unwrap().to_owned();
            assert_eq!(tag, "W/\"2\"");
            call(&app, Method::PUT, &path, ("If-Match", &tag), body).await.expect(StatusCode::OK);
            call(&app, Method::DELETE, &path, ("If-Match", "*"), Value::Null)
                .await
                .expect(StatusCode::NO_CONTENT);
            call(&app, Method::DELETE, &path, ("If-Match", "*"), Value::Null)
                .await
                .error(StatusCode::NOT_FOUND, None);
        }
    }
}

/// RFC 9110 §13.2.2: a request that fails anyway fails for its own reason; there is no version before a resource is.
#[tokio::test]
async fn conditions_come_last() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user("babs").await);
    let broken = call(&app, Method::PATCH, &path, ("If-Match", "W/\"9\""), json!({ "Operations": {} })).await;
    broken.error(StatusCode::BAD_REQUEST, Some("invalidSyntax"));
    let created =
        call(&app, Method::POST, "/Users", ("If-None-Match", "*"), json!({ "userName": "new" })).await;
    created.expect(StatusCode::CREATED);
}
