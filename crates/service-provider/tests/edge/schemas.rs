//! Tenants with schemas and resource types of their own.

use std::sync::Arc;

use application::schemas::{self, Proposal, Report, TypeReport};
use application::{Application, Plain};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use jiff::Timestamp;
use model::{IdSource, TenantId};
use serde_json::{Value, json};
use store::Store;
use uuid::Uuid;

use crate::support::{App, ENTERPRISE, GROUP, TENANT_URL, USER};

const BADGE: &str = "urn:ietf:params:scim:schemas:extension:Badge:2.0:User";
const ROLE: &str = "urn:okta:scim:schemas:core:1.0:Role";

struct Ids;

impl IdSource for Ids {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A change of a definition.
type Change = fn(&mut Value);

/// Puts a definition in force.
async fn define(
    store: &Store,
    tenant: TenantId,
    definition: Option<Value>,
    may_remove: bool,
) -> Result<Report, schemas::Error> {
    let application: Arc<dyn Application> = Arc::new(Plain::default());
    let all = store.read(store::tenant::list).await?;
    let tenant = all.into_iter().find(|known| known.id == tenant).unwrap();
    let proposal = Proposal {
        tenant,
        application,
        definition: definition.map(|definition| serde_json::from_value(definition).unwrap()),
        may_remove,
        actor: "cli".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        ids: Arc::new(Ids),
    };
    store.write(move |tx| schemas::apply(tx, &proposal)).await
}

async fn apply(app: &App, definition: Value) -> Report {
    define(&app.store, app.tenant, Some(definition), false).await.unwrap()
}

/// What contradicts a definition, and how many resources do.
async fn contradictions(app: &App, definition: Value) -> Vec<(String, u64)> {
    match define(&app.store, app.tenant, Some(definition), false).await {
        Err(schemas::Error::Contradictions(all)) => all
            .into_iter()
            .map(|one| (format!("{}: {}", one.resource_type, one.problem), one.resources))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn badge_and_role() -> Value {
    json!({
        "schemas": [
            { "id": BADGE, "name": "Badge", "attributes": [
                { "name": "number", "uniqueness": "server" },
                { "name": "floors", "type": "integer", "multiValued": true },
                { "name": "pin", "mutability": "writeOnly", "returned": "never", "uniqueness": "server" },
            ] },
            { "id": ROLE, "name": "Role", "attributes": [
                { "name": "displayName", "required": true, "uniqueness": "server" }, { "name": "description" },
            ] },
        ],
        "resourceTypes": [
            { "name": "User", "schemaExtensions": [{ "schema": BADGE }] },
            { "name": "Role", "endpoint": "/Roles", "schema": ROLE },
        ],
    })
}

fn unique(attribute: &str) -> Value {
    json!({ "overrides": [{ "path": format!("{USER}:{attribute}"), "uniqueness": "server" }] })
}

#[tokio::test]
async fn discovery_follows_the_definition_with_the_next_request() {
    let app = App::new().await;
    app.get("/ResourceTypes").await.listed(2);
    apply(&app, badge_and_role()).await;
    let types = app.get("/ResourceTypes").await.listed(3);
    let extensions =
        json!([{ "schema": ENTERPRISE, "required": false }, { "schema": BADGE, "required": false }]);
    assert_eq!(types[0]["schemaExtensions"], extensions);
    assert_eq!((&types[2]["endpoint"], &types[2]["schema"]), (&json!("/Roles"), &json!(ROLE)));
    let schemas = app.get("/Schemas").await.listed(5);
    let ids: Vec<_> = schemas.iter().map(|schema| schema["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [USER, ENTERPRISE, BADGE, GROUP, ROLE]);
    let pin = &app.get(&format!("/Schemas/{BADGE}")).await.expect(StatusCode::OK).body["attributes"][2];
    assert_eq!((&pin["returned"], &pin["mutability"]), (&json!("never"), &json!("writeOnly")));

    apply(&app, json!({})).await;
    app.get("/ResourceTypes").await.listed(2);
    app.get("/Roles").await.error(StatusCode::NOT_FOUND, None);
}

#[tokio::test]
async fn an_extension_is_created_filtered_patched_and_replaced() {
    for app in App::both().await {
        apply(&app, badge_and_role()).await;
        let user = |name: &str, badge: Value| json!({ "userName": name, BADGE: badge });
        let created = app.post("/Users", user("ana", json!({ "number": "A7", "floors": [1, 2] }))).await;
        let created = created.expect(StatusCode::CREATED).body;
        assert_eq!(created[BADGE], json!({ "number": "A7", "floors": [1, 2] }));
        assert_eq!(created["schemas"], json!([USER, BADGE]));
        let path = format!("/Users/{}", created["id"].as_str().unwrap());
        app.get(&format!("/Users?filter={BADGE}:number+eq+%22a7%22")).await.listed(1);
        app.get(&format!("/Users?filter={BADGE}:floors+eq+2")).await.listed(1);

        let taken = app.post("/Users", user("bo", json!({ "number": "a7" }))).await;
        let taken = taken.error(StatusCode::CONFLICT, Some("uniqueness"));
        assert!(taken.body["detail"].as_str().unwrap().contains("number"), "{}", taken.body);
        let wrong = app.post("/Users", user("bo", json!({ "floors": ["two"] }))).await;
        wrong.error(StatusCode::BAD_REQUEST, Some("invalidValue"));

        let set = json!([{ "op": "Replace", "path": format!("{BADGE}:number"), "value": "B8" }]);
        assert_eq!(app.patch(&path, set).await.expect(StatusCode::OK).body[BADGE]["number"], "B8");
        app.get(&format!("/Users?filter={BADGE}:number+eq+%22A7%22")).await.listed(0);
        let replaced =
            app.put(&path, user("ana", json!({ "number": "C9" }))).await.expect(StatusCode::OK).body;
        assert_eq!(replaced[BADGE], json!({ "number": "C9" }));
    }
}

#[tokio::test]
async fn a_secret_is_unique_kept_and_never_told() {
    for app in App::both().await {
        apply(&app, badge_and_role()).await;
        let user = |name: &str, badge: Value| json!({ "userName": name, BADGE: badge });
        let created = app.post("/Users", user("ana", json!({ "number": "A7", "pin": "Q-4711" }))).await;
        let created = created.expect(StatusCode::CREATED).body;
        let path = format!("/Users/{}", created["id"].as_str().unwrap());
        app.post("/Users", user("bo", json!({ "pin": "q-4711" })))
            .await
            .error(StatusCode::CONFLICT, Some("uniqueness"));

        // What a client read, sent back, keeps the secret; the same secret again changes nothing.
        let same = app.put(&path, created.clone()).await.expect(StatusCode::OK).body;
        let set = |pin: &str| json!([{ "op": "add", "path": format!("{BADGE}:pin"), "value": pin }]);
        let again = app.patch(&path, set("Q-4711")).await.expect(StatusCode::OK).body;
        assert_eq!([&same["meta"]["version"], &again["meta"]["version"]], [&created["meta"]["version"]; 2]);
        app.post("/Users", user("bo", json!({ "pin": "Q-4711" })))
            .await
            .error(StatusCode::CONFLICT, Some("uniqueness"));
        app.patch(&path, set("Q-4712")).await.expect(StatusCode::OK);
        app.post("/Users", user("bo", json!({ "pin": "Q-4711" }))).await.created();

        app.get(&format!("/Users?filter={BADGE}:pin+eq+%22Q-4712%22"))
            .await
            .error(StatusCode::FORBIDDEN, Some("sensitive"));
        let (told, tenant) =
            (app.get(&format!("/Users?attributes=userName,{BADGE}:pin")).await.body, app.tenant);
        assert!(!told.to_string().contains("pin") && !created.to_string().contains("4711"), "{told}");
        let stored = app
            .store
            .read(move |tx| store::resource::after::<scim::Object>(tx, tenant, "User", None, 10))
            .await
            .unwrap();
        assert!(stored.iter().all(|user| !format!("{user:?}").contains("Q-47")), "{stored:?}");
    }
}

#[tokio::test]
async fn a_resource_type_of_its_own_has_all_methods() {
    for app in App::both().await {
        apply(&app, badge_and_role()).await;
        let editor = json!({ "schemas": [ROLE], "displayName": "Editor", "externalId": "r1" });
        let created = app.post("/Roles", editor.clone()).await.expect(StatusCode::CREATED).body;
        assert_eq!(created["meta"]["resourceType"], "Role");
        let path = format!("/Roles/{}", created["id"].as_str().unwrap());
        assert_eq!(created["meta"]["location"], format!("{TENANT_URL}{path}"));
        app.post("/Roles", editor).await.error(StatusCode::CONFLICT, Some("uniqueness"));
        app.post("/Roles", json!({ "description": "?" }))
            .await
            .error(StatusCode::BAD_REQUEST, Some("invalidValue"));
        app.get("/Roles?filter=displayName+eq+%22editor%22").await.listed(1);
        app.get("/Roles?filter=externalId+eq+%22r1%22").await.listed(1);
        let set = json!([{ "op": "add", "value": { "description": "Writes" } }]);
        assert_eq!(app.patch(&path, set).await.expect(StatusCode::OK).body["description"], "Writes");
        let replaced = app.put(&path, json!({ "displayName": "Author" })).await.expect(StatusCode::OK).body;
        assert_eq!((replaced.get("description"), &replaced["displayName"]), (None, &json!("Author")));
        app.get(&format!("/Users/{}", created["id"].as_str().unwrap()))
            .await
            .error(StatusCode::NOT_FOUND, None);
        app.delete(&path).await.expect(StatusCode::NO_CONTENT);
        app.get("/Roles").await.listed(0);
    }
}

#[tokio::test]
async fn overrides_change_what_is_asked_and_told() {
    let app = App::new().await;
    let path = |name: &str| format!("{USER}:{name}");
    let definition = json!({ "overrides": [
        { "path": path("title"), "required": true, "canonicalValues": ["Guide"] },
        { "path": path("externalId"), "returned": "request" },
        { "path": path("nickName"), "uniqueness": "server", "caseExact": true },
        { "path": path("timezone"), "returned": "request" },
        { "path": path("locale"), "mutability": "readOnly" },
        { "path": path("photos"), "off": true },
    ] });
    // externalId is a common attribute: no schema has it (RFC 7643 §3.1).
    let refused = define(&app.store, app.tenant, Some(definition.clone()), false).await;
    assert!(matches!(&refused, Err(schemas::Error::Mistakes(all)) if all.len() == 1), "{refused:?}");
    let mut definition = definition;
    definition["overrides"].as_array_mut().unwrap().remove(1);
    apply(&app, definition).await;

    app.post("/Users", json!({ "userName": "a" })).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    let user = |name: &str, nick: &str| {
        let photos = json!([{ "value": "https://example.com/a.png" }]);
        json!({ "userName": name, "title": "Guide", "nickName": nick, "timezone": "UTC", "locale": "de", "photos": photos })
    };
    let created = app.post("/Users", user("a", "Ann")).await.expect(StatusCode::CREATED).body;
    assert_eq!(["timezone", "locale", "photos"].map(|name| created.get(name)), [None; 3]);
    let path = format!("/Users/{}?attributes=timezone", created["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.body["timezone"], "UTC");
    app.post("/Users", user("b", "ann")).await.created();
    app.post("/Users", user("c", "Ann")).await.error(StatusCode::CONFLICT, Some("uniqueness"));
    app.get("/Users?filter=nickName+eq+%22ann%22").await.listed(1);
}

#[tokio::test]
async fn two_tenants_see_nothing_of_each_other() {
    let app = App::new().await;
    let (fabrikam, token) = app.other_tenant("fabrikam").await;
    apply(&app, badge_and_role()).await;
    define(&app.store, fabrikam, Some(unique("nickName")), false).await.unwrap();
    let other = |method: Method, path: &'static str, body: Option<Value>| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/t/fabrikam/scim/v2{path}"))
            .header("Authorization", format!("Bearer {token}"))
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        app.send(request)
    };
    for _ in 0..2 {
        app.get("/ResourceTypes").await.listed(3);
        other(Method::GET, "/ResourceTypes", None).await.listed(2);
        other(Method::GET, "/Roles", None).await.error(StatusCode::NOT_FOUND, None);
    }
    let user = |name: &str| json!({ "userName": name, "nickName": "Al", BADGE: { "number": name } });
    for (name, status) in [("a", StatusCode::CREATED), ("b", StatusCode::CONFLICT)] {
        app.post("/Users", user(name)).await.created();
        let answer = other(Method::POST, "/Users", Some(user(name))).await.expect(status);
        assert_eq!(answer.body.get(BADGE), None);
    }
}

#[tokio::test]
async fn a_definition_that_contradicts_what_is_stored_changes_nothing() {
    for app in App::both().await {
        apply(&app, badge_and_role()).await;
        for (name, nick) in [("a", "X"), ("b", "x"), ("c", "X"), ("d", "y")] {
            let badge = json!({ "number": name, "floors": [1] });
            app.post("/Users", json!({ "userName": name, "nickName": nick, BADGE: badge })).await.created();
        }
        app.post("/Roles", json!({ "displayName": "Editor" })).await.created();
        let before = app.get("/Users").await.listed(4);

        let with = |change: Change| {
            let mut definition = badge_and_role();
            change(&mut definition);
            definition
        };
        let table: [(Change, &str, u64); 7] = [
            (
                |d| d["overrides"] = json!([{ "path": format!("{USER}:nickName"), "uniqueness": "server" }]),
                "User: nickName is unique, and several have the same value",
                2,
            ),
            (
                |d| d["overrides"] = json!([{ "path": format!("{USER}:title"), "required": true }]),
                "User: title is required and has no value",
                4,
            ),
            (
                |d| d["overrides"] = json!([{ "path": format!("{USER}:nickName"), "off": true }]),
                "User: nickName is gone and has values",
                4,
            ),
            (
                |d| d["schemas"][0]["attributes"][1] = json!({ "name": "floors", "multiValued": true }),
                "User: urn:ietf:params:scim:schemas:extension:Badge:2.0:User:floors has values of another type",
                4,
            ),
            (
                |d| {
                    let secret = json!({ "name": "number", "mutability": "writeOnly", "returned": "never" });
                    d["schemas"][0]["attributes"][0] = secret;
                },
                "User: urn:ietf:params:scim:schemas:extension:Badge:2.0:User:number has values, and becomes a secret or \
                 stops being one",
                4,
            ),
            (
                |d| {
                    d["schemas"][1]["id"] = json!("urn:example:Role:1");
                    d["resourceTypes"][1]["schema"] = json!("urn:example:Role:1");
                },
                "Role: schemas: the core schema of stored resources can't change",
                1,
            ),
            (
                |d| {
                    d["schemas"].as_array_mut().unwrap().remove(1);
                    d["resourceTypes"].as_array_mut().unwrap().remove(1);
                },
                "Role: the resource type is gone and has resources",
                1,
            ),
        ];
        for (change, problem, resources) in table {
            assert_eq!(contradictions(&app, with(change)).await, [(problem.to_owned(), resources)]);
        }
        assert_eq!(app.get("/Users").await.listed(4), before);
        app.get("/Users?filter=nickName+eq+%22x%22").await.listed(3);
        app.post("/Users", json!({ "userName": "e", BADGE: { "number": "A" } }))
            .await
            .error(StatusCode::CONFLICT, Some("uniqueness"));
    }
}

#[tokio::test]
async fn values_that_may_be_removed_are_gone_for_good() {
    for app in App::both().await {
        apply(&app, badge_and_role()).await;
        let body = json!({ "userName": "ana", BADGE: { "number": "A7" } });
        let ana = app.post("/Users", body).await.created();
        let bo = app.user("bo").await;
        let mut definition = badge_and_role();
        definition["resourceTypes"][0] =
            json!({ "name": "Group", "schemaExtensions": [{ "schema": BADGE }] });
        let report = define(&app.store, app.tenant, Some(definition), true).await.unwrap();
        let user = |report: &Report| -> TypeReport { report.types[0].clone() };
        assert_eq!((report.version, user(&report).resources, user(&report).stripped), (2, 2, 1));
        let (ana, bo) =
            (app.get(&format!("/Users/{ana}")).await.body, app.get(&format!("/Users/{bo}")).await.body);
        assert_eq!((ana.get(BADGE), &ana["schemas"]), (None, &json!([USER])));
        assert_eq!([&ana["meta"]["version"], &bo["meta"]["version"]], ["W/\"2\"", "W/\"1\""]);
        apply(&app, badge_and_role()).await;
        app.get("/Users").await.listed(2);
        let again = json!({ "userName": "cy", BADGE: { "number": "A7" } });
        app.post("/Users", again).await.created();
    }
}

#[tokio::test]
async fn rows_are_made_anew_when_the_folding_changes_and_on_demand() {
    for app in App::both().await {
        for (name, nick) in [("a", "Al"), ("b", "AL"), ("c", "Bo")] {
            app.post("/Users", json!({ "userName": name, "nickName": nick })).await.created();
        }
        let nick = |case_exact: bool| {
            json!({
                "resourceTypes": [{ "name": "User", "indexed": ["nickName"] }],
                "overrides": [{ "path": format!("{USER}:nickName"), "caseExact": case_exact }],
            })
        };
        for (case_exact, found) in [(true, 1), (false, 2), (true, 1)] {
            let report = apply(&app, nick(case_exact)).await;
            assert_eq!(report.types[0].indexed, ["nickName"]);
            app.get("/Users?filter=nickName+eq+%22Al%22").await.listed(found);
        }
        assert!(!apply(&app, nick(true)).await.changed);
        let mangled = format!("{}cy", "0a".repeat(16));
        let cy = app.user("cy").await;
        let set = json!([{ "op": "replace", "path": "userName", "value": mangled }]);
        app.patch(&format!("/Users/{cy}"), set).await.expect(StatusCode::OK);
        let tenant = app.tenant;
        app.store.write(move |tx| store::attr::forget(tx, tenant, "User", Some("nickname"))).await.unwrap();
        app.get("/Users?filter=nickName+eq+%22Al%22").await.listed(0);
        let report = define(&app.store, app.tenant, None, false).await.unwrap();
        assert_eq!((report.version, report.types[0].resources), (3, 4));
        app.get(&format!("/Users?filter=userName+eq+%22{mangled}%22")).await.listed(1);
        app.get("/Users?filter=nickName+eq+%22Al%22").await.listed(1);
        app.post("/Users", json!({ "userName": "A" })).await.error(StatusCode::CONFLICT, Some("uniqueness"));
    }
}

/// Eight write while definitions come and go: no row is missing afterwards, and nothing unique is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn definitions_are_applied_while_others_write() {
    for app in App::both().await.map(Arc::new) {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let app = Arc::clone(&app);
                tokio::spawn(async move {
                    let mut stored = 0;
                    for number in 0..25 {
                        // Two writers share each name.
                        let nick = format!("n{}-{number}", writer / 2);
                        let body = json!({ "userName": format!("u{writer}-{number}"), "nickName": nick });
                        let answer = app.post("/Users", body).await;
                        match answer.status {
                            StatusCode::CREATED => stored += 1,
                            StatusCode::CONFLICT => {
                                drop(answer.error(StatusCode::CONFLICT, Some("uniqueness")))
                            }
                            _ => drop(answer.error(StatusCode::SERVICE_UNAVAILABLE, None)),
                        }
                    }
                    stored
                })
            })
            .collect();
        let indexed = json!({ "resourceTypes": [{ "name": "User", "indexed": ["nickName", "title"] }] });
        for round in 0..12 {
            let definition = match round % 3 {
                0 => unique("nickName"),
                1 => indexed.clone(),
                _ => json!({}),
            };
            let outcome = define(&app.store, app.tenant, Some(definition), false).await;
            let refused = matches!(&outcome, Err(schemas::Error::Contradictions(_)));
            assert!(outcome.is_ok() || (refused && round % 3 == 0), "{outcome:?}");
        }
        let mut stored = 0;
        for writer in writers {
            stored += writer.await.unwrap();
        }
        define(&app.store, app.tenant, Some(indexed), false).await.unwrap();
        let users = app.get("/Users?count=1000").await.listed(stored);
        for user in &users {
            let nick = user["nickName"].as_str().unwrap();
            let expected = users.iter().filter(|other| other["nickName"] == nick).count();
            app.get(&format!("/Users?filter=nickName+eq+%22{nick}%22")).await.listed(expected as u64);
        }
    }
}
