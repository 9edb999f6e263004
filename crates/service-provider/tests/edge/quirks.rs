//! Which client is tolerated what, and what is counted of it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::connection::{Connection, ConnectionName};
use serde_json::{Value, json};

use crate::support::{Answer, App, ENTERPRISE, PATCH_OP, USER};

/// A request with these headers and the tenant's token.
async fn send(app: &App, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/t/contoso/scim/v2{path}"))
        .header("Authorization", format!("Bearer {}", app.token));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

const CURL: (&str, &str) = ("User-Agent", "curl/8.5.0");
const OKTA: (&str, &str) = ("User-Agent", "Okta SCIM Client 1.0.0");
const SCIM: (&str, &str) = ("Content-Type", "application/scim+json");

/// Changes the connection that every tenant has.
async fn set(app: &App, name: &'static str, value: &'static str) {
    let tenant = app.tenant;
    app.store
        .write(move |tx| {
            let mut connection: Connection = store::connection::get(tx, tenant, "default")?.unwrap();
            connection.set(name, value).unwrap();
            store::connection::update(tx, &connection)
        })
        .await
        .unwrap();
}

/// The quirks counted since the beginning, by name.
async fn counted(app: &App) -> BTreeMap<&'static str, i64> {
    app.quirk_counts.write(&app.store).await.unwrap();
    let tenant = app.tenant;
    let of =
        move |tx: &mut store::Tx<'_>| store::quirk::of_connection(tx, tenant, &ConnectionName::default());
    let counts = app.store.read(of).await.unwrap();
    counts.into_iter().map(|count| (count.quirk.name(), count.requests)).collect()
}

fn replace_email(op: &str) -> Value {
    let operation = json!({ "op": op, "path": "emails[type eq \"work\"].value", "value": "a@b.example" });
    json!({ "schemas": [PATCH_OP], "Operations": [operation] })
}

#[tokio::test]
async fn a_replace_creates_for_those_who_count_on_it() {
    for app in App::both().await {
        for (user, headers, path, op, status) in [
            ("curl", &[CURL, SCIM][..], "", "replace", StatusCode::BAD_REQUEST),
            ("curl-as-entra", &[CURL, SCIM], "", "Replace", StatusCode::OK),
            ("curl-flagged", &[CURL, SCIM], "?aadOptscim062020", "replace", StatusCode::OK),
            ("entra", &[SCIM], "", "replace", StatusCode::OK),
            ("okta", &[OKTA, SCIM], "", "replace", StatusCode::OK),
        ] {
            let path = format!("/Users/{}{path}", app.user(user).await);
            let answer = send(&app, Method::PATCH, &path, headers, replace_email(op)).await.expect(status);
            if status != StatusCode::OK {
                answer.error(status, Some("noTarget"));
            }
        }
        assert_eq!(counted(&app).await["replace_creates"], 4);
    }
}

#[tokio::test]
async fn a_connection_says_what_kind_of_client_it_is_for() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user("ana").await);
    set(&app, "kind", "rfc").await;
    let answer = send(&app, Method::PATCH, &path, &[OKTA, SCIM], replace_email("Replace")).await;
    let refused = answer.error(StatusCode::BAD_REQUEST, Some("noTarget"));
    assert!(refused.body["detail"].as_str().unwrap().contains("replace_creates"), "{}", refused.body);
    set(&app, "replace_creates", "on").await;
    send(&app, Method::PATCH, &path, &[OKTA, SCIM], replace_email("Replace")).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn quirks_are_counted_by_request() {
    for app in App::both().await {
        assert!(counted(&app).await.is_empty());
        let body = json!({ "schemas": [USER], "userName": "ana", "active": "True", "groups": [], "password": "x",
                           "roles": [{ "primary": "True", "value": "r" }], ENTERPRISE: { "manager": "7" } });
        send(&app, Method::POST, "/Users", &[OKTA, SCIM], body).await.expect(StatusCode::CREATED);
        let once = [
            "string_booleans",
            "plain_manager",
            "missing_extension_urns",
            "placeholder_password",
            "read_only_echo",
        ];
        let expected: BTreeMap<_, _> = once.into_iter().map(|name| (name, 1)).collect();
        assert_eq!(counted(&app).await, expected);
        send(&app, Method::GET, "/Users?filter=active+eq+%22true%22", &[OKTA], Value::Null).await.listed(1);
        let later = counted(&app).await;
        assert_eq!((later["string_booleans"], later["plus_as_space"], later["plain_manager"]), (2, 1, 1));
    }
}

#[tokio::test]
async fn a_request_without_quirks_is_not_counted() {
    let app = App::new().await;
    let body = json!({ "schemas": [USER], "userName": "ana" });
    send(&app, Method::POST, "/Users", &[CURL, SCIM], body).await.expect(StatusCode::CREATED);
    send(&app, Method::GET, "/Users?filter=userName%20eq%20%22ana%22", &[CURL], Value::Null).await.listed(1);
    assert!(counted(&app).await.is_empty());
}

#[tokio::test]
async fn somebody_elses_requests_are_not_counted() {
    let app = App::new().await;
    let (_, foreign) = app.other_tenant("fabrikam").await;
    let request =
        Request::get("/t/contoso/scim/v2/Users").header("Authorization", format!("Bearer {foreign}"));
    app.send(request.body(Body::empty()).unwrap()).await.error(StatusCode::NOT_FOUND, None);
    let request = Request::get("/t/contoso/scim/v2/Users").header("Authorization", "Bearer nonsense");
    app.send(request.body(Body::empty()).unwrap()).await.error(StatusCode::UNAUTHORIZED, None);
    assert!(counted(&app).await.is_empty());
}

