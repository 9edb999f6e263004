//! What is refused again and again is shown once; and what is too old is forgotten.

use application::Applications;
use axum::http::StatusCode;
use jiff::SignedDuration;
use model::refusal::Refusal;
use serde_json::{Value, json};
use service_provider::limits::{MAX_SUBJECT_BYTES, REFUSAL_DAYS, STORM_COUNT};
use service_provider::retention;

use crate::support::{App, USER};

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

fn person(name: &str) -> Value {
    json!({ "schemas": [USER], "userName": name })
}

/// Creates somebody who is there.
async fn conflict(app: &App, name: &str) {
    app.post("/Users", person(name)).await.error(StatusCode::CONFLICT, Some("uniqueness"));
}

/// What an administrator is shown.
async fn storms(app: &App) -> Vec<Refusal> {
    app.refusals.write(&app.store).await.unwrap();
    let tenant = app.tenant;
    app.store.read(move |tx| store::refusal::list(tx, tenant, STORM_COUNT, 100)).await.unwrap()
}

#[tokio::test]
async fn the_same_refusal_five_times_is_shown_once() {
    for app in App::both().await {
        app.user("babs").await;
        for _ in 1..STORM_COUNT {
            conflict(&app, "babs").await;
            assert_eq!(storms(&app).await, []);
            app.pass(SignedDuration::from_hours(20));
        }
        for more in 0..3 {
            conflict(&app, "babs").await;
            let [storm] = storms(&app).await.try_into().unwrap();
            assert_eq!(storm.count, STORM_COUNT + more);
            assert_eq!(storm.last_seen, app.now());
            assert_eq!((storm.refused.method.as_str(), storm.refused.status), ("POST", 409));
            assert_eq!(
                (storm.refused.subject.as_str(), storm.refused.connection.as_str()),
                ("babs", "default")
            );
            assert!(storm.detail.contains("an active user") && storm.detail.contains("userName"));
            assert!(storm.refused.hint().contains("userName eq"), "{}", storm.refused.hint());
        }
    }
}

#[tokio::test]
async fn different_refusals_and_far_apart_ones_do_not_add_up() {
    let app = App::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        app.user(name).await;
        conflict(&app, name).await;
    }
    assert_eq!(storms(&app).await, []);
    for _ in 0..STORM_COUNT {
        app.pass(SignedDuration::from_hours(25));
        conflict(&app, "a").await;
        assert_eq!(storms(&app).await, []);
    }
}

#[tokio::test]
async fn every_kind_of_write_is_watched() {
    let app = App::new().await;
    let id = app.user("babs").await;
    let path = format!("/Users/{id}");
    let wrong = json!([{ "op": "replace", "path": "active", "value": "perhaps" }]);
    for _ in 0..STORM_COUNT {
        app.patch(&path, wrong.clone()).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
        app.put(&path, json!({ "userName": 7 })).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    }
    app.delete(&path).await.expect(StatusCode::NO_CONTENT);
    for _ in 0..STORM_COUNT {
        app.delete(&path).await.error(StatusCode::NOT_FOUND, None);
        app.get(&path).await.error(StatusCode::NOT_FOUND, None);
    }
    let mut seen: Vec<_> = storms(&app)
        .await
        .into_iter()
        .map(|storm| (storm.refused.method, storm.refused.status, storm.refused.subject == id))
        .collect();
    seen.sort();
    let expected = [("DELETE", 404, true), ("PATCH", 400, true), ("PUT", 400, true)];
    assert_eq!(seen, expected.map(|(method, status, about)| (method.to_owned(), status, about)));
}

#[tokio::test]
async fn operations_of_a_bulk_request_are_watched() {
    let app = App::new().await;
    app.user("babs").await;
    let operation = json!({ "method": "POST", "path": "/Users", "bulkId": "a", "data": person("babs") });
    for _ in 0..STORM_COUNT {
        let body = json!({ "schemas": [BULK], "Operations": [operation] });
        app.post("/Bulk", body).await.expect(StatusCode::OK);
    }
    assert_eq!(storms(&app).await.len(), 1);
}

/// What a client is asked to repeat is no storm.
#[tokio::test]
async fn the_brake_makes_no_storm() {
    let app = App::new().await;
    app.set(&["brake_count=1"]).await;
    let users = [app.user("a").await, app.user("b").await, app.user("c").await];
    app.pass(SignedDuration::from_hours(2));
    for user in &users[..2] {
        app.delete(&format!("/Users/{user}")).await.expect(StatusCode::NO_CONTENT);
    }
    for _ in 0..STORM_COUNT {
        app.delete(&format!("/Users/{}", users[2])).await.error(StatusCode::TOO_MANY_REQUESTS, None);
    }
    assert_eq!(storms(&app).await, []);
}

#[tokio::test]
async fn a_long_name_is_kept_in_part() {
    let app = App::new().await;
    let name = "ä".repeat(MAX_SUBJECT_BYTES);
    app.user(&name).await;
    for _ in 0..STORM_COUNT {
        conflict(&app, &name).await;
    }
    assert_eq!(storms(&app).await[0].refused.subject, "ä".repeat(MAX_SUBJECT_BYTES / 2));
}

#[tokio::test]
async fn what_is_too_old_is_forgotten() {
    for app in App::both().await {
        app.set(&["retention_days=40"]).await;
        let (first, second) = (app.user("first").await, app.user("second").await);
        app.delete(&format!("/Users/{first}")).await.expect(StatusCode::NO_CONTENT);
        for _ in 0..STORM_COUNT {
            conflict(&app, "second").await;
        }
        app.pass(SignedDuration::from_hours(24 * i64::from(REFUSAL_DAYS)));
        app.delete(&format!("/Users/{second}")).await.expect(StatusCode::NO_CONTENT);
        retention::forget(&app.store, &Applications::default(), app.now()).await.unwrap();
        assert_eq!((storms(&app).await.len(), deleted(&app).await), (1, 2));
        app.pass(SignedDuration::from_hours(24 * 10) + SignedDuration::from_secs(1));
        retention::forget(&app.store, &Applications::default(), app.now()).await.unwrap();
        assert_eq!((storms(&app).await.len(), deleted(&app).await), (0, 1));
    }
}

/// How many deleted users can still come back.
async fn deleted(app: &App) -> i64 {
    let tenant = app.tenant;
    app.store.read(move |tx| store::tombstone::count(tx, tenant, "User")).await.unwrap()
}
