//! The brake: a connection that takes too many users away waits for the tenant's administrator.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::SignedDuration;
use model::brake::{Brake, BrakeState};
use serde_json::{Value, json};

use crate::support::{Answer, App, USER};

/// This many users, made long ago.
async fn old_users(app: &App, count: usize) -> Vec<String> {
    let mut users = Vec::new();
    for number in 0..count {
        users.push(app.user(&format!("user{number}")).await);
    }
    app.pass(SignedDuration::from_hours(24));
    users
}

fn inactive() -> Value {
    json!([{ "op": "Replace", "path": "active", "value": "False" }])
}

async fn disable(app: &App, id: &str) -> Answer {
    app.patch(&format!("/Users/{id}"), inactive()).await
}

/// Asserts that the brake held a request back, and answers why.
#[track_caller]
fn held(answer: Answer) -> String {
    let answer = answer.error(StatusCode::TOO_MANY_REQUESTS, None);
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(wait, application::limits::BRAKE_RETRY_SECONDS);
    answer.body["detail"].as_str().unwrap().to_owned()
}

async fn brakes(app: &App) -> Vec<Brake> {
    let tenant = app.tenant;
    app.store.read(move |tx| store::brake::list(tx, tenant)).await.unwrap()
}

async fn decide(app: &App, state: BrakeState) {
    let (tenant, mut brake) = (app.tenant, brakes(app).await.remove(0));
    brake.state = state;
    app.store.write(move |tx| store::brake::put(tx, tenant, &brake)).await.unwrap();
}

#[tokio::test]
async fn more_than_a_fifth_within_an_hour_waits_for_the_administrator() {
    for app in App::both().await {
        let users = old_users(&app, 25).await;
        // 20 % of 25 are 5: the sixth is more than that, and shuts the brake behind it.
        for user in &users[..3] {
            disable(&app, user).await.expect(StatusCode::OK);
        }
        let body = json!({ "schemas": [USER], "userName": "user3", "active": false });
        app.put(&format!("/Users/{}", users[3]), body.clone()).await.expect(StatusCode::OK);
        app.delete(&format!("/Users/{}", users[4])).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(brakes(&app).await, []);
        disable(&app, &users[5]).await.expect(StatusCode::OK);
        let shut = brakes(&app).await.remove(0);
        assert_eq!((shut.state, shut.removed, shut.users), (BrakeState::Shut, 6, 25));
        assert_eq!(app.audited("default").await, ["brake.shut"]);

        let before = app.get("/Users").await.body;
        let why = held(disable(&app, &users[6]).await);
        assert!(why.contains("6 of 25 users") && why.contains("rollcall brake allow"), "{why}");
        held(app.put(&format!("/Users/{}", users[7]), json!({ "userName": "user7", "active": false })).await);
        held(app.delete(&format!("/Users/{}", users[8])).await);
        assert_eq!(app.get("/Users").await.body, before);

        // Everything else goes on.
        let rename = json!([{ "op": "replace", "path": "title", "value": "Guide" }]);
        app.patch(&format!("/Users/{}", users[9]), rename).await.expect(StatusCode::OK);
        let active = json!([{ "op": "replace", "path": "active", "value": true }]);
        app.patch(&format!("/Users/{}", users[0]), active).await.expect(StatusCode::OK);
        app.user("somebody new").await;

        // Time alone does not open it.
        app.pass(SignedDuration::from_hours(48));
        held(disable(&app, &users[6]).await);
    }
}

#[tokio::test]
async fn a_slow_trickle_is_no_accident() {
    let app = App::new().await;
    for user in old_users(&app, 20).await {
        disable(&app, &user).await.expect(StatusCode::OK);
        app.pass(SignedDuration::from_mins(16));
    }
    assert_eq!(brakes(&app).await, []);
}

#[tokio::test]
async fn a_tenant_below_20_users_has_no_brake_by_default() {
    let app = App::new().await;
    for user in old_users(&app, 19).await {
        disable(&app, &user).await.expect(StatusCode::OK);
        app.delete(&format!("/Users/{user}")).await.expect(StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn users_made_within_the_hour_do_not_count() {
    let app = App::new().await;
    for number in 0..40 {
        let user = app.user(&format!("user{number}")).await;
        app.delete(&format!("/Users/{user}")).await.expect(StatusCode::NO_CONTENT);
    }
    assert_eq!(brakes(&app).await, []);
}

#[tokio::test]
async fn the_bounds_are_settings() {
    for (settings, users, pass) in [
        (&["brake_count=3"][..], 10, 4),
        (&["brake_count=3", "brake_percent=0"], 30, 4),
        (&["brake_percent=50"], 20, 11),
        (&["brake_percent=0"], 25, 25),
        (&["brake_count=2", "brake_percent=50"], 20, 3),
    ] {
        let app = App::new().await;
        app.set(settings).await;
        let mut passed = 0;
        for user in old_users(&app, users).await {
            match disable(&app, &user).await.status {
                StatusCode::OK => passed += 1,
                status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
            }
        }
        assert_eq!(passed, pass, "{settings:?}");
    }
}

#[tokio::test]
async fn the_administrator_allows_so_many_for_a_time() {
    for app in App::both().await {
        app.set(&["brake_count=2"]).await;
        let users = old_users(&app, 40).await;
        let mut users = users.iter();
        let mut next = async || disable(&app, users.next().unwrap()).await;
        for _ in 0..3 {
            next().await.expect(StatusCode::OK);
        }
        held(next().await);
        let until = "2026-11-24T00:00:00Z".parse().unwrap();
        decide(&app, BrakeState::Allowed { until, remaining: Some(4) }).await;
        for _ in 0..4 {
            next().await.expect(StatusCode::OK);
        }
        // Used up: it counts anew.
        for _ in 0..3 {
            next().await.expect(StatusCode::OK);
        }
        held(next().await);
        decide(&app, BrakeState::Allowed { until, remaining: None }).await;
        for _ in 0..10 {
            next().await.expect(StatusCode::OK);
        }
        app.pass(SignedDuration::from_hours(24));
        for _ in 0..3 {
            next().await.expect(StatusCode::OK);
        }
        held(next().await);
    }
}

#[tokio::test]
async fn the_administrator_rejects() {
    let app = App::new().await;
    app.set(&["brake_count=1"]).await;
    let users = old_users(&app, 5).await;
    for user in &users[..2] {
        disable(&app, user).await.expect(StatusCode::OK);
    }
    decide(&app, BrakeState::Rejected).await;
    app.pass(SignedDuration::from_hours(100));
    let why = held(disable(&app, &users[2]).await);
    assert!(why.contains("rejected"), "{why}");
}

/// The count is kept with the users, so that neither a race nor a second replica gets around it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_exactly_so_many_pass() {
    for app in App::both().await.map(Arc::new) {
        app.set(&["brake_count=10", "brake_percent=0"]).await;
        let tasks: Vec<_> = old_users(&app, 40)
            .await
            .into_iter()
            .map(|user| {
                let app = Arc::clone(&app);
                tokio::spawn(async move { disable(&app, &user).await.status })
            })
            .collect();
        let mut passed = 0;
        for task in tasks {
            match task.await.unwrap() {
                StatusCode::OK => passed += 1,
                status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
            }
        }
        assert_eq!(passed, 11);
    }
}