#[tokio::test]
async fn any_json_media_type() {
    let app = App::new().await;
    let post = |name: &'static str, headers: Vec<(&'static str, &'static str)>| {
        let app = &app;
        async move { send(app, Method::POST, "/Users", &headers, json!({ "userName": name })).await }
    };
    for (name, media_type) in
        [("a", "text/json"), ("b", "application/vnd.api+json; charset=utf-8"), ("c", "Application/X-JSON")]
    {
        post(name, vec![CURL, ("Content-Type", media_type)]).await.expect(StatusCode::CREATED);
    }
    post("d", vec![CURL]).await.expect(StatusCode::CREATED);
    assert_eq!(counted(&app).await["any_json_media_type"], 4);
    for media_type in ["application/json", "application/scim+json;charset=UTF-8"] {
        post(media_type, vec![CURL, ("Content-Type", media_type)]).await.expect(StatusCode::CREATED);
    }
    assert_eq!(counted(&app).await["any_json_media_type"], 4);
    for media_type in ["text/plain", "application/xml", "image/svg+json-ish"] {
        post("x", vec![CURL, ("Content-Type", media_type)])
            .await
            .error(StatusCode::UNSUPPORTED_MEDIA_TYPE, None);
    }
    set(&app, "any_json_media_type", "off").await;
    post("e", vec![CURL]).await.error(StatusCode::UNSUPPORTED_MEDIA_TYPE, None);
}

#[tokio::test]
async fn no_user_agent() {
    let app = App::new().await;
    send(&app, Method::GET, "/Users", &[], Value::Null).await.listed(0);
    assert_eq!(counted(&app).await["no_user_agent"], 1);
    set(&app, "no_user_agent", "off").await;
    let refused = send(&app, Method::GET, "/Users", &[], Value::Null).await;
    let refused = refused.error(StatusCode::BAD_REQUEST, None);
    assert!(refused.body["detail"].as_str().unwrap().contains("User-Agent"));
    send(&app, Method::GET, "/Users", &[CURL], Value::Null).await.listed(0);
}

#[tokio::test]
async fn a_plus_sign_in_a_name_is_found_however_it_is_written() {
    let app = App::new().await;
    app.user("ana+test@example.com").await;
    for filter in [
        "userName%20eq%20%22ana+test@example.com%22",
        "userName%20eq%20%22ana%2Btest%40example.com%22",
        "userName+eq+%22ana%2Btest@example.com%22",
    ] {
        send(&app, Method::GET, &format!("/Users?filter={filter}"), &[CURL], Value::Null).await.listed(1);
    }
    set(&app, "plus_as_space", "off").await;
    let path = "/Users?filter=userName+eq+%22ana%2Btest@example.com%22";
    send(&app, Method::GET, path, &[CURL], Value::Null)
        .await
        .error(StatusCode::BAD_REQUEST, Some("invalidFilter"));
}

/// Okta's list of a whole group is not held up by one who is gone, while Entra hears of each membership that failed.
#[tokio::test]
async fn unknown_members() {
    for app in App::both().await {
        let anna = app.user("anna").await;
        let gone = app.user("gone").await;
        app.delete(&format!("/Users/{gone}")).await.expect(StatusCode::NO_CONTENT);
        let members = json!([{ "value": anna }, { "value": gone }, { "value": "fake-member-id" }]);
        let strict = app.group("Strict").await;
        for (name, headers) in [("curl", &[CURL, SCIM]), ("okta", &[OKTA, SCIM])] {
            let body = json!({ "displayName": name, "members": members });
            let created = send(&app, Method::POST, "/Groups", headers, body.clone()).await.created();
            let path = format!("/Groups/{created}");
            assert_eq!(app.members(&created).await, [&*anna], "{name}");
            send(&app, Method::PUT, &path, headers, body).await.expect(StatusCode::OK);
            for op in ["add", "replace"] {
                let operation = json!({ "op": op, "path": "members", "value": members });
                let patch = json!({ "schemas": [PATCH_OP], "Operations": [operation] });
                let answer = send(&app, Method::PATCH, &path, headers, patch).await.expect(StatusCode::OK);
                assert_eq!(answer.body["members"].as_array().unwrap().len(), 1, "{name} {op}");
                assert_eq!(answer.header("etag"), Some("W/\"1\""));
            }
            let broken = json!({ "displayName": "Broken", "members": [{ "type": "User" }] });
            let refused = send(&app, Method::POST, "/Groups", headers, broken).await;
            refused.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
        }
        assert_eq!(counted(&app).await["unknown_members"], 8);

        let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": gone }] }]);
        let refused = app.patch(&format!("/Groups/{strict}"), add).await;
        let refused = refused.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains(&gone) && detail.contains("unknown_members"), "{detail}");
        set(&app, "unknown_members", "off").await;
        let body = json!({ "displayName": "Off", "members": members });
        let refused = send(&app, Method::POST, "/Groups", &[CURL, SCIM], body).await;
        refused.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    }
}

#[tokio::test]
async fn forms_of_the_token() {
    let app = App::new().await;
    let basic = format!("Basic {}", BASE64.encode(format!("scim:{}", app.token)));
    for (quirk, value) in [
        ("raw_token", app.token.clone()),
        ("repeated_bearer", format!("Bearer Bearer {}", app.token)),
        ("basic_token", basic),
    ] {
        let get = async || {
            let request = Request::get("/t/contoso/scim/v2/Users").header("Authorization", &value);
            app.send(request.header(CURL.0, CURL.1).body(Body::empty()).unwrap()).await
        };
        get().await.listed(0);
        assert_eq!(counted(&app).await.get(quirk), Some(&1), "{quirk}");
        set(&app, quirk, "off").await;
        let refused = get().await.error(StatusCode::UNAUTHORIZED, None);
        assert!(refused.body["detail"].as_str().unwrap().contains(quirk));
    }
}
