//! Groups with very many members: what a change or an answer must not touch.

use axum::http::StatusCode;
use model::ResourceId;
use model::resource::StoredResource;
use serde_json::{Value, json};
use store::params;
use uuid::Uuid;

use crate::support::{App, LIST, TENANT_URL};

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
            store::resource::insert(tx, tenant, "User", &user, &model::resource::Origin::Administrator)
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
    let mark = |tx: &mut store::Tx<'_>| tx.execute("UPDATE member SET member_type = 'Untouched'", &[]);
    app.store.write(mark).await.unwrap();
    members[5_000] = spare.clone();
    let body = json!({ "displayName": "G", "members": members });
    let replaced = app.put(&path, body.clone()).await.expect(StatusCode::OK).body;
    let replaced = replaced["members"].as_array().unwrap();
    let others: Vec<_> = replaced.iter().filter(|member| member["type"] != "Untouched").collect();
    assert_eq!((replaced.len(), others.len()), (9_999, 1));
    assert_eq!(others[0]["value"], spare["value"]);
    let again = json!([{ "op": "replace", "path": "members", "value": members }]);
    let unchanged = app.patch(&path, again).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(unchanged.header("etag"), Some("W/\"2\""));
}

#[tokio::test]
async fn members_are_paged_through_while_others_come_and_go() {
    for app in App::both().await {
        let everybody = users(&app, 252).await;
        let (members, late) = everybody.split_at(250);
        let body = json!({ "displayName": "G", "members": members });
        let group = app.post("/Groups?excludedAttributes=members", body).await.created();
        let path = format!("/Groups/{group}/members");
        let first = app.get(&format!("{path}?count=100")).await.expect(StatusCode::OK).body;
        assert_eq!((&first["totalResults"], &first["itemsPerPage"]), (&json!(250), &json!(100)));
        assert_eq!(first["schemas"], json!([LIST]));
        let value = &members[0]["value"];
        let shown = json!({ "value": value, "type": "User",
                            "$ref": format!("{TENANT_URL}/Users/{}", value.as_str().unwrap()) });
        assert_eq!(first["Resources"][0], shown);

        // One behind the cursor and one before it leave, one joins at the end.
        let change = json!([
            { "op": "remove", "path": "members", "value": [members[50], members[150]] },
            { "op": "add", "path": "members", "value": [late[0]] },
        ]);
        app.patch(&format!("/Groups/{group}"), change).await.expect(StatusCode::NO_CONTENT);
        let (mut seen, mut next) = (values(&first), first["nextCursor"].clone());
        while let Some(cursor) = next.as_str() {
            let page =
                app.get(&format!("{path}?count=100&cursor={cursor}")).await.expect(StatusCode::OK).body;
            seen.extend(values(&page));
            assert_eq!(page.get("totalResults"), None);
            next = page["nextCursor"].clone();
        }
        let expected: Vec<_> =
            members.iter().filter(|member| **member != members[150]).chain([&late[0]]).cloned().collect();
        assert_eq!(seen, expected.iter().map(|member| member["value"].clone()).collect::<Vec<_>>());
    }
}

fn values(page: &Value) -> Vec<Value> {
    page["Resources"].as_array().unwrap().iter().map(|member| member["value"].clone()).collect()
}

#[tokio::test]
async fn pages_of_members_have_edges() {
    let app = App::new().await;
    let members = users(&app, 2).await;
    let group = app.post("/Groups", json!({ "displayName": "G", "members": members })).await.created();
    let path = format!("/Groups/{group}/members");
    let page = async |query: &str| app.get(&format!("{path}?{query}")).await.expect(StatusCode::OK).body;
    for query in ["", "cursor=", "startIndex=1&count=100"] {
        let body = page(query).await;
        assert_eq!((values(&body).len(), body.get("nextCursor")), (2, None), "{query}");
    }
    let total = page("count=0").await;
    assert_eq!((values(&total).len(), &total["totalResults"], total.get("nextCursor")), (0, &json!(2), None));
    // The last page may be empty, when the one before it was just full.
    let full = page("count=2").await;
    let cursor = full["nextCursor"].as_str().unwrap();
    let empty = page(&format!("cursor={cursor}")).await;
    assert_eq!((values(&empty).len(), empty.get("nextCursor")), (0, None));
    let nobody = app.group("Nobody").await;
    let none = app.get(&format!("/Groups/{nobody}/members")).await.expect(StatusCode::OK).body;
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));

    for (query, scim_type) in [
        ("cursor=x", "invalidCursor"),
        ("cursor=%22", "invalidCursor"),
        ("startIndex=2", "invalidValue"),
        ("count=many", "invalidValue"),
    ] {
        app.get(&format!("{path}?{query}")).await.error(StatusCode::BAD_REQUEST, Some(scim_type));
    }
    let user = members[0]["value"].as_str().unwrap();
    for path in
        [format!("/Users/{user}/members"), format!("/Groups/{user}/members"), "/Groups/x/members".into()]
    {
        app.get(&path).await.error(StatusCode::NOT_FOUND, None);
    }
}
