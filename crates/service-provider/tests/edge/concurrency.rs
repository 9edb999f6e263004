//! Many at once.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::App;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_create_one_name_one_succeeds() {
    for app in App::both().await.map(Arc::new) {
        let tasks: Vec<_> = (0..64)
            .map(|number| {
                let app = Arc::clone(&app);
                let name = if number % 2 == 0 { "Babs@example.com" } else { "babs@EXAMPLE.COM" };
                tokio::spawn(async move { app.post("/Users", json!({ "userName": name })).await })
            })
            .collect();
        let mut created = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            if answer.status == StatusCode::CREATED {
                created += 1;
            } else {
                answer.error(StatusCode::CONFLICT, Some("uniqueness"));
            }
        }
        assert_eq!(created, 1);
        app.get("/Users").await.listed(1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_who_add_a_hundred_members_each_lose_none() {
    for app in App::both().await.map(Arc::new) {
        let group = app.group("G").await;
        let tasks: Vec<_> = (0..8)
            .map(|writer| {
                let (app, group) = (Arc::clone(&app), group.clone());
                tokio::spawn(async move {
                    let mut users = Vec::new();
                    for number in 0..100 {
                        let user = app.user(&format!("user{writer}-{number}")).await;
                        let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": user }] }]);
                        let answer = app.patch(&format!("/Groups/{group}"), add).await;
                        assert!(answer.status.is_success(), "{}", answer.body);
                        users.push(user);
                    }
                    users
                })
            })
            .collect();
        let mut users = Vec::new();
        for task in tasks {
            users.extend(task.await.unwrap());
        }
        users.sort();
        assert_eq!(app.members(&group).await, users);
        let version = app.get(&format!("/Groups/{group}")).await.body["meta"]["version"].clone();
        assert_eq!(version, "W/\"801\"");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_different_attributes_lose_none() {
    const NAMES: [&str; 8] = [
        "title",
        "nickName",
        "displayName",
        "userType",
        "locale",
        "timezone",
        "preferredLanguage",
        "externalId",
    ];
    for app in App::both().await.map(Arc::new) {
        let user = app.user("babs").await;
        let tasks: Vec<_> = NAMES
            .map(|name| {
                let (app, user) = (Arc::clone(&app), user.clone());
                tokio::spawn(async move {
                    let set = json!([{ "op": "replace", "path": name, "value": name }]);
                    app.patch(&format!("/Users/{user}"), set).await.expect(StatusCode::OK);
                })
            })
            .into_iter()
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let body = app.get(&format!("/Users/{user}")).await.body;
        assert_eq!(
            NAMES.map(|name| body[name].as_str().unwrap_or_default().to_owned()),
            NAMES.map(String::from)
        );
        assert_eq!(body["meta"]["version"], "W/\"9\"");
    }
}

/// Who joins a group while being deleted is not in it afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_member_that_is_deleted_meanwhile_leaves_no_trace() {
    for app in App::both().await.map(Arc::new) {
        let group = app.group("G").await;
        for number in 0..10 {
            let user = app.user(&format!("user{number}")).await;
            let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
            let (one, other) = (Arc::clone(&app), Arc::clone(&app));
            let (group_path, user_path) = (format!("/Groups/{group}"), format!("/Users/{user}"));
            let adding = tokio::spawn(async move { one.patch(&group_path, add).await.status });
            let deleting = tokio::spawn(async move { other.delete(&user_path).await.status });
            let added = adding.await.unwrap();
            assert!([StatusCode::OK, StatusCode::BAD_REQUEST].contains(&added), "{added}");
            assert_eq!(deleting.await.unwrap(), StatusCode::NO_CONTENT);
        }
        assert!(app.members(&group).await.is_empty());
    }
}
