//! Leaving and coming back: who is brought back by a POST, and who is not.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::SignedDuration;
use model::resource::{Origin, StoredResource};
use model::{ResourceId, TenantId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, USER};

fn person(name: &str, external: &str) -> Value {
    json!({ "schemas": [USER], "userName": name, "externalId": external, "active": true })
}

async fn made(app: &App, name: &str, external: &str) -> String {
    app.post("/Users", person(name, external)).await.created()
}

async fn deactivate(app: &App, id: &str) {
    let operations = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    app.patch(&format!("/Users/{id}"), operations).await.expect(StatusCode::OK);
}

async fn delete(app: &App, id: &str) {
    app.delete(&format!("/Users/{id}")).await.expect(StatusCode::NO_CONTENT);
}

/// Asserts a refusal that names these.
#[track_caller]
fn refused(answer: crate::support::Answer, words: &[&str]) {
    let answer = answer.error(StatusCode::CONFLICT, Some("uniqueness"));
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
}

#[tokio::test]
async fn an_inactive_user_comes_back_as_who_they_were() {
    for app in App::both().await {
        for (name, external) in [("babs", "new"), ("BABS", "old"), ("barbara", "old")] {
            let before = json!({
                "schemas": [USER], "userName": "babs", "externalId": "old", "title": "Guide",
                "displayName": "Babs",
            });
            let id = app.post("/Users", before).await.created();
            let group = app.group("Guides").await;
            let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
            app.patch(&format!("/Groups/{group}"), add).await.expect(StatusCode::OK);
            deactivate(&app, &id).await;

            let mut back = person(name, external);
            back["displayName"] = "Barbara".into();
            let answer = app.post("/Users", back).await.expect(StatusCode::CREATED);
            assert_eq!(answer.body["id"], id.as_str(), "{name} {external}");
            assert_eq!(answer.body["active"], true);
            assert_eq!(
                (&answer.body["userName"], &answer.body["externalId"]),
                (&json!(name), &json!(external))
            );
            assert_eq!(answer.body["displayName"], "Barbara");
            assert_eq!(answer.body["title"], Value::Null, "what the POST says is all there is");
            assert_eq!(
                answer.body["groups"][0]["value"],
                group.as_str(),
                "memberships were never taken away"
            );
            assert!(answer.body["meta"]["version"].as_str().unwrap().starts_with("W/\"3"));
            assert!(answer.header("location").unwrap().ends_with(&id));
            assert_eq!(app.audited(&id).await.last().unwrap(), "user.relink");
            app.get("/Users").await.listed(1);

            delete(&app, &id).await;
            app.delete(&format!("/Groups/{group}")).await.expect(StatusCode::NO_CONTENT);
            app.pass(SignedDuration::from_hours(31 * 24));
        }
    }
}

#[tokio::test]
async fn a_deleted_user_comes_back_as_who_they_were() {
    for app in App::both().await {
        for (name, external) in [("babs", "new"), ("BABS", "old"), ("barbara", "old")] {
            let id = made(&app, "babs", "old").await;
            let created = app.get(&format!("/Users/{id}")).await.body["meta"]["created"].clone();
            let group = app.group("Guides").await;
            let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
            app.patch(&format!("/Groups/{group}"), add).await.expect(StatusCode::OK);
            delete(&app, &id).await;
            assert_eq!(app.get(&format!("/Users/{id}")).await.status, StatusCode::NOT_FOUND);
            app.pass(SignedDuration::from_hours(29 * 24));

            let answer = app.post("/Users", person(name, external)).await.expect(StatusCode::CREATED);
            assert_eq!(answer.body["id"], id.as_str(), "{name} {external}");
            assert_eq!(answer.body["active"], true);
            assert_eq!(answer.body["meta"]["created"], created);
            let version = answer.body["meta"]["version"].as_str().unwrap();
            assert!(version.starts_with("W/\"2"), "a version never comes twice: {version}");
            assert_eq!(answer.body["groups"], Value::Null, "the directory says who is in which group");
            assert!(app.members(&group).await.is_empty());
            let audited = app.audited(&id).await;
            assert_eq!(audited[audited.len() - 2..], ["user.delete", "user.relink"]);

            delete(&app, &id).await;
            app.delete(&format!("/Groups/{group}")).await.expect(StatusCode::NO_CONTENT);
            app.pass(SignedDuration::from_hours(31 * 24));
        }
    }
}

#[tokio::test]
async fn a_deleted_user_keeps_its_aliases() {
    let app = App::new().await;
    let id = made(&app, "babs", "old").await;
    let mangled = format!("195f30d516514ba38b1c0b993fb809d7{}", "babs");
    let rename = json!([{ "op": "replace", "path": "userName", "value": mangled }]);
    app.patch(&format!("/Users/{id}"), rename).await.expect(StatusCode::OK);
    delete(&app, &id).await;
    let answer = app.post("/Users", person(&mangled, "x")).await.expect(StatusCode::CREATED);
    assert_eq!((&answer.body["id"], &answer.body["userName"]), (&json!(id), &json!("babs")));
    let found = app.get(&format!("/Users?filter=userName+eq+%22{mangled}%22")).await.listed(1);
    assert_eq!(found[0]["id"], id.as_str());
}

