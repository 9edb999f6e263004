//! Groups with very many members: what a change or an answer must not touch.

use axum::http::StatusCode;
use model::ResourceId;
use model::resource::StoredResource;
use serde_json::{Value, json};
use store::params;
use uuid::Uuid;

use crate::support::App;

/// Users that are stored without a request each.
async fn users(app: &App, count: u32) -> Vec<Value> {
    let ids: Vec<ResourceId> = (0..count).map(|_| ResourceId(Uuid::now_v7())).collect();
    let (tenant, stored) = (app.tenant, ids.clone());
    let insert = move |tx: &mut store::Tx<'_>| {
        stored.iter().try_for_each(|id| {
            let user = StoredResource {
                id: *id,
                document: json!({ "userName": id.to_string() }).as_object().unwrap().clone(),
                version: 1,
                created: "2026-11-22T08:00:00Z".parse().unwrap(),
                modified: "2026-11-22T08:00:00Z".parse().unwrap(),
            };
            store::resource::insert(tx, tenant, "User", &user)
        })
    };
    app.store.write(insert).await.unwrap();
    ids.iter().map(|id| json!({ "value": id })).collect()
}

/// A group of more members than a PATCH answers with, of whom the last can't be read.
async fn group_with_an_unreadable_member(app: &App) -> String {
    let members = users(app, 101).await;
    let group = app.post("/Groups", json!({ "displayName": "G", "members": members })).await.created();
    let (tenant, id): (_, ResourceId) = (app.tenant, group.parse().unwrap());
    let spoil = move |tx: &mut store::Tx<'_>| {
        tx.execute(
            "INSERT INTO member (tenant_id, group_id, member_id, member_type) VALUES ($1, $2, 'zzz', 'User')",
            params![tenant, id],
        )
    };
    app.store.write(spoil).await.unwrap();
    app.get(&format!("/Groups/{group}")).await.error(StatusCode::INTERNAL_SERVER_ERROR, None);
    group
}

/// The cost of a change is that of what changes (security.md D9): whoever read all members would meet the unreadable one.
#[tokio::test]
async fn a_change_of_one_member_reads_no_others() {
    for app in App::both().await {
        let group = group_with_an_unreadable_member(&app).await;
        let path = format!("/Groups/{group}");
        let anna = app.user("anna").await;
        for operation in [
            json!({ "op": "add", "path": "members", "value": [{ "value": anna }] }),
            json!({ "op": "Remove", "path": "members", "value": [{ "value": anna }] }),
            json!({ "op": "add", "value": { "members": [{ "value": anna }] } }),
            json!({ "op": "remove", "path": format!("members[value eq \"{anna}\"]") }),
            json!({ "op": "replace", "path": "displayName", "value": "Renamed" }),
            json!({ "op": "replace", "value": { "id": group, "displayName": "Renamed again" } }),
            json!({ "op": "add", "path": "members", "value": [{ "value": anna }] }),
        ] {
            app.patch(&path, json!([operation])).await.expect(StatusCode::NO_CONTENT);
        }
        let filter = format!("members.value+eq+%22{anna}%22");
        app.get(&format!("/Groups?filter={filter}&excludedAttributes=members")).await.listed(1);
        assert_eq!(app.get(&format!("/Users/{anna}")).await.body["groups"][0]["value"], group);
        app.delete(&format!("/Users/{anna}")).await.expect(StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn who_wants_no_members_touches_no_row_of_them() {
    for app in App::both().await {
        let group = app.group("G").await;
        let hide = |tx: &mut store::Tx<'_>| tx.execute("ALTER TABLE member RENAME TO hidden", &[]);
        app.store.write(hide).await.unwrap();
        let path = format!("/Groups/{group}");
        app.get(&path).await.error(StatusCode::INTERNAL_SERVER_ERROR, None);
        for query in ["excludedAttributes=members", "attributes=displayName", "attributes=id,meta"] {
            app.get(&format!("{path}?{query}")).await.expect(StatusCode::OK);
            app.get(&format!("/Groups?{query}")).await.listed(1);
            app.get(&format!("/Groups?{query}&filter=displayName+eq+%22g%22")).await.listed(1);
            let rename = json!([{ "op": "add", "path": "externalId", "value": query }]);
            app.patch(&format!("{path}?{query}"), rename).await.expect(StatusCode::OK);
        }
        // Nobody can have joined a group before being there.
        app.post("/Users", json!({ "userName": "anna" })).await.created();
    }
}

#[tokio::test]
async fn ten_thousand_members_come_in_one_body() {
    let app = App::new().await;
    let mut members = users(&app, 10_000).await;
    let spare = members.pop().unwrap();
    let body = json!({ "displayName": "G", "members": members });
    let group = app.post("/Groups?excludedAttributes=members", body).await.created();
    let path = format!("/Groups/{group}");
    assert_eq!(app.members(&group).await.len(), 9_999);

    // A whole list with one other member writes two rows: the marks of all others stay.
    let mark = |tx: &mut store::Tx<'_>| tx.execute("UPDATE member SET display = 'untouched'", &[]);
    app.store.write(mark).await.unwrap();
    members[5_000] = spare.clone();
    let body = json!({ "displayName": "G", "members": members });
    let replaced = app.put(&path, body.clone()).await.expect(StatusCode::OK).body;
    let replaced = replaced["members"].as_array().unwrap();
    let others: Vec<_> = replaced.iter().filter(|member| member["display"] != "untouched").collect();
    assert_eq!((replaced.len(), others.len()), (9_999, 1));
    assert_eq!(others[0]["value"], spare["value"]);
    let again = json!([{ "op": "replace", "path": "members", "value": members }]);
    let unchanged = app.patch(&path, again).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(unchanged.header("etag"), Some("W/\"2\""));
}
