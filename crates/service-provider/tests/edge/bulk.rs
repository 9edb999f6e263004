//! Bulk requests (RFC 7644 §3.7).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{App, ENTERPRISE, PATCH_OP, TENANT_URL};

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// Sends these operations and answers what became of them.
async fn bulk(app: &App, operations: Value, fail_on_errors: Option<u64>) -> Vec<Value> {
    let mut body = json!({ "schemas": [REQUEST], "Operations": operations });
    if let Some(number) = fail_on_errors {
        body["failOnErrors"] = Value::from(number);
    }
    let answer = app.post("/Bulk", body).await.expect(StatusCode::OK);
    assert_eq!(answer.body["schemas"], json!([RESPONSE]));
    let results = answer.body["Operations"].as_array().unwrap().clone();
    for result in &results {
        let failed = result["status"].as_str().unwrap().parse::<u16>().unwrap() >= 400;
        assert_eq!(result.get("response").is_some(), failed, "{result}");
        if failed {
            assert_eq!(result["response"]["status"], result["status"]);
        }
    }
    results
}

fn user(name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "userName": name } })
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|name| json!({ "value": format!("bulkId:{name}") })).collect();
    let data = json!({ "displayName": name, "members": members });
    json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": data })
}

fn statuses(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["status"].as_str().unwrap()).collect()
}

