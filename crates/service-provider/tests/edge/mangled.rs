//! The name that a directory's recycle bin gives: 32 hexadecimal digits in front of the real one.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{App, USER};

const OID: &str = "195f30d516514ba38b1c0b993fb809d7";
const NAME: &str = "JSmith@company.example";

fn mangled(name: &str) -> String {
    format!("{OID}{name}")
}

/// What Entra sends when somebody is put into the recycle bin.
fn soft_delete(name: &str) -> Value {
    json!([
        { "op": "Replace", "path": "userName", "value": mangled(name) },
        { "op": "Replace", "path": "active", "value": "False" },
    ])
}

async fn ids(app: &App, filter: &str) -> Vec<String> {
    let filter = filter.replace(' ', "%20").replace('"', "%22");
    let answer = app.get(&format!("/Users?filter={filter}")).await.expect(StatusCode::OK);
    let found = answer.body["Resources"].as_array().unwrap();
    found.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_login_stays_and_the_user_is_inactive() {
    for app in App::both().await {
        let id = app.user(NAME).await;
        let answer = app.patch(&format!("/Users/{id}"), soft_delete(NAME)).await.expect(StatusCode::OK);
        assert_eq!(answer.body["userName"], NAME);
        assert_eq!(answer.body["active"], false);
        let read = app.get(&format!("/Users/{id}")).await;
        assert_eq!((&read.body["userName"], &read.body["active"]), (&json!(NAME), &json!(false)));
        assert_eq!(app.audited(&id).await, ["user.create", "user.alias", "user.update"]);
    }
}

#[tokio::test]
async fn the_same_request_again_changes_nothing() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user(NAME).await);
    let first = app.patch(&path, soft_delete(NAME)).await.expect(StatusCode::OK);
    let upper = soft_delete(&NAME.to_uppercase());
    for again in [soft_delete(NAME), upper] {
        let answer = app.patch(&path, again).await.expect(StatusCode::OK);
        assert_eq!(answer.header("etag"), first.header("etag"));
        assert_eq!(answer.body, first.body);
    }
}

#[tokio::test]
async fn filters_match_either_name() {
    for app in App::both().await {
        let id = app.user(NAME).await;
        let other = app.user("other@company.example").await;
        app.patch(&format!("/Users/{id}"), soft_delete(NAME)).await.expect(StatusCode::OK);
        let name = mangled(NAME);
        for (filter, expected) in [
            (format!("userName eq \"{NAME}\""), vec![&id]),
            (format!("userName eq \"{name}\""), vec![&id]),
            (format!("userName eq \"{}\"", name.to_uppercase()), vec![&id]),
            (format!("userName eq \"{name}\" and active eq false"), vec![&id]),
            (format!("userName eq \"{name}\" and active eq true"), vec![]),
            (format!("userName eq \"{name}\" and meta.resourceType eq \"User\""), vec![&id]),
            (format!("userName sw \"{OID}\""), vec![&id]),
            (format!("userName eq \"{name}\" or userName eq \"other@company.example\""), vec![&id, &other]),
            (format!("userName eq \"{}x\"", OID), vec![]),
        ] {
            assert_eq!(
                ids(&app, &filter).await,
                expected.into_iter().cloned().collect::<Vec<_>>(),
                "{filter}"
            );
        }
    }
}

#[tokio::test]
async fn a_put_is_understood_as_well() {
    let app = App::new().await;
    let id = app.user(NAME).await;
    let body = json!({ "schemas": [USER], "userName": mangled(NAME), "active": false, "displayName": "J" });
    let answer = app.put(&format!("/Users/{id}"), body.clone()).await.expect(StatusCode::OK);
    assert_eq!(answer.body["userName"], NAME);
    assert_eq!(answer.body["active"], false);
    let again = app.put(&format!("/Users/{id}"), body).await.expect(StatusCode::OK);
    assert_eq!(again.header("etag"), answer.header("etag"));
}

#[tokio::test]
async fn mangled_e_mail_addresses_are_cleaned_too() {
    let app = App::new().await;
    let emails = json!([{ "value": NAME, "type": "work", "primary": true }]);
    let body = json!({ "schemas": [USER], "userName": "jsmith", "emails": emails });
    let path = format!("/Users/{}", app.post("/Users", body).await.created());
    let set = json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": mangled(NAME) },
        { "op": "Replace", "path": "active", "value": "False" },
    ]);
    let answer = app.patch(&path, set.clone()).await.expect(StatusCode::OK);
    assert_eq!(answer.body["emails"], emails);
    assert_eq!(app.patch(&path, set).await.header("etag"), answer.header("etag"));
    let foreign = json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": mangled("x@y.example") }]);
    let answer = app.patch(&path, foreign).await.expect(StatusCode::OK);
    assert_eq!(answer.body["emails"][0]["value"], mangled("x@y.example"));
}

