//! The print application over HTTP: its secrets go in and never come out, and its backend finds owners of jobs.

use std::sync::Arc;

use application::Applications;
use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use model::grant::Grant;
use model::tenant::Application as Kind;
use print::PRINT_USER_URN as PRINT;
use serde_json::{Value, json};
use service_provider::retention;
use testkit::{Database, TestStore};

use crate::application_api::{ask, problem};
use crate::support::{App, USER};

/// A print tenant on each engine, and a token of its backend.
async fn tenants() -> [(App, String); 2] {
    let [one, other] = [Database::sqlite(), Database::postgres()];
    [tenant(one).await, tenant(other).await]
}

async fn tenant(database: Database) -> (App, String) {
    let app = App::with(TestStore::open(database, &[print::TABLES]), Kind::Print).await;
    let token = app.application_token(app.tenant, Grant::default()).await;
    (app, token)
}

fn user(name: &str, print: Value) -> Value {
    json!({ "schemas": [USER, PRINT], "userName": name, "active": true, PRINT: print })
}

/// Asks whose it is.
async fn owner((app, token): &(App, String), asked: Value) -> Value {
    let answer = ask(app, (Method::POST, "/resolve"), token, Some(asked)).await;
    answer.expect(StatusCode::OK).body["owner"].clone()
}

#[tokio::test]
async fn paths_are_taken_in_any_letter_case_and_secrets_are_kept_and_removed() {
    for of in tenants().await {
        let (app, _) = &of;
        let made = app.post("/Users", user("ana", json!({ "localUsername": "Ana", "PIN": "0042" }))).await;
        let path = format!("/Users/{}", made.created());
        let set = |path: String, value: &str| json!([{ "op": "Add", "path": path, "value": value }]);
        app.patch(&path, set(format!("{PRINT}:cardNumber"), "04A2")).await.expect(StatusCode::OK);
        let odd = format!("{}:LOCALUSERNAME", PRINT.to_uppercase());
        let changed = app.patch(&path, set(odd, "anna")).await.expect(StatusCode::OK);
        assert_eq!(changed.body[PRINT], json!({ "localUsername": "anna" }));

        let by_card = json!({ "card": "04a2", "pin": "0042" });
        assert_eq!(owner(&of, by_card.clone()).await["matched"], "cardNumber");
        // A client that sends back what it was shown.
        app.put(&path, user("ana", json!({ "localUsername": "anna" }))).await.expect(StatusCode::OK);
        assert_eq!(owner(&of, by_card.clone()).await["userName"], "ana");
        let remove = json!([{ "op": "Remove", "path": format!("{}:Pin", PRINT.to_lowercase()) }]);
        app.patch(&path, remove).await.expect(StatusCode::OK);
        assert_eq!(owner(&of, by_card).await, Value::Null);
        assert_eq!(owner(&of, json!({ "card": "04a2" })).await["userName"], "ana", "the card is still there");
    }
}

#[tokio::test]
async fn secrets_can_not_be_filtered_or_sorted_by() {
    let (app, _) = tenant(Database::sqlite()).await;
    for name in ["pin", "cardNumber", "CARDREGISTRATIONCODE"] {
        for query in [format!("filter={PRINT}:{name}+sw+%220%22"), format!("sortBy={PRINT}:{name}")] {
            app.get(&format!("/Users?{query}")).await.error(StatusCode::FORBIDDEN, Some("sensitive"));
        }
        app.get(&format!("/Users?attributes={PRINT}:{name}")).await.listed(0);
    }
}

#[tokio::test]
async fn no_print_secret_is_in_any_answer_log_or_table() {
    for (app, token) in tenants().await {
        app.set(&["request_log_bodies=true"]).await;
        let secrets = json!({ "pin": "canary1", "cardNumber": "canary2", "cardRegistrationCode": "canary3" });
        let id = app.post("/Users", user("ana", secrets.clone())).await.created();
        let mut told = Vec::new();
        for (name, value) in
            [("PIN", "canary1"), ("cardNumber", "canary4"), ("cardRegistrationCode", "canary5")]
        {
            let set = json!([{ "op": "Add", "path": format!("{PRINT}:{name}"), "value": value }]);
            told.push(app.patch(&format!("/Users/{id}"), set).await.expect(StatusCode::OK).body);
        }
        let twin = user("bo", json!({ "pin": "canary1" }));
        told.push(app.post("/Users", twin).await.error(StatusCode::CONFLICT, Some("uniqueness")).body);
        told.push(app.get(&format!("/Users?attributes=userName,{PRINT}")).await.body);
        told.push(app.get(&format!("/Users?filter={PRINT}:pin+eq+%22canary1%22")).await.body);
        let card = format!("/users/{id}/card");
        for (operation, body) in [
            ((Method::POST, "/resolve"), json!({ "card": "canary8" })),
            ((Method::POST, "/resolve"), json!({ "name": "ana", "pin": "canary1" })),
            ((Method::POST, "/resolve"), json!({ "name": "canary7", "pin": "canary1" })),
            ((Method::PUT, &card), json!({ "card": "canary6" })),
            ((Method::POST, "/cards/register"), json!({ "code": "canary5", "card": "canary2" })),
            ((Method::POST, "/cards/register"), json!({ "code": "canary5", "card": "canary2" })),
            ((Method::POST, "/cards/register"), json!({ "code": ["canary5"], "card": "canary2" })),
        ] {
            told.push(ask(&app, operation, &token, Some(body)).await.body);
        }
        told.push(ask(&app, (Method::GET, "/unresolved"), &token, None).await.body);
        assert_eq!(app.audited(&id).await[3..], ["user.update", "card.swap", "user.update", "card.register"]);
        told.push(json!(everything(&app).await));
        let logged = app.end().await;
        let with_body: Vec<_> = logged.iter().filter(|entry| entry.request.is_some()).collect();
        assert_eq!(with_body.len(), 5, "each write of the client");
        assert!(with_body.iter().all(|entry| entry.path.starts_with("/Users")), "{with_body:?}");
        told.push(json!(logged.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>()));
        for text in told.iter().map(Value::to_string) {
            assert!(!text.contains("canary"), "{text}");
        }
    }
}

