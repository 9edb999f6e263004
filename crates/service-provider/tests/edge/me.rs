//! `/Me` (RFC 7644 §3.11) for a token that is nobody, and for one that stands for a user.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use model::ResourceId;
use model::grant::Grant;
use serde_json::{Value, json};

use crate::support::{Answer, App, PATCH_OP, TENANT_URL, USER};

#[tokio::test]
async fn a_token_of_a_connection_is_nobody() {
    let app = App::new().await;
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = app.call(method, "/Me", None).await.error(StatusCode::NOT_FOUND, None);
        assert!(answer.body["detail"].as_str().unwrap().contains("token"));
    }
    app.call(Method::OPTIONS, "/Me", None).await.error(StatusCode::METHOD_NOT_ALLOWED, None);
}

/// The tenant's user `babs`, and a token that stands for her and is limited by `scope`.
async fn babs(app: &mut App, scope: &str) -> String {
    let id = app.user("babs").await;
    let subject = Some(ResourceId(id.parse().unwrap()));
    app.token = app.token_with(Grant { scope: scope.parse().unwrap(), subject, ..Grant::default() }).await;
    id
}

/// Asserts that the answer says where the user is for good, whatever became of the request.
#[track_caller]
fn located(answer: Answer, status: StatusCode, id: &str) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer.header("location"), Some(&*format!("{TENANT_URL}/Users/{id}")));
    answer
}

#[tokio::test]
async fn a_token_of_a_user_reads_and_changes_its_user() {
    for mut app in App::both().await {
        let id = babs(&mut app, "users_only").await;
        let me = located(app.get("/Me?attributes=userName").await, StatusCode::OK, &id);
        assert_eq!((&me.body["id"], &me.body["userName"]), (&json!(id), &json!("babs")));
        assert_eq!(me.body["displayName"], Value::Null);

        let body = json!({ "schemas": [USER], "userName": "babs", "displayName": "Barbara" });
        let me = located(app.put("/Me", body).await, StatusCode::OK, &id);
        assert_eq!(me.body["meta"]["location"], format!("{TENANT_URL}/Users/{id}"));
        let change = json!([{ "op": "replace", "path": "displayName", "value": "Babs" }]);
        located(app.patch("/Me", change).await, StatusCode::OK, &id);
        assert_eq!(app.get(&format!("/Users/{id}")).await.body["displayName"], "Babs");

        located(app.delete("/Me").await, StatusCode::NO_CONTENT, &id);
        located(app.get("/Me").await, StatusCode::NOT_FOUND, &id);
        app.get(&format!("/Users/{id}")).await.error(StatusCode::NOT_FOUND, None);
        assert_eq!(app.audited(&id).await, ["user.create", "user.update", "user.update", "user.delete"]);
    }
}

#[tokio::test]
async fn versions_are_those_of_the_user() {
    for mut app in App::both().await {
        let id = babs(&mut app, "").await;
        let version = app.get(&format!("/Users/{id}")).await.header("etag").unwrap().to_owned();
        let with = async |method: Method, header: &str, tag: &str| {
            let request = Request::builder().method(method).uri("/t/contoso/scim/v2/Me").header(header, tag);
            let request = request.header("Authorization", format!("Bearer {}", app.token));
            app.send(request.body(Body::empty()).unwrap()).await
        };
        located(with(Method::GET, "If-None-Match", &version).await, StatusCode::NOT_MODIFIED, &id);
        located(with(Method::DELETE, "If-Match", "W/\"9\"").await, StatusCode::PRECONDITION_FAILED, &id);
        located(with(Method::DELETE, "If-Match", &version).await, StatusCode::NO_CONTENT, &id);
    }
}

#[tokio::test]
async fn a_token_of_a_user_is_held_to_its_scope() {
    for mut app in App::both().await {
        let id = babs(&mut app, "read_only").await;
        located(app.get("/Me").await, StatusCode::OK, &id);
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let body = json!({ "schemas": [PATCH_OP], "userName": "babs" });
            app.call(method, "/Me", Some(body)).await.error(StatusCode::FORBIDDEN, None);
        }
    }
}

#[tokio::test]
async fn what_me_refuses_says_where_the_user_is() {
    let mut app = App::new().await;
    let id = babs(&mut app, "").await;
    located(app.post("/Me", json!({ "userName": "other" })).await, StatusCode::NOT_IMPLEMENTED, &id);
    located(app.put("/Me", json!([])).await, StatusCode::BAD_REQUEST, &id);
    located(app.call(Method::PATCH, "/Me", None).await, StatusCode::BAD_REQUEST, &id);
}

/// A subject is an id and nothing more: it must not lead out of the tenant.
#[tokio::test]
async fn another_tenants_user_is_nobody_here() {
    for mut app in App::both().await {
        let id = babs(&mut app, "").await;
        let (_, foreign) = app.other_tenant("fabrikam").await;
        let request = Request::post("/t/fabrikam/scim/v2/Users")
            .header("Authorization", format!("Bearer {foreign}"))
            .header("Content-Type", "application/scim+json");
        let body = json!({ "schemas": [USER], "userName": "theirs" });
        let theirs = app.send(request.body(Body::from(body.to_string())).unwrap()).await.created();
        let subject = Some(ResourceId(theirs.parse().unwrap()));
        app.token = app.token_with(Grant { subject, ..Grant::default() }).await;
        for method in [Method::GET, Method::DELETE] {
            located(app.call(method, "/Me", None).await, StatusCode::NOT_FOUND, &theirs);
        }
        app.get(&format!("/Users/{id}")).await.expect(StatusCode::OK);
    }
}