#[tokio::test]
async fn a_restore_brings_the_clean_name_back() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user(NAME).await);
    app.patch(&path, soft_delete(NAME)).await.expect(StatusCode::OK);
    let restore = json!([
        { "op": "Replace", "path": "userName", "value": NAME },
        { "op": "Replace", "path": "active", "value": "True" },
    ]);
    let answer = app.patch(&path, restore).await.expect(StatusCode::OK);
    assert_eq!((&answer.body["userName"], &answer.body["active"]), (&json!(NAME), &json!(true)));
}

#[tokio::test]
async fn somebody_hired_again_is_the_same_user() {
    for app in App::both().await {
        let id = app.user(NAME).await;
        app.patch(&format!("/Users/{id}"), soft_delete(NAME)).await.expect(StatusCode::OK);
        for name in [NAME.to_owned(), mangled(NAME)] {
            let body = json!({ "schemas": [USER], "userName": name, "externalId": "new", "active": true });
            let answer = app.post("/Users", body).await.expect(StatusCode::CREATED);
            assert_eq!(answer.body["id"], id.as_str());
            assert_eq!((&answer.body["userName"], &answer.body["active"]), (&json!(NAME), &json!(true)));
            assert_eq!(answer.body["externalId"], "new");
            app.patch(&format!("/Users/{id}"), soft_delete(NAME)).await.expect(StatusCode::OK);
        }
        app.get("/Users").await.listed(1);
    }
}

/// A second round through the recycle bin may begin at the mangled name.
#[tokio::test]
async fn a_mangled_alias_is_recognised() {
    let app = App::new().await;
    let id = app.user(NAME).await;
    let path = format!("/Users/{id}");
    app.patch(&path, soft_delete(NAME)).await.expect(StatusCode::OK);
    let twice = format!("ffffffffffffffffffffffffffffffff{}", mangled(NAME));
    let set = json!([{ "op": "Replace", "path": "userName", "value": twice }]);
    assert_eq!(app.patch(&path, set).await.expect(StatusCode::OK).body["userName"], NAME);
    assert_eq!(ids(&app, &format!("userName eq \"{twice}\"")).await, [id]);
}

#[tokio::test]
async fn a_name_that_is_merely_long_hex_stays_as_it_is() {
    let app = App::new().await;
    let odd = format!("{OID}@company.example");
    let path = format!("/Users/{}", app.user(&odd).await);
    assert_eq!(app.get(&path).await.body["userName"], odd.as_str());
    let renamed = format!("{OID}somebody.else@company.example");
    let rename = json!([{ "op": "replace", "path": "userName", "value": renamed }]);
    assert_eq!(app.patch(&path, rename).await.expect(StatusCode::OK).body["userName"], renamed.as_str());
}

#[tokio::test]
async fn an_alias_never_takes_a_name_that_somebody_has() {
    for app in App::both().await {
        let (id, holder) = (app.user(NAME).await, app.user(&mangled(NAME)).await);
        let answer = app.patch(&format!("/Users/{id}"), soft_delete(NAME)).await.expect(StatusCode::OK);
        assert_eq!(answer.body["userName"], NAME);
        assert_eq!(ids(&app, &format!("userName eq \"{}\"", mangled(NAME))).await, [holder]);
        assert_eq!(app.audited(&id).await, ["user.create", "user.update"]);
    }
}

#[tokio::test]
async fn nobody_else_can_be_renamed_to_an_alias() {
    let app = App::new().await;
    let id = app.user(NAME).await;
    app.patch(&format!("/Users/{id}"), soft_delete(NAME)).await.expect(StatusCode::OK);
    let other = app.user("other").await;
    let rename = json!([{ "op": "replace", "path": "userName", "value": mangled(NAME) }]);
    let answer = app.patch(&format!("/Users/{other}"), rename).await;
    let answer = answer.error(StatusCode::CONFLICT, Some("uniqueness"));
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("userName") && detail.contains("inactive"), "{detail}");
}

/// The bound on aliases bounds what is kept, not what is understood.
#[tokio::test]
async fn there_is_a_bound_on_aliases() {
    let app = App::new().await;
    let id = app.user(NAME).await;
    let most = application::limits::MAX_ALIASES;
    for number in 0..=most {
        let sent = format!("{number:032x}{NAME}");
        let set = json!([{ "op": "Replace", "path": "userName", "value": sent }]);
        let answer = app.patch(&format!("/Users/{id}"), set).await.expect(StatusCode::OK);
        assert_eq!(answer.body["userName"], NAME);
        let found = ids(&app, &format!("userName eq \"{sent}\"")).await;
        assert_eq!(found.len(), usize::from(number < most), "{number}");
    }
}
