//! Groups in groups, and the groups that users are in through them.

use std::sync::Arc;

use application::limits::MAX_NESTED_GROUPS;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, App, TENANT_URL};

async fn add(app: &App, group: &str, members: &[&str]) -> Answer {
    let members: Vec<_> = members.iter().map(|member| json!({ "value": member })).collect();
    app.patch(&format!("/Groups/{group}"), json!([{ "op": "add", "path": "members", "value": members }]))
        .await
}

/// `value` and `type` of each group of a user, sorted by the first.
async fn groups(app: &App, user: &str) -> Vec<(String, String)> {
    let body = app.get(&format!("/Users/{user}")).await.expect(StatusCode::OK).body;
    let groups = body["groups"].as_array().cloned().unwrap_or_default();
    let text = |group: &Value, name: &str| group[name].as_str().unwrap().to_owned();
    groups.iter().map(|group| (text(group, "value"), text(group, "type"))).collect()
}

fn pairs(groups: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> =
        groups.iter().map(|(group, kind)| ((*group).to_owned(), (*kind).to_owned())).collect();
    pairs.sort();
    pairs
}

/// Groups, each a member of the next one.
async fn chain(app: &App, name: &str, length: i64) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for number in 0..length {
        let members: Vec<_> = groups.last().iter().map(|inner| json!({ "value": inner })).collect();
        let body = json!({ "displayName": format!("{name} {number}"), "members": members });
        groups.push(app.post("/Groups", body).await.created());
    }
    groups
}

#[tokio::test]
async fn a_user_is_in_groups_directly_and_through_others() {
    for app in App::both().await {
        let (anna, bert) = (app.user("anna").await, app.user("bert").await);
        let (inner, outer, top) =
            (app.group("Inner").await, app.group("Outer").await, app.group("Top").await);
        add(&app, &inner, &[&anna]).await.expect(StatusCode::OK);
        add(&app, &outer, &[&inner, &bert]).await.expect(StatusCode::OK);
        add(&app, &top, &[&outer, &inner]).await.expect(StatusCode::OK);

        let user = app.get(&format!("/Users/{anna}")).await.body;
        let group = |id: &str, name: &str, kind: &str| json!({ "value": id, "display": name, "type": kind, "$ref": format!("{TENANT_URL}/Groups/{id}") });
        let expected = json!([
            group(&inner, "Inner", "direct"),
            group(&outer, "Outer", "indirect"),
            group(&top, "Top", "indirect")
        ]);
        assert_eq!(user["groups"], expected);
        let listed = app.get("/Users").await.listed(2);
        assert_eq!(listed[0]["groups"], expected);
        assert_eq!(groups(&app, &bert).await, pairs(&[(&outer, "direct"), (&top, "indirect")]));
        assert_eq!(
            app.get(&format!("/Users/{anna}?attributes=groups.value")).await.body["groups"][2],
            json!({ "value": top })
        );

        // Who is in a group both ways is in it directly.
        add(&app, &top, &[&anna]).await.expect(StatusCode::OK);
        assert_eq!(groups(&app, &anna).await[2], (top.clone(), "direct".to_owned()));

        let outer_body = app.get(&format!("/Groups/{outer}")).await.body;
        let member = json!({ "value": inner, "type": "Group",
                             "$ref": format!("{TENANT_URL}/Groups/{inner}") });
        assert!(outer_body["members"].as_array().unwrap().contains(&member), "{outer_body}");

        // What a client writes there is ignored: groups is readOnly (RFC 7643 §4.1.2).
        let mut echo = app.get(&format!("/Users/{anna}")).await.body;
        let before = echo["groups"].take();
        let answer = app.put(&format!("/Users/{anna}"), echo).await.expect(StatusCode::OK);
        assert_eq!(answer.body["groups"], before);
    }
}

/// A filter finds by `groups` what the answer shows in `groups`, and nothing else (security.md B8).
#[tokio::test]
async fn filters_see_the_groups_that_answers_show() {
    for app in App::both().await {
        let (anna, bert) = (app.user("anna").await, app.user("bert").await);
        let (inner, outer) = (app.group("Inner").await, app.group("Outer").await);
        add(&app, &inner, &[&anna]).await.expect(StatusCode::OK);
        add(&app, &outer, &[&inner, &bert]).await.expect(StatusCode::OK);
        let (_, token) = app.other_tenant("fabrikam").await;
        for (filter, expected) in [
            (format!("groups.value eq \"{inner}\""), vec![&anna]),
            (format!("groups.value eq \"{outer}\""), vec![&anna, &bert]),
            (format!("groups eq \"{outer}\" and userName sw \"b\""), vec![&bert]),
            (format!("groups[value eq \"{outer}\" and type eq \"direct\"]"), vec![&bert]),
            ("groups.display eq \"outer\"".to_owned(), vec![&anna, &bert]),
            ("groups[display eq \"Outer\" and type eq \"indirect\"]".to_owned(), vec![&anna]),
            (format!("not (groups.value eq \"{inner}\")"), vec![&bert]),
            ("groups.value eq \"0198c9f2-6b1c-7d4e-9a30-5f1d2c3b4a59\"".to_owned(), vec![]),
            ("groups.value eq \"nobody\"".to_owned(), vec![]),
            (format!("groups.value eq \"{anna}\""), vec![]),
        ] {
            let query: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
            let found = app.get(&format!("/Users?filter={query}")).await.listed(expected.len() as u64);
            let found: Vec<_> = found.iter().map(|user| user["id"].as_str().unwrap()).collect();
            assert_eq!(found, expected, "{filter}");
            // Another tenant's filter finds nobody, as for a group that does not exist.
            let request = axum::http::Request::get(format!("/t/fabrikam/scim/v2/Users?filter={query}"))
                .header("Authorization", format!("Bearer {token}"))
                .body(axum::body::Body::empty())
                .unwrap();
            app.send(request).await.listed(0);
        }
    }
}

