//! What an application does itself: reached by its own backend, and by nobody who provisions.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use model::grant::Grant;
use model::tenant::Application as Kind;
use serde_json::{Value, json};
use testkit::{Database, TestStore};

use crate::support::{Answer, App, USER};

/// Asks the application of a tenant as somebody.
pub async fn ask(app: &App, (method, path): (Method, &str), token: &str, body: Option<Value>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/t/contoso/api/v1{path}"))
        .header("Authorization", format!("Bearer {token}"));
    let request = if body.is_some() { request.header("Content-Type", "application/json") } else { request };
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    app.send(request.body(body).unwrap()).await
}

/// Asserts a problem (RFC 9457) whose detail tells these words.
#[track_caller]
pub fn problem(answer: Answer, status: StatusCode, words: &[&str]) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.body["status"], status.as_u16());
    let detail = answer.body["detail"].as_str().unwrap();
    for word in words {
        assert!(detail.contains(word), "{word:?} is not in {detail:?}");
    }
    answer
}

/// A workplace tenant on each engine, and a token of its backend.
async fn workplaces() -> [(App, String); 2] {
    let [one, other] = [Database::sqlite(), Database::postgres()];
    [workplace(one).await, workplace(other).await]
}

async fn workplace(database: Database) -> (App, String) {
    let app = App::with(TestStore::open(database, &[workplace::TABLES]), Kind::Workplace).await;
    let token = app.application_token(app.tenant, Grant::default()).await;
    (app, token)
}

async fn get(app: &App, path: &str, token: &str) -> Value {
    ask(app, (Method::GET, path), token, None).await.expect(StatusCode::OK).body
}

#[tokio::test]
async fn the_backend_makes_locations_and_users_move_in() {
    for (app, token) in workplaces().await {
        let user = json!({ "schemas": [USER], "userName": "ana", "addresses": [{ "type": "work", "locality": "Omaha" }] });
        let ana = app.post("/Users", user).await.created();
        let waiting = get(&app, "/unmatched?limit=5", &token).await;
        assert_eq!(waiting, json!({ "users": [{ "user": ana, "display": "ana", "locality": "Omaha" }] }));

        let new = json!({ "name": "Omaha HQ", "aliases": ["OMA"] });
        let made = ask(&app, (Method::POST, "/locations"), &token, Some(new)).await;
        let id = made.expect(StatusCode::CREATED).body["id"].as_str().unwrap().to_owned();
        let alias = format!("/locations/{id}/aliases/omaha");
        let answer = ask(&app, (Method::PUT, &alias), &token, None).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(answer.body, Value::Null);
        assert_eq!(get(&app, "/unmatched", &token).await, json!({ "users": [] }));
        let expected = json!({ "locations": [{ "id": id, "name": "Omaha HQ", "occupants": 1 }] });
        assert_eq!(get(&app, "/locations", &token).await, expected);
        assert_eq!(app.audited(&id).await, ["location.create", "location.alias"]);
    }
}

#[tokio::test]
async fn refusals_are_problems_that_name_the_place() {
    let (app, token) = workplace(Database::sqlite()).await;
    let post = |body: Value| ask(&app, (Method::POST, "/locations"), &token, Some(body));
    problem(
        post(json!({ "name": "Omaha", "aliases": [1] })).await,
        StatusCode::BAD_REQUEST,
        &["aliases[0]", "string"],
    );
    problem(post(json!({ "nam": "Omaha" })).await, StatusCode::BAD_REQUEST, &["nam", "name"]);
    problem(post(json!({ "name": " " })).await, StatusCode::BAD_REQUEST, &["empty"]);
    post(json!({ "name": "Omaha" })).await.expect(StatusCode::CREATED);
    problem(post(json!({ "name": "OMAHA" })).await, StatusCode::CONFLICT, &["OMAHA"]);
    let as_one = |method, path| ask(&app, (method, path), &token, None);
    problem(as_one(Method::GET, "/unmatched?limit=x").await, StatusCode::BAD_REQUEST, &["parameters"]);
    problem(as_one(Method::GET, "/unmatched?limit=0").await, StatusCode::BAD_REQUEST, &["1 to 1000"]);
    problem(as_one(Method::GET, "/unmatched?limits=1").await, StatusCode::BAD_REQUEST, &["limits"]);
    problem(as_one(Method::GET, "/nothing").await, StatusCode::NOT_FOUND, &["/nothing", "openapi.json"]);
    problem(as_one(Method::DELETE, "/locations").await, StatusCode::METHOD_NOT_ALLOWED, &["GET, POST"]);
    let nowhere = format!("/locations/{}/aliases/x", uuid::Uuid::nil());
    problem(as_one(Method::PUT, &nowhere).await, StatusCode::NOT_FOUND, &["no location"]);
}

