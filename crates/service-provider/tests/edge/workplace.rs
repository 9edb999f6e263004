//! The workplace application over HTTP, as its backend works with it.

use std::sync::Arc;

use ::workplace::Workplace;
use application::Applications;
use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use model::grant::Grant;
use model::tenant::Application as Kind;
use serde_json::{Value, json};
use service_provider::retention;
use testkit::{Database, TestStore};

use crate::application_api::{ask, problem};
use crate::support::{App, ENTERPRISE, USER};

/// A tenant and its backend.
struct Backend {
    app: App,
    token: String,
}

impl Backend {
    async fn both() -> [Self; 2] {
        [Self::on(Database::sqlite()).await, Self::on(Database::postgres()).await]
    }

    async fn on(database: Database) -> Self {
        let app = App::with(TestStore::open(database, &[::workplace::TABLES]), Kind::Workplace).await;
        let token = app.application_token(app.tenant, Grant::default()).await;
        Self { app, token }
    }

    async fn get(&self, path: &str) -> Value {
        ask(&self.app, (Method::GET, path), &self.token, None).await.expect(StatusCode::OK).body
    }

    async fn make(&self, path: &str, body: Value) -> String {
        ask(&self.app, (Method::POST, path), &self.token, Some(body)).await.created()
    }

    /// Does what has no answer.
    async fn done(&self, method: Method, path: &str, body: Option<Value>) {
        ask(&self.app, (method, path), &self.token, body).await.expect(StatusCode::NO_CONTENT);
    }

    async fn refused(&self, method: Method, path: &str, body: Option<Value>, status: StatusCode, word: &str) {
        problem(ask(&self.app, (method, path), &self.token, body).await, status, &[word]);
    }

    /// Creates a user in Omaha.
    async fn hire(&self, name: &str) -> String {
        let addresses = json!([{ "type": "work", "locality": "Omaha" }]);
        let body = json!({
            "schemas": [USER, ENTERPRISE], "userName": name, "addresses": addresses,
            ENTERPRISE: { "department": "4711" },
        });
        self.app.post("/Users", body).await.created()
    }
}

#[tokio::test]
async fn a_day_at_the_office() {
    for backend in Backend::both().await {
        let (ana, bo) = (backend.hire("ana").await, backend.hire("bo").await);
        let omaha = backend.make("/locations", json!({ "name": "Omaha", "region": "Midwest" })).await;
        let sales = backend.make("/departments", json!({ "name": "Sales", "number": "4711" })).await;
        let floor = backend.make(&format!("/locations/{omaha}/floors"), json!({ "name": "1" })).await;
        let spaces = format!("/floors/{floor}/spaces");
        let seat = backend.make(&spaces, json!({ "kind": "seat", "name": "1.1" })).await;
        let room = backend.make(&spaces, json!({ "kind": "room", "name": "Oak" })).await;
        let planners = backend.make("/permission-groups", json!({ "name": "Planners" })).await;
        let group = json!({ "displayName": "Facilities", "members": [{ "value": ana }] });
        let group = backend.app.post("/Groups", group).await.created();

        let range = json!({ "name": "Wi-Fi", "first": "203.0.113.0", "last": "203.0.113.255" });
        backend.make(&format!("/locations/{omaha}/ip-ranges"), range).await;
        backend.done(Method::PUT, &format!("/permission-groups/{planners}/groups/{group}"), None).await;
        backend.done(Method::PUT, &format!("/spaces/{seat}/user"), Some(json!({ "user": ana }))).await;
        backend.done(Method::PUT, &format!("/users/{ana}/delegates"), Some(json!({ "users": [bo] }))).await;
        let booking = json!({
            "space": room, "user": ana, "bookedBy": bo,
            "starts": "2026-11-23T09:00:00Z", "ends": "2026-11-23T10:00:00Z",
        });
        let booked = backend.make("/reservations", booking.clone()).await;
        backend.refused(Method::POST, "/reservations", Some(booking), StatusCode::CONFLICT, "not free").await;
        let seen = json!({ "userName": "ANA", "address": "203.0.113.9" });
        let noted = ask(&backend.app, (Method::POST, "/presence"), &backend.token, Some(seen)).await;
        assert_eq!(noted.expect(StatusCode::OK).body, json!({ "location": omaha }));

        let expected = json!({
            "id": ana, "display": "ana", "active": true, "location": "Omaha", "department": "Sales",
            "seats": [seat], "permissionGroups": ["Planners"],
        });
        assert_eq!(backend.get(&format!("/users/{ana}")).await, expected);
        let both = json!({ "users": [{ "user": ana, "display": "ana" }, { "user": bo, "display": "bo" }] });
        assert_eq!(backend.get(&format!("/departments/{sales}/users")).await, both);
        let second = format!("/locations/{omaha}/users?limit=1&after={ana}");
        assert_eq!(backend.get(&second).await, json!({ "users": [{ "user": bo, "display": "bo" }] }));
        let listed = backend.get(&format!("/reservations?user={ana}")).await;
        assert_eq!(listed["reservations"][0]["id"], json!(booked));
        let presence = backend.get(&format!("/presence?day=2026-11-22&location={omaha}")).await;
        assert_eq!(presence["presence"][0]["user"], json!(ana));
        assert_eq!(backend.get("/active-users").await, json!({ "day": "2026-11-22", "active": 2 }));
        assert_eq!(backend.app.audited(&seat).await, ["space.create", "seat.assign"]);
    }
}