/// What the store has of the tenant in documents, rows, the audit log and the application's tables.
async fn everything(app: &App) -> Vec<String> {
    let read = app.store.read(|tx| {
        let mut all = Vec::new();
        for sql in [
            "SELECT document FROM resource",
            "SELECT value FROM attr",
            "SELECT detail FROM audit",
            "SELECT identity FROM print_unresolved",
            "SELECT digest FROM print_spent_code",
            "SELECT subject FROM print_guess",
        ] {
            let rows = tx.query(sql, &[], |row| row.get::<String>(0))?;
            assert!(!rows.is_empty(), "{sql}");
            all.extend(rows);
        }
        Ok::<_, store::Error>(all)
    });
    read.await.unwrap()
}

#[tokio::test]
async fn an_owner_is_told_with_what_the_job_is_charged_to() {
    const ENTERPRISE: &str = crate::support::ENTERPRISE;
    for of in tenants().await {
        let (app, token) = &of;
        let mut ana = user("ana@contoso.com", json!({ "localUsername": "ana" }));
        ana["displayName"] = json!("Ana Lima");
        ana[ENTERPRISE] = json!({ "department": "Sales", "costCenter": "4711" });
        let expected = json!({ "owner": null });
        let asked = json!({ "name": "ANA" });
        let answer = ask(app, (Method::POST, "/resolve"), token, Some(asked.clone())).await;
        assert_eq!(answer.expect(StatusCode::OK).body, expected);
        let listed = ask(app, (Method::GET, "/unresolved?limit=5"), token, None).await.body;
        let at = app.now().to_string();
        let one = json!({ "name": "ANA", "attempts": 1, "first": at, "last": at });
        assert_eq!(listed, json!({ "unresolved": [one] }));
        let id = app.post("/Users", ana).await.created();
        let expected = json!({
            "user": id, "matched": "localUsername", "userName": "ana@contoso.com", "displayName": "Ana Lima",
            "department": "Sales", "costCenter": "4711",
        });
        assert_eq!(owner(&of, asked).await, expected);
        let listed = ask(app, (Method::GET, "/unresolved"), token, None).await.body;
        assert_eq!(listed, json!({ "unresolved": [] }));
    }
}

#[tokio::test]
async fn what_identifies_nobody_safely_is_refused() {
    let (app, token) = tenant(Database::sqlite()).await;
    for (body, word) in [
        (json!({ "pin": "0042" }), "name or card"),
        (json!({ "name": "ana", "card": "1" }), "name or card"),
        (json!({}), "name or card"),
        (json!({ "name": " " }), "bytes"),
        (json!({ "name": "a".repeat(300) }), "bytes"),
        (json!({ "card": 7 }), "card"),
        (json!({ "user": "ana" }), "user"),
    ] {
        let answer = ask(&app, (Method::POST, "/resolve"), &token, Some(body)).await;
        problem(answer, StatusCode::BAD_REQUEST, &[word]);
    }
    app.user("ana").await;
    let guess = || ask(&app, (Method::POST, "/resolve"), &token, Some(json!({ "name": "ana", "pin": "1" })));
    for _ in 0..print::limits::MAX_PIN_GUESSES {
        guess().await.expect(StatusCode::OK);
    }
    app.pass(SignedDuration::from_mins(5));
    let refused = problem(guess().await, StatusCode::TOO_MANY_REQUESTS, &["wrong guesses"]);
    assert_eq!(refused.header("retry-after"), Some("600"));
}

#[tokio::test]
async fn who_was_not_found_is_forgotten_after_a_month() {
    let of = tenant(Database::sqlite()).await;
    owner(&of, json!({ "name": "ana" })).await;
    let (app, _) = of;
    let applications = Applications::new(vec![Arc::new(print::Print::default())]);
    let count = || {
        let count = |tx: &mut store::Tx<'_>| {
            tx.query_one("SELECT count(*) FROM print_unresolved", &[], |row| row.get::<i64>(0))
        };
        app.store.read(count)
    };
    for (days, left) in [(29, 1), (1, 0)] {
        app.pass(SignedDuration::from_hours(24 * days));
        retention::forget(&app.store, &applications, app.now()).await.unwrap();
        assert_eq!(count().await.map_err(|error: store::Error| error).unwrap(), left, "{days}");
    }
}
