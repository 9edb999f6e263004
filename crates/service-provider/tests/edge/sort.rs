//! Sorted lists (RFC 7644 §3.4.2.3).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{App, ENTERPRISE};

/// Users whose `nickName` tells the order of their creation.
async fn populated() -> [App; 2] {
    let apps = App::both().await;
    for app in &apps {
        for (nick, user) in [
            (
                "1",
                json!({ "userName": "Zoe", "displayName": "b", "externalId": "b", "name": { "familyName": "Ä" } }),
            ),
            (
                "2",
                json!({ "userName": "adam", "title": "x", "externalId": "B", "emails": [
                { "value": "z@x.example" }, { "value": "a@x.example", "primary": true }] }),
            ),
            (
                "3",
                json!({ "userName": "Mia", "displayName": "A", "active": false, "emails": [{ "value": "m@x.example" }],
                ENTERPRISE: { "department": "Tours" } }),
            ),
            (
                "4",
                json!({ "userName": "bert", "displayName": "B", "active": true, "name": { "familyName": "a" } }),
            ),
        ] {
            let mut user = user;
            user["nickName"] = Value::from(nick);
            app.post("/Users", user).await.created();
        }
    }
    apps
}

fn nicks(resources: &[Value]) -> String {
    resources.iter().map(|user| user["nickName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn values_are_put_in_order_and_the_missing_are_last() {
    for app in populated().await {
        for (sort_by, ascending, descending) in [
            ("userName", "2431", "1342"),
            ("USERNAME", "2431", "1342"),
            // One letter case is as good as the other, and equals stay in the order of their creation.
            ("displayName", "3142", "2143"),
            ("externalId", "2134", "3412"),
            ("name.familyName", "4123", "2314"),
            ("emails", "2314", "1432"),
            ("emails.value", "2314", "1432"),
            ("active", "3412", "1243"),
            ("meta.created", "1234", "4321"),
            ("meta.lastModified", "1234", "4321"),
            ("department", "3124", "1243"),
            (&format!("{ENTERPRISE}:department"), "3124", "1243"),
        ] {
            app.pass(jiff::SignedDuration::from_secs(1));
            for (order, expected) in
                [("", ascending), ("&sortOrder=ascending", ascending), ("&sortOrder=Descending", descending)]
            {
                if sort_by.starts_with("meta") {
                    continue;
                }
                let path = format!("/Users?sortBy={sort_by}{order}");
                assert_eq!(nicks(&app.get(&path).await.listed(4)), expected, "{path}");
                // With a filter the same order comes from the documents and not from the index.
                let filtered = format!("{path}&filter=nickName+pr");
                assert_eq!(nicks(&app.get(&filtered).await.listed(4)), expected, "{filtered}");
            }
        }
    }
}

#[tokio::test]
async fn ids_and_instants_can_be_sorted_by() {
    for app in App::both().await {
        for name in ["c", "a", "b"] {
            app.post("/Users", json!({ "userName": name, "nickName": name })).await.created();
            app.pass(jiff::SignedDuration::from_millis(1500));
        }
        let first = app.get("/Users?filter=userName+eq+%22c%22").await.listed(1)[0]["id"].clone();
        let rename = json!([{ "op": "replace", "path": "title", "value": "x" }]);
        app.patch(&format!("/Users/{}", first.as_str().unwrap()), rename).await.expect(StatusCode::OK);
        for (query, expected) in [
            ("meta.created", "cab"),
            ("meta.created&sortOrder=descending", "bac"),
            ("meta.lastModified", "abc"),
            ("id&sortOrder=descending", "bac"),
            ("meta.version", "abc"),
        ] {
            assert_eq!(
                nicks(&app.get(&format!("/Users?sortBy={query}")).await.listed(3)),
                expected,
                "{query}"
            );
        }
    }
}

#[tokio::test]
async fn a_sorted_list_has_pages() {
    for app in populated().await {
        for sort_by in ["userName", "displayName", "emails.value"] {
            let whole = nicks(&app.get(&format!("/Users?sortBy={sort_by}")).await.listed(4));
            let mut paged = String::new();
            for index in 1..=5 {
                let path = format!("/Users?sortBy={sort_by}&count=1&startIndex={index}");
                paged.push_str(&nicks(&app.get(&path).await.listed(4)));
            }
            assert_eq!(paged, whole);
        }
    }
}

#[tokio::test]
async fn all_types_are_sorted_together() {
    let app = App::new().await;
    for (name, display) in [("u1", "Beta"), ("u2", "delta")] {
        app.post("/Users", json!({ "userName": name, "displayName": display })).await.created();
    }
    app.user("u3").await;
    for name in ["alpha", "Gamma"] {
        app.group(name).await;
    }
    let sorted = app.get("?sortBy=displayName").await.listed(5);
    let names: Vec<_> =
        sorted.iter().map(|resource| resource["displayName"].as_str().unwrap_or("-")).collect();
    assert_eq!(names, ["alpha", "Beta", "delta", "Gamma", "-"].map(|name| name));
    let by_user = app.get("?sortBy=userName&sortOrder=descending&count=3").await.listed(5);
    assert!(by_user[0].get("userName").is_none() && by_user[1].get("userName").is_none());
    assert_eq!(by_user[2]["userName"], "u3");
}

#[tokio::test]
async fn what_can_not_be_sorted_by_is_refused() {
    let app = App::new().await;
    for query in [
        "sortBy=shoeSize",
        "sortBy=name",
        "sortBy=emails[type+eq+%22work%22]",
        "sortBy=userName&sortOrder=up",
    ] {
        app.get(&format!("/Users?{query}")).await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    }
    app.get("/Users?sortBy=password").await.error(StatusCode::FORBIDDEN, Some("sensitive"));
    // An order of nothing is none.
    app.get("/Users?sortBy=&sortOrder=descending").await.listed(0);
}