fn id(result: &Value) -> String {
    result["location"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned()
}

#[tokio::test]
async fn each_operation_has_its_own_outcome() {
    for app in App::both().await {
        let (anna, bert, carl) = (app.user("anna").await, app.user("bert").await, app.user("carl").await);
        let rename = json!({ "schemas": [PATCH_OP], "Operations": [{ "op": "Replace", "path": "title", "value": "T" }] });
        let results = bulk(
            &app,
            json!([
                user("dora"),
                { "method": "put", "path": format!("/Users/{anna}"), "data": { "userName": "anna", "title": "Put" } },
                { "method": "Patch", "path": format!("Users/{bert}"), "version": "W/\"1\"", "data": rename },
                { "method": "PATCH", "path": format!("/Users/{bert}"), "version": "W/\"1\"", "data": rename },
                { "method": "DELETE", "path": format!("/Users/{carl}") },
                { "method": "DELETE", "path": format!("/Users/{carl}") },
                user("anna"),
                { "method": "POST", "path": "/Devices", "data": {} },
                { "method": "GET", "path": format!("/Users/{anna}") },
                { "method": "POST", "path": format!("/Users/{anna}"), "data": {} },
                { "method": "PUT", "path": "/Users", "data": {} },
                { "path": "/Users" },
                { "method": "POST", "path": "/Users", "data": "x" },
            ]),
            None,
        )
        .await;
        let expected =
            ["201", "200", "200", "412", "204", "404", "409", "404", "400", "405", "405", "400", "400"];
        assert_eq!(statuses(&results), expected);
        assert_eq!(results[0]["method"], "POST");
        assert_eq!(results[0]["bulkId"], "dora");
        let dora = app.get(&format!("/Users/{}", id(&results[0]))).await.expect(StatusCode::OK);
        assert_eq!(dora.body["userName"], "dora");
        assert_eq!(results[0]["version"], dora.body["meta"]["version"]);
        assert_eq!(results[0]["location"], dora.body["meta"]["location"]);
        assert_eq!(results[1]["version"], "W/\"2\"");
        assert_eq!(results[4]["location"], format!("{TENANT_URL}/Users/{carl}"));
        assert_eq!(results[5]["location"], format!("{TENANT_URL}/Users/{carl}"));
        // RFC 7644 §3.7.3: no location for a creation that failed.
        assert_eq!(results[6].get("location"), None);
        assert_eq!(results[6]["response"]["scimType"], "uniqueness");
        assert_eq!(app.get(&format!("/Users/{anna}")).await.body["title"], "Put");
    }
}

#[tokio::test]
async fn references_are_resolved_in_any_order() {
    for app in App::both().await {
        let manager = json!({ "value": "bulkId:boss" });
        let results = bulk(
            &app,
            json!([
                { "method": "PATCH", "path": "/Groups/bulkId:team", "data": { "Operations":
                    [{ "op": "add", "path": "members", "value": [{ "value": "bulkId:late" }] }] } },
                group("team", &["clerk", "boss"]),
                { "method": "POST", "path": "/Users", "bulkId": "clerk",
                    "data": { "userName": "clerk", ENTERPRISE: { "manager": manager } } },
                user("boss"),
                user("late"),
            ]),
            Some(1),
        )
        .await;
        assert_eq!(statuses(&results), ["200", "201", "201", "201", "201"]);
        let (team, clerk, boss, late) = (id(&results[1]), id(&results[2]), id(&results[3]), id(&results[4]));
        assert_eq!(results[0]["location"], format!("{TENANT_URL}/Groups/{team}"));
        let mut members = vec![clerk.clone(), boss.clone(), late];
        members.sort();
        assert_eq!(app.members(&team).await, members);
        let clerk = app.get(&format!("/Users/{clerk}")).await.body;
        assert_eq!(clerk[ENTERPRISE]["manager"]["value"], boss);
    }
}

#[tokio::test]
async fn references_in_filters_of_paths_are_resolved() {
    for app in App::both().await {
        let clerk = app.user("clerk").await;
        let remove = |name: &str| {
            let path = format!("members[value eq \"bulkId:{name}\"]");
            json!({ "method": "PATCH", "path": "/Groups/bulkId:team",
                "data": { "Operations": [{ "op": "remove", "path": path }] } })
        };
        let team = json!({ "method": "POST", "path": "/Groups", "bulkId": "team", "data":
            { "displayName": "team", "members": [{ "value": clerk }, { "value": "bulkId:boss" }] } });
        let operations = json!([remove("boss"), team, user("boss"), remove("nobody")]);
        let results = bulk(&app, operations, None).await;
        assert_eq!(statuses(&results), ["200", "201", "201", "400"]);
        assert!(results[3]["response"]["detail"].as_str().unwrap().contains("bulkId:nobody"));
        assert_eq!(app.members(&id(&results[1])).await, [clerk]);
    }
}

#[tokio::test]
async fn circular_references_are_made_once_both_exist() {
    for app in App::both().await {
        let manages = |name: &str, manager: &str| {
            let data = json!({ "userName": name, "title": "M", ENTERPRISE: { "manager": { "value": format!("bulkId:{manager}") } } });
            json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": data })
        };
        let results = bulk(
            &app,
            json!([manages("a", "b"), manages("b", "c"), manages("c", "a"), manages("self", "self")]),
            None,
        )
        .await;
        assert_eq!(statuses(&results), ["201"; 4]);
        for (user, manager) in [(0, 1), (1, 2), (2, 0), (3, 3)] {
            let user = app.get(&format!("/Users/{}", id(&results[user]))).await.body;
            assert_eq!(user[ENTERPRISE]["manager"]["value"], id(&results[manager]));
            assert_eq!(user["title"], "M");
        }
        let version = app.get(&format!("/Users/{}", id(&results[2]))).await.body["meta"]["version"].clone();
        assert_eq!(results[2]["version"], version);
    }
}

/// A group can't be its own member (RFC 7644 §3.7.1: 409 where a circular reference can't be made).
#[tokio::test]
async fn a_circle_that_can_not_be_leaves_nothing() {
    for app in App::both().await {
        let results = bulk(&app, json!([group("g", &["g"]), user("u")]), None).await;
        assert_eq!(statuses(&results), ["409", "201"]);
        assert_eq!(results[0].get("location"), None);
        app.get("/Groups").await.listed(0);
    }
}

#[tokio::test]
async fn who_refers_to_what_failed_fails() {
    for app in App::both().await {
        app.user("taken").await;
        let results = bulk(
            &app,
            json!([group("g", &["taken", "fine"]), user("taken"), user("fine"), group("h", &["nobody"])]),
            None,
        )
        .await;
        assert_eq!(statuses(&results), ["409", "409", "201", "400"]);
        assert!(results[0]["response"]["detail"].as_str().unwrap().contains("bulkId:taken"));
        assert!(results[3]["response"]["detail"].as_str().unwrap().contains("bulkId:nobody"));
        app.get("/Groups").await.listed(0);
    }
}

#[tokio::test]
async fn after_so_many_errors_the_rest_is_not_begun() {
    for app in App::both().await {
        app.user("taken").await;
        let operations = json!([user("a"), { "method": "DELETE", "path": "/Users/1" }, user("b"),
            { "method": "POST", "path": "/Users", "data": { "userName": "TAKEN" } }, user("c")]);
        for (number, expected, total) in [
            (Some(1), vec!["201", "404"], 2),
            (Some(2), vec!["409", "404"], 2),
            (Some(3), vec!["409", "404", "201", "409"], 3),
            (None, vec!["409", "404", "409", "409", "201"], 4),
        ] {
            assert_eq!(statuses(&bulk(&app, operations.clone(), number).await), expected, "{number:?}");
            app.get("/Users?count=0").await.listed(total);
        }
    }
}

#[tokio::test]
async fn what_is_no_bulk_request_changes_nothing() {
    let app = App::new().await;
    for (body, scim_type) in [
        (json!([]), "invalidSyntax"),
        (json!({}), "invalidSyntax"),
        (json!({ "Operations": ["x"] }), "invalidSyntax"),
        (json!({ "Operations": [user("a")], "failOnErrors": -1 }), "invalidValue"),
        (json!({ "Operations": [user("a"), user("a")] }), "invalidValue"),
    ] {
        app.post("/Bulk", body).await.error(StatusCode::BAD_REQUEST, Some(scim_type));
    }
    let many: Vec<Value> = (0..1001).map(|number| user(&format!("u{number}"))).collect();
    app.post("/Bulk", json!({ "Operations": many })).await.error(StatusCode::PAYLOAD_TOO_LARGE, None);
    let large = json!({ "Operations": [user(&"x".repeat(1024 * 1024))] });
    app.post("/Bulk", large).await.error(StatusCode::PAYLOAD_TOO_LARGE, None);
    app.get("/Bulk").await.error(StatusCode::METHOD_NOT_ALLOWED, None);
    app.get("/Users").await.listed(0);
    assert!(bulk(&app, json!([]), None).await.is_empty());
}

/// Another tenant's resources are as unknown here as everywhere.
#[tokio::test]
async fn a_bulk_request_stays_within_its_tenant() {
    let app = App::new().await;
    let id = app.user("anna").await;
    let (_, token) = app.other_tenant("fabrikam").await;
    let body = json!({ "Operations": [
        { "method": "DELETE", "path": format!("/Users/{id}") },
        { "method": "DELETE", "path": format!("{TENANT_URL}/Users/{id}") },
        { "method": "DELETE", "path": format!("/../../contoso/scim/v2/Users/{id}") },
        { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "G", "members": [{ "value": id }] } },
    ] });
    let request = axum::http::Request::post("/t/fabrikam/scim/v2/Bulk")
        .header("Authorization", format!("Bearer {token}"));
    let answer = app.send(request.body(axum::body::Body::from(body.to_string())).unwrap()).await;
    let results = answer.expect(StatusCode::OK).body["Operations"].as_array().unwrap().clone();
    assert_eq!(statuses(&results), ["404", "404", "404", "400"]);
    app.get(&format!("/Users/{id}")).await.expect(StatusCode::OK);
}

/// The full size: a group, and as many of its members as fit beside it.
#[tokio::test]
async fn a_thousand_operations_are_one_request() {
    let app = App::new().await;
    let names: Vec<String> = (0..999).map(|number| format!("u{number}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    let operations: Vec<Value> =
        std::iter::once(group("all", &members)).chain(names.iter().map(|name| user(name))).collect();
    let results = bulk(&app, Value::from(operations), None).await;
    assert!(results.iter().all(|result| result["status"] == "201"));
    assert_eq!(app.members(&id(&results[0])).await.len(), 999);
}