#[tokio::test]
async fn after_the_retention_a_deleted_user_is_forgotten() {
    for days in [30, 7, 0] {
        let app = App::new().await;
        app.set(&[&format!("retention_days={days}")]).await;
        let id = made(&app, "babs", "old").await;
        delete(&app, &id).await;
        app.pass(SignedDuration::from_hours(days * 24) + SignedDuration::from_secs(1));
        assert_ne!(made(&app, "babs", "old").await, id, "{days}");
    }
}

#[tokio::test]
async fn who_comes_back_inactive_stays_inactive() {
    let app = App::new().await;
    let id = made(&app, "babs", "old").await;
    delete(&app, &id).await;
    let mut back = person("babs", "old");
    back["active"] = "False".into();
    let answer = app.post("/Users", back.clone()).await.expect(StatusCode::CREATED);
    assert_eq!((&answer.body["id"], &answer.body["active"]), (&json!(id), &json!(false)));
    let again = app.post("/Users", back).await.expect(StatusCode::CREATED);
    assert_eq!(again.header("etag"), answer.header("etag"), "nothing changed");
}

/// The same name under another externalId is another person, or a mistake; in either case nobody is merged.
#[tokio::test]
async fn row_f7_nobody_active_is_taken_over() {
    for app in App::both().await {
        for settings in ["relink=relink", "relink=reject"] {
            app.set(&[settings]).await;
            let name = format!("babs-{settings}");
            let id = made(&app, &name, "old").await;
            let before = app.get(&format!("/Users/{id}")).await.body;
            for external in ["old", "other"] {
                refused(app.post("/Users", person(&name, external)).await, &["userName", "an active user"]);
            }
            assert_eq!(app.get(&format!("/Users/{id}")).await.body, before);
        }
    }
}

/// RFC 7643 §3.1 does not ask for a unique externalId; two of them tell nobody apart.
#[tokio::test]
async fn an_external_id_that_several_have_brings_nobody_back() {
    let app = App::new().await;
    let (one, other) = (made(&app, "one", "same").await, made(&app, "two", "same").await);
    deactivate(&app, &one).await;
    deactivate(&app, &other).await;
    let third = made(&app, "three", "same").await;
    assert!(third != one && third != other);
    let back = app.post("/Users", person("two", "same")).await.expect(StatusCode::CREATED);
    assert_eq!(back.body["id"], other.as_str(), "the name tells");
}

#[tokio::test]
async fn two_people_are_never_made_one() {
    for app in App::both().await {
        let (one, other) = (made(&app, "one", "1").await, made(&app, "two", "2").await);
        deactivate(&app, &one).await;
        let asked = || app.post("/Users", person("one", "2"));
        refused(asked().await, &["userName", "externalId", "an inactive user", "an active user"]);
        deactivate(&app, &other).await;
        refused(asked().await, &["userName", "externalId", "an inactive user"]);
        delete(&app, &other).await;
        refused(asked().await, &["an inactive user", "a user deleted on 2026-11-22", "relink=reject"]);
        delete(&app, &one).await;
        refused(asked().await, &["a user deleted on 2026-11-22"]);
        app.set(&["relink=reject"]).await;
        let new = asked().await.created();
        assert!(new != one && new != other);
    }
}

#[tokio::test]
async fn a_tenant_may_reject_who_comes_back() {
    for app in App::both().await {
        app.set(&["relink=reject"]).await;
        let id = made(&app, "babs", "old").await;
        deactivate(&app, &id).await;
        refused(
            app.post("/Users", person("Babs", "new")).await,
            &["userName", "an inactive user", "reactivate"],
        );
        refused(app.post("/Users", person("other", "old")).await, &["externalId", "an inactive user"]);
        delete(&app, &id).await;
        assert_ne!(made(&app, "babs", "old").await, id, "a deleted user is in nobody's way");
    }
}

/// A row that no client made, as an application or an administrator would.
async fn made_by(app: &App, origin: Origin, name: &str, active: bool) -> String {
    let (tenant, name) = (app.tenant, name.to_owned());
    let write = move |tx: &mut store::Tx<'_>| insert(tx, tenant, &origin, &name, active);
    app.store.write(write).await.unwrap()
}

fn insert(
    tx: &mut store::Tx<'_>,
    tenant: TenantId,
    origin: &Origin,
    name: &str,
    active: bool,
) -> Result<String, store::Error> {
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let document = json!({ "userName": name, "externalId": name, "active": active });
    let id = ResourceId(Uuid::now_v7());
    let document = document.as_object().unwrap().clone();
    let user = StoredResource { id, document, version: 1, created: at, modified: at };
    store::resource::insert(tx, tenant, application::USER, &user, origin)?;
    let rows = ["username", "externalid"]
        .map(|key| store::attr::AttributeRow::new(key, &scim::fold(name), key == "username"));
    store::attr::replace(tx, tenant, application::USER, id, &[], &rows)?;
    Ok(id.to_string())
}