/// Row B3 of docs/threats.md for the application's addresses: every operation, and one that does not exist.
#[tokio::test]
async fn nobody_but_the_backend_gets_in() {
    let (app, token) = workplace(Database::sqlite()).await;
    let (other, _) = app.other_tenant("fabrikam").await;
    let strange = app.application_token(other, Grant::default()).await;
    let reading = "read_only".parse().unwrap();
    let reader = app.application_token(app.tenant, Grant { scope: reading, ..Grant::default() }).await;
    let users = "users_only".parse().unwrap();
    let of_users = app.application_token(app.tenant, Grant { scope: users, ..Grant::default() }).await;
    let operations = [(Method::GET, "/locations"), (Method::POST, "/locations"), (Method::GET, "/nothing")];
    for (method, path) in operations.into_iter().chain([(Method::GET, "/openapi.json")]) {
        let as_one = |token: &str| {
            let token = token.to_owned();
            let (app, method) = (&app, method.clone());
            async move { ask(app, (method, path), &token, None).await }
        };
        let refused = problem(as_one("nonsense").await, StatusCode::UNAUTHORIZED, &[]);
        assert!(refused.header("www-authenticate").is_some());
        problem(as_one(&strange).await, StatusCode::NOT_FOUND, &["Tenant URL"]);
        problem(as_one(&app.token).await, StatusCode::FORBIDDEN, &["kind application"]);
        problem(as_one(&of_users).await, StatusCode::FORBIDDEN, &["users only", "users_only"]);
        if method == Method::POST {
            problem(as_one(&reader).await, StatusCode::FORBIDDEN, &["reading only"]);
        }
    }
    assert_eq!(get(&app, "/locations", &reader).await, json!({ "locations": [] }));
    // And the other way round: who serves the application provisions nobody.
    let mut backend = app;
    backend.token = token;
    let refused = backend.get("/Users").await.error(StatusCode::FORBIDDEN, None);
    assert!(refused.body["detail"].as_str().unwrap().contains("not for SCIM"));
}

#[tokio::test]
async fn the_latest_word_about_active_counts() {
    for (kind, tables, database) in [
        (Kind::Plain, None, Database::sqlite()),
        (Kind::Print, Some(print::TABLES), Database::sqlite()),
        (Kind::Workplace, Some(workplace::TABLES), Database::postgres()),
    ] {
        let tables: Vec<_> = tables.into_iter().collect();
        let app = App::with(TestStore::open(database, &tables), kind).await;
        let token = app.application_token(app.tenant, Grant::default()).await;
        let user = json!({ "schemas": [USER], "userName": "ana" });
        let id = app.post("/Users", user.clone()).await.created();
        let (path, by_hand) = (format!("/Users/{id}"), format!("/users/{id}/active"));
        let set =
            |active: Value| ask(&app, (Method::PUT, &by_hand), &token, Some(json!({ "active": active })));
        set(json!(false)).await.expect(StatusCode::NO_CONTENT);
        let inactive = app.get(&path).await.body;
        assert_eq!(inactive["active"], false, "{kind}");
        set(json!(false)).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(
            app.get(&path).await.body["meta"]["version"],
            inactive["meta"]["version"],
            "nothing is done twice"
        );
        assert_eq!(app.audited(&id).await, ["user.create", "user.update"]);

        // The client says something else, by a change or by creating the user.
        let patch = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
        assert_eq!(app.patch(&path, patch).await.expect(StatusCode::OK).body["active"], true);
        set(json!(false)).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(app.post("/Users", user).await.created(), id);
        set(json!(false)).await.expect(StatusCode::NO_CONTENT);
        set(json!(true)).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(app.get(&path).await.body["active"], true);

        problem(set(json!("no")).await, StatusCode::BAD_REQUEST, &["active"]);
        let nobody = format!("/users/{}/active", uuid::Uuid::nil());
        let body = Some(json!({ "active": false }));
        problem(ask(&app, (Method::PUT, &nobody), &token, body).await, StatusCode::NOT_FOUND, &[]);
    }
}

#[tokio::test]
async fn a_name_in_a_path_may_hold_a_slash_and_no_nul() {
    for database in [Database::sqlite(), Database::postgres()] {
        let (app, token) = workplace(database).await;
        let user = json!({
            "schemas": [USER], "userName": "ana", "addresses": [{ "type": "work", "locality": "köln / süd" }],
        });
        app.post("/Users", user).await.created();
        let body = Some(json!({ "name": "Omaha", "aliases": ["B7/3"] }));
        let made = ask(&app, (Method::POST, "/locations"), &token, body).await.expect(StatusCode::CREATED);
        let aliases = format!("/locations/{}/aliases", made.body["id"].as_str().unwrap());
        let alias =
            async |method, name: &str| ask(&app, (method, &format!("{aliases}/{name}")), &token, None).await;
        alias(Method::DELETE, "B7%2F3").await.expect(StatusCode::NO_CONTENT);
        alias(Method::PUT, "K%C3%B6ln%20%2f%20S%C3%BCd").await.expect(StatusCode::NO_CONTENT);
        let listed = get(&app, "/locations", &token).await;
        assert_eq!(listed["locations"][0]["occupants"], 1, "{listed}");
        problem(alias(Method::PUT, "a%00b").await, StatusCode::BAD_REQUEST, &["path", "NUL"]);
    }
}

#[tokio::test]
async fn the_description_has_every_operation_and_its_shapes() {
    let (app, token) = workplace(Database::sqlite()).await;
    let document = get(&app, "/openapi.json", &token).await;
    assert_eq!(document["openapi"], "3.1.0");
    let alias = &document["paths"]["/locations/{id}/aliases/{alias}"]["put"];
    assert_eq!(alias["operationId"], "addLocationAlias");
    let places: Vec<_> =
        alias["parameters"].as_array().unwrap().iter().map(|p| (&p["name"], &p["in"])).collect();
    assert_eq!(places, [(&json!("alias"), &json!("path")), (&json!("id"), &json!("path"))]);
    assert!(alias["responses"]["204"].is_object() && alias["responses"]["default"].is_object());
    let body =
        &document["paths"]["/locations"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let name = body["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
    let schema = &document["components"]["schemas"][name];
    assert_eq!(schema["required"], json!(["name"]));
    assert!(schema["properties"]["aliases"]["description"].as_str().unwrap().contains("else"));
    let by_host = Request::builder()
        .uri("/api/v1/locations")
        .header("Host", "contoso.scim.example.com")
        .header("Authorization", format!("Bearer {token}"));
    app.send(by_host.body(Body::empty()).unwrap()).await.expect(StatusCode::OK);
}