#[tokio::test]
async fn a_leaver_is_forgotten_when_the_retention_ends() {
    for backend in Backend::both().await {
        let ana = backend.hire("ana").await;
        let omaha = backend.make("/locations", json!({ "name": "Omaha" })).await;
        let floor = backend.make(&format!("/locations/{omaha}/floors"), json!({ "name": "1" })).await;
        let new = json!({ "kind": "seat", "name": "1.1" });
        let seat = backend.make(&format!("/floors/{floor}/spaces"), new).await;
        backend.done(Method::PUT, &format!("/spaces/{seat}/user"), Some(json!({ "user": ana }))).await;
        backend.app.delete(&format!("/Users/{ana}")).await.expect(StatusCode::NO_CONTENT);
        let applications = Applications::new(vec![Arc::new(Workplace::default())]);
        for (days, remembered) in [(29, 1), (2, 0)] {
            backend.app.pass(SignedDuration::from_hours(24 * days));
            retention::forget(&backend.app.store, &applications, backend.app.now()).await.unwrap();
            let seats = "SELECT count(*) FROM seat_assignment";
            let seats = backend.app.store.read(move |tx| tx.query_one(seats, &[], |row| row.get::<i64>(0)));
            assert_eq!(seats.await.unwrap(), remembered, "after {days} more days");
        }
        assert_eq!(backend.get("/active-users?day=2026-11-21").await["active"], 0);
        for of in ["", "/seats", "/delegates"] {
            let path = format!("/users/{ana}{of}");
            backend.refused(Method::GET, &path, None, StatusCode::NOT_FOUND, "no user").await;
        }
    }
}

#[tokio::test]
async fn what_can_not_be_is_refused_with_what_to_do() {
    let backend = Backend::on(Database::sqlite()).await;
    let bad = StatusCode::BAD_REQUEST;
    let policy = |by: &str| Some(json!({ "matchBy": by, "seats": "keep", "reservations": "keep" }));
    backend.refused(Method::PUT, "/policy", policy("addresses["), bad, "matchBy").await;
    backend.refused(Method::PUT, "/policy", policy("adresses.formatted"), bad, "adresses").await;
    backend.done(Method::PUT, "/policy", policy("addresses[type eq \"work\"].formatted")).await;
    let expected = policy("addresses[type eq \"work\"].formatted").unwrap();
    assert_eq!(backend.get("/policy").await, expected);
    let nobody = json!({ "address": "10.0.0.1" });
    backend.refused(Method::POST, "/presence", Some(nobody), bad, "userName").await;
    let nowhere = json!({ "userName": "ana" });
    backend.refused(Method::POST, "/presence", Some(nowhere), bad, "location").await;
    let stranger = json!({ "userName": "ana", "address": "10.0.0.1" });
    backend.refused(Method::POST, "/presence", Some(stranger), StatusCode::NOT_FOUND, "ana").await;
    backend.refused(Method::GET, "/active-users?day=2026-11-23", None, bad, "not over").await;
    backend.refused(Method::GET, "/presence?limit=1001", None, bad, "1 to 1000").await;
    let nil = uuid::Uuid::nil();
    for list in ["locations/{}/users", "locations/{}/floors", "floors/{}/spaces", "departments/{}/users"] {
        let path = format!("/{}", list.replace("{}", &nil.to_string()));
        backend.refused(Method::GET, &path, None, StatusCode::NOT_FOUND, "has no").await;
    }
    let kind = json!({ "kind": "desk", "name": "1" });
    let path = format!("/floors/{}/spaces", uuid::Uuid::nil());
    backend.refused(Method::POST, &path, Some(kind), bad, "kind").await;
}

/// Paths that exclude each other would leave an operation out of reach.
#[tokio::test]
async fn every_operation_that_is_described_is_reached() {
    let backend = Backend::on(Database::sqlite()).await;
    let document = backend.get("/openapi.json").await;
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let at = path
            .split('/')
            .map(|part| if part.starts_with('{') { "0198c9f2-6b1c-7d4e-9a30-5f1d2c3b4a59" } else { part });
        let at = at.collect::<Vec<_>>().join("/");
        for method in operations.as_object().unwrap().keys() {
            count += 1;
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = ask(&backend.app, (method.clone(), &at), &backend.token, Some(json!({}))).await;
            let detail = answer.body["detail"].as_str().unwrap_or_default();
            assert!(
                !detail.contains("nothing at") && answer.status != StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            assert!(!answer.status.is_server_error(), "{method} {path}: {detail}");
        }
    }
    assert_eq!(count, 42, "docs/workplace.md lists them");
}
