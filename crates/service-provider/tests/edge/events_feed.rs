//! The change feed as an application's backend reads it, whichever application the tenant is of.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use application::api::{Call, Method, Operation, Wait};
use application::{Applications, Plain};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use model::grant::Grant;
use model::tenant::Application as Kind;
use model::{ChangeId, ResourceId};
use serde_json::{Value, json};
use service_provider::Context;
use service_provider::limits::MAX_WAIT;
use store::feed::{self, Change, ChangeKind};
use store::{DatabaseUrl, Store, Tx};
use tokio::sync::{Notify, watch};
use workplace::Workplace;

use crate::support::{Answer, App, GROUP, PATCH_OP, USER};

/// A tenant on each engine, and a token of its backend, which may only read: the feed changes nothing for anybody.
async fn tenants() -> [(App, String); 2] {
    let [one, other] = [testkit::Database::sqlite(), testkit::Database::postgres()];
    [tenant(one, Kind::Plain).await, tenant(other, Kind::Workplace).await]
}

async fn tenant(database: testkit::Database, kind: Kind) -> (App, String) {
    tenant_of(database, kind, |context| context).await
}

/// The same with something in its server's context changed.
async fn tenant_of(
    database: testkit::Database,
    kind: Kind,
    configure: impl FnOnce(Context) -> Context,
) -> (App, String) {
    let app = App::with(testkit::TestStore::open(database, &[workplace::TABLES]), kind).await;
    let all: Vec<Arc<dyn application::Application>> =
        vec![Arc::new(Plain::default()), Arc::new(Workplace::default())];
    let applications = Applications::new(all).sharing(events::operations);
    let app = app.configured_with(applications, configure);
    let scope = "read_only".parse().unwrap();
    let token = app.application_token(app.tenant, Grant { scope, ..Grant::default() }).await;
    (app, token)
}

async fn ask(app: &App, token: &str, path: &str) -> Answer {
    let request = Request::builder()
        .uri(format!("/t/contoso/api/v1{path}"))
        .header("Authorization", format!("Bearer {token}"));
    app.send(request.body(Body::empty()).unwrap()).await
}

async fn get(app: &App, token: &str, path: &str) -> Value {
    ask(app, token, path).await.expect(StatusCode::OK).body
}