#[tokio::test]
async fn whom_no_client_made_is_nobodys_to_take() {
    for app in App::both().await {
        for origin in [Origin::Administrator, Origin::Application] {
            let name = format!("local-{origin}");
            let id = made_by(&app, origin.clone(), &name, false).await;
            let before = app.get(&format!("/Users/{id}")).await.body;
            let external = format!("new-{origin}");
            refused(
                app.post("/Users", person(&name, &external)).await,
                &["userName", "whom no SCIM client made"],
            );
            let other = made(&app, &format!("other-{origin}"), &name).await;
            assert_ne!(other, id, "not by externalId either");
            assert_eq!(app.get(&format!("/Users/{id}")).await.body, before);
            delete(&app, &id).await;
            assert_ne!(made(&app, &name, &external).await, id, "nor once deleted");
        }
    }
}

/// RFC 7643 §3.1: an externalId is that of one client; the same one of another may be anybody's.
#[tokio::test]
async fn an_external_id_counts_within_its_connection() {
    let app = App::new().await;
    let other = Origin::Scim { connection: "okta".parse().unwrap() };
    let id = made_by(&app, other, "babs", false).await;
    assert_ne!(made(&app, "somebody", "babs").await, id);
    let back = app.post("/Users", person("babs", "new")).await.expect(StatusCode::CREATED);
    assert_eq!(back.body["id"], id.as_str(), "a name is one for the whole tenant");
    deactivate(&app, &id).await;
    let again = app.post("/Users", person("renamed", "new")).await.expect(StatusCode::CREATED);
    assert_eq!(again.body["id"], id.as_str(), "the user is of the connection that brought it back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_who_bring_one_user_back_one_succeeds() {
    for app in App::both().await.map(Arc::new) {
        for deleted in [false, true] {
            let name = format!("babs-{deleted}");
            let id = made(&app, &name, "old").await;
            if deleted {
                delete(&app, &id).await
            } else {
                deactivate(&app, &id).await
            }
            let tasks: Vec<_> = (0..32)
                .map(|number| {
                    let (app, body) = (Arc::clone(&app), person(&name, &number.to_string()));
                    tokio::spawn(async move { app.post("/Users", body).await })
                })
                .collect();
            let mut back = Vec::new();
            for task in tasks {
                let answer = task.await.unwrap();
                if answer.status == StatusCode::CREATED {
                    back.push(answer.body["id"].as_str().unwrap().to_owned());
                } else {
                    refused(answer, &["userName", "an active user"]);
                }
            }
            assert_eq!(back, [id]);
        }
    }
}

/// security.md F6: a deactivation that comes with something impossible leaves no half state.
#[tokio::test]
async fn row_f6_a_deactivation_with_another_change_is_all_or_nothing() {
    for app in App::both().await {
        let (id, _) = (made(&app, "babs", "old").await, made(&app, "taken", "x").await);
        let path = format!("/Users/{id}");
        let before = app.get(&path).await.body;
        let rename = json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Replace", "path": "userName", "value": "taken" },
        ]);
        refused(app.patch(&path, rename).await, &["userName", "an active user"]);
        let body = json!({ "schemas": [USER], "userName": "taken", "active": false });
        refused(app.put(&path, body).await, &["userName", "an active user"]);
        assert_eq!(app.get(&path).await.body, before);
        let both = json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Replace", "path": "externalId", "value": "changed" },
        ]);
        let answer = app.patch(&path, both).await.expect(StatusCode::OK);
        assert_eq!((&answer.body["active"], &answer.body["externalId"]), (&json!(false), &json!("changed")));
    }
}

/// Colliding values never change a row that no client made, nor what looking an id up finds.
#[tokio::test]
async fn row_a1_a2_a7_colliding_values_change_nobody() {
    let app = App::new().await;
    let local = made_by(&app, Origin::Application, "admin", true).await;
    let own = made(&app, "babs", "ext").await;
    let before = [&local, &own].map(|id| format!("/Users/{id}"));
    let read = async |path: &str| app.get(path).await.body;
    let (first, second) = (read(&before[0]).await, read(&before[1]).await);
    for external in ["0", "1", "-1", "me", local.as_str(), own.as_str(), "admin", "ext"] {
        refused(app.post("/Users", person("admin", external)).await, &["userName", "an active user"]);
        let body = json!({ "schemas": [USER], "userName": format!("u-{external}"), "externalId": external,
            "id": local, "emails": [{ "value": "admin" }] });
        let new = app.post("/Users", body).await.created();
        assert!(new != local && new != own, "{external}");
    }
    assert_eq!((read(&before[0]).await, read(&before[1]).await), (first, second));
}