#[tokio::test]
async fn no_way_in_closes_a_circle() {
    for app in App::both().await {
        let groups = chain(&app, "Group", 4).await;
        let (innermost, outermost) = (&groups[0], &groups[3]);
        let path = format!("/Groups/{innermost}");
        let before = app.get(&path).await.body;
        for outer in &groups {
            let members = json!([{ "value": outer }]);
            let patches = [
                json!([{ "op": "add", "path": "members", "value": members }]),
                json!([{ "op": "Add", "value": { "members": members } }]),
                json!([{ "op": "replace", "path": "members", "value": members }]),
                json!([{ "op": "replace", "value": { "displayName": "Renamed", "members": members } }]),
            ];
            let mut answers = Vec::new();
            for patch in patches {
                answers.push(app.patch(&path, patch).await);
            }
            answers.push(app.put(&path, json!({ "displayName": "Group 0", "members": members })).await);
            for answer in answers {
                let refused = answer.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
                let detail = refused.body["detail"].as_str().unwrap();
                assert!(outer == innermost || detail.contains(outer.as_str()), "{detail}");
            }
        }
        assert_eq!(app.get(&path).await.body, before);

        // The circle is open once the way back is gone.
        let open = json!([{ "op": "remove", "path": "members" }]);
        app.patch(&format!("/Groups/{}", groups[1]), open).await.expect(StatusCode::OK);
        add(&app, innermost, &[outermost]).await.expect(StatusCode::OK);
        // Adding again who is in already closes none.
        add(&app, innermost, &[outermost]).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn groups_are_nested_to_a_bound() {
    for app in App::both().await {
        let anna = app.user("anna").await;
        let deep = chain(&app, "Deep", MAX_NESTED_GROUPS).await;
        add(&app, &deep[0], &[&anna]).await.expect(StatusCode::OK);
        assert_eq!(groups(&app, &anna).await.len() as i64, MAX_NESTED_GROUPS);
        let outermost = deep.last().unwrap();
        let another = app.group("Another").await;
        for (group, member) in [(&another, outermost), (&deep[0], &another)] {
            let refused = add(&app, group, &[member]).await;
            let refused = refused.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
            let detail = refused.body["detail"].as_str().unwrap();
            assert!(detail.contains(&MAX_NESTED_GROUPS.to_string()), "{detail}");
        }
        let body = json!({ "displayName": "Too high", "members": [{ "value": outermost }] });
        app.post("/Groups", body).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
        // Two halves that fit in height, joined in the middle.
        let half = chain(&app, "Half", MAX_NESTED_GROUPS / 2).await;
        add(&app, &half[0], &[&deep[7]]).await.expect(StatusCode::OK);
        add(&app, &half[0], &[&deep[8]]).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    }
}

#[tokio::test]
async fn deleting_a_group_between_two_parts_them() {
    for app in App::both().await {
        let anna = app.user("anna").await;
        let groups_of_chain = chain(&app, "Group", 3).await;
        add(&app, &groups_of_chain[0], &[&anna]).await.expect(StatusCode::OK);
        app.delete(&format!("/Groups/{}", groups_of_chain[1])).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(groups(&app, &anna).await, pairs(&[(&groups_of_chain[0], "direct")]));
        let outermost = app.get(&format!("/Groups/{}", groups_of_chain[2])).await.body;
        assert_eq!((outermost.get("members"), &outermost["meta"]["version"]), (None, &json!("W/\"2\"")));
        let inner = app.get(&format!("/Groups/{}", groups_of_chain[0])).await.body;
        assert_eq!(inner["members"][0]["value"], anna);
    }
}

/// Each waits for the other's group; one is refused, and neither sees a failure of the database.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_add_each_other_one_is_refused() {
    for app in App::both().await.map(Arc::new) {
        for round in 0..10 {
            let one = app.group(&format!("One {round}")).await;
            let other = app.group(&format!("Other {round}")).await;
            let tasks = [(one.clone(), other.clone()), (other, one)].map(|(group, member)| {
                let app = Arc::clone(&app);
                tokio::spawn(async move { add(&app, &group, &[&member]).await.status })
            });
            let mut statuses = Vec::new();
            for task in tasks {
                statuses.push(task.await.unwrap());
            }
            statuses.sort();
            assert_eq!(statuses, [StatusCode::OK, StatusCode::BAD_REQUEST]);
        }
    }
}

/// Adds that have no group in common close a circle together: 0 is in 1, 2 in 3; at once 1 goes into 2 and 3 into 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn adds_that_know_nothing_of_each_other_close_no_circle() {
    for app in App::both().await.map(Arc::new) {
        for round in 0..10 {
            let lower = chain(&app, &format!("Lower {round}"), 2).await;
            let upper = chain(&app, &format!("Upper {round}"), 2).await;
            let tasks = [(&upper[0], &lower[1]), (&lower[0], &upper[1])].map(|(group, member)| {
                let (app, group, member) = (Arc::clone(&app), group.clone(), member.clone());
                tokio::spawn(async move { add(&app, &group, &[&member]).await.status })
            });
            let mut statuses = Vec::new();
            for task in tasks {
                statuses.push(task.await.unwrap());
            }
            statuses.sort();
            assert_eq!(statuses, [StatusCode::OK, StatusCode::BAD_REQUEST]);
        }
    }
}