/// `sequence type`, of each event.
fn told(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().unwrap().iter();
    events.map(|e| format!("{} {}", e["sequence"], e["type"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn what_happened_is_read_in_order_and_in_pages() {
    for (app, token) in tenants().await {
        assert_eq!(get(&app, &token, "/events").await, json!({ "events": [], "next": 0 }));
        let ana = app.user("ana").await;
        let group = json!({ "schemas": [GROUP], "displayName": "Staff", "members": [{ "value": ana }] });
        let staff = app.post("/Groups", group).await.created();
        for active in [false, true] {
            let change = json!([{ "op": "replace", "path": "active", "value": active }]);
            app.patch(&format!("/Users/{ana}"), change).await;
        }
        let changed = json!({ "schemas": [PATCH_OP], "Operations": [{ "op": "remove", "path": "members" }] });
        app.call(axum::http::Method::PATCH, &format!("/Groups/{staff}"), Some(changed)).await;
        app.delete(&format!("/Users/{ana}")).await.expect(StatusCode::NO_CONTENT);

        let first = get(&app, &token, "/events?limit=2").await;
        assert_eq!(told(&first), ["1 user.created", "2 group.created"]);
        assert_eq!(first["next"], 2);
        let rest = get(&app, &token, "/events?after=2").await;
        assert_eq!(
            told(&rest),
            ["3 user.deactivated", "4 user.reactivated", "5 group.updated", "6 user.deleted"]
        );
        assert_eq!(get(&app, &token, "/events?after=6").await, json!({ "events": [], "next": 6 }));
        // Whoever was deleted since is not shown any more; the group is, as it is now.
        assert_eq!(first["events"][0]["data"], json!({ "id": ana, "version": 1 }));
        let shown = &first["events"][1]["data"]["resource"];
        assert_eq!((&shown["displayName"], &shown["members"]), (&json!("Staff"), &Value::Null));
        let ids: std::collections::BTreeSet<String> = [&first, &rest]
            .iter()
            .flat_map(|p| p["events"].as_array().unwrap())
            .map(|e| e["id"].to_string())
            .collect();
        assert_eq!(ids.len(), 6);
    }
}

#[tokio::test]
async fn a_user_is_told_with_groups_and_a_large_group_without_members() {
    for (app, token) in tenants().await {
        let mut members = Vec::new();
        for number in 0..101 {
            members.push(json!({ "value": app.user(&format!("user{number}")).await }));
        }
        let staff = json!({ "schemas": [GROUP], "displayName": "Staff", "members": members });
        let staff = app.post("/Groups", staff).await.created();
        let page = get(&app, &token, "/events?limit=500").await;
        let events = page["events"].as_array().unwrap();
        assert_eq!(events[0]["data"]["resource"]["groups"][0]["value"], staff);
        assert_eq!(events[101]["type"], "group.created");
        assert_eq!(events[101]["data"]["resource"]["members"], Value::Null);
        let first = get(&app, &token, &format!("/groups/{staff}/members?limit=60")).await;
        let after = first["next"].as_str().unwrap();
        let rest = get(&app, &token, &format!("/groups/{staff}/members?limit=60&after={after}")).await;
        let count = |page: &Value| page["members"].as_array().unwrap().len();
        assert_eq!((count(&first), count(&rest), &rest["next"]), (60, 41, &Value::Null));
        assert_eq!(first["members"][0]["type"], "User");
    }
}

#[tokio::test]
async fn who_waits_is_told_of_the_next_event_whoever_commits_it() {
    for (app, token) in tenants().await {
        let waiting = async |after: i64| {
            let page = get(&app, &token, &format!("/events?after={after}&wait=30")).await;
            told(&page)
        };
        let (first, _) = tokio::join!(waiting(0), app.user("ana"));
        assert_eq!(first, ["1 user.created"]);
        // What is there already is not waited for.
        assert_eq!(waiting(0).await, ["1 user.created"]);
        // Another process commits.
        let other = Store::open(&DatabaseUrl::parse(app.store.database().text()).unwrap()).unwrap();
        let (tenant, change) = (
            app.tenant,
            Change {
                id: ChangeId(uuid::Uuid::now_v7()),
                resource_type: "User".to_owned(),
                resource: ResourceId(uuid::Uuid::now_v7()),
                kind: ChangeKind::Deleted,
                version: 1,
                at: app.now(),
            },
        );
        let commit = other.write(move |tx| feed::append(tx, tenant, &change));
        let (second, committed) = tokio::join!(waiting(1), commit);
        committed.map_err(|error: store::Error| error).unwrap();
        assert_eq!(second, ["2 user.deleted"]);
        other.close();
    }
}

/// The second time an operation is done for somebody who waits, it is that much later.
#[tokio::test]
async fn who_waits_is_answered_as_of_then() {
    let app = App::with(testkit::TestStore::open(testkit::Database::sqlite(), &[]), Kind::Plain).await;
    let (asked, wait) = (
        Arc::new(Notify::new()),
        Wait { seconds: |_| 30, has_news: |body| body["at"] != "2026-11-22T08:00:00.123456Z" },
    );
    let tell = Arc::clone(&asked);
    let operations = move || {
        let tell = Arc::clone(&tell);
        let run = move |_: &mut Tx<'_>, call: &Call, _: HashMap<String, String>, (): ()| {
            tell.notify_one();
            Ok(json!({ "at": call.at.to_string() }))
        };
        vec![Operation::new((Method::Get, "/now"), "now", "The time.", run).waiting(wait)]
    };
    let plain: Arc<dyn application::Application> = Arc::new(Plain::default());
    let app = app.with_applications(Applications::new(vec![plain]).sharing(operations));
    let token = app.application_token(app.tenant, Grant::default()).await;
    let (page, ()) = tokio::join!(get(&app, &token, "/now"), async {
        asked.notified().await;
        app.pass(SignedDuration::from_secs(20));
        app.user("ana").await;
    });
    assert_eq!(page, json!({ "at": app.now().to_string() }));
}

#[tokio::test]
async fn who_waits_while_the_server_ends_is_answered_at_once() {
    let (stop, ending) = watch::channel(false);
    let (app, token) =
        tenant_of(testkit::Database::sqlite(), Kind::Plain, |context| context.until(ending)).await;
    let began = Instant::now();
    let (page, _) = tokio::join!(get(&app, &token, "/events?after=0&wait=30"), async {
        stop.send_replace(true);
    });
    assert_eq!(told(&page), [""; 0]);
    assert!(began.elapsed() < MAX_WAIT, "it waited to the end");
}

/// What is never returned by SCIM is not in events either, and neither is another tenant's.
#[tokio::test]
async fn events_tell_no_more_than_scim_does() {
    let (app, token) = tenant(testkit::Database::sqlite(), Kind::Plain).await;
    app.post("/Users", json!({ "schemas": [USER], "userName": "ana", "password": "kT9-canary" }))
        .await
        .created();
    let page = get(&app, &token, "/events").await;
    assert!(!page.to_string().contains("canary"), "{page}");
    let (other, _) = app.other_tenant("fabrikam").await;
    let strange = app.application_token(other, Grant::default()).await;
    ask(&app, &strange, "/events").await.expect(StatusCode::NOT_FOUND);
    ask(&app, &app.token, "/events").await.expect(StatusCode::FORBIDDEN);
    for path in
        ["/events?after=-1", "/events?limit=0", "/events?limit=501", "/events?wait=31", "/events?after=x"]
    {
        ask(&app, &token, path).await.expect(StatusCode::BAD_REQUEST);
    }
    let nobody = uuid::Uuid::nil();
    ask(&app, &token, &format!("/groups/{nobody}/members")).await.expect(StatusCode::NOT_FOUND);
    let document = get(&app, &token, "/openapi.json").await;
    assert_eq!(document["paths"]["/events"]["get"]["operationId"], "listEvents");
}
