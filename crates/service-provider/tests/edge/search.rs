//! Searching by POST, and among resources of all types (RFC 7644 §3.4.2.1, §3.4.3).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{App, GROUP, USER};

fn names(resources: &[Value]) -> Vec<&str> {
    let name = |resource: &'_ Value| resource.get("userName").or(resource.get("displayName")).cloned();
    assert!(resources.iter().all(|resource| name(resource).is_some()));
    resources
        .iter()
        .map(|resource| resource.get("userName").or(resource.get("displayName")).unwrap().as_str().unwrap())
        .collect()
}

async fn populated() -> [App; 2] {
    let apps = App::both().await;
    for app in &apps {
        for (name, title) in [("anna", "Guide"), ("bert", "Chef"), ("carl", "Guide")] {
            let user = json!({ "userName": name, "title": title, "externalId": format!("x-{name}") });
            app.post("/Users", user).await.created();
        }
        app.post("/Groups", json!({ "displayName": "Guides", "externalId": "x-guides" })).await.created();
        app.group("Chefs").await;
    }
    apps
}

#[tokio::test]
async fn a_search_by_post_is_a_search_by_query() {
    for app in populated().await {
        for (query, body) in [
            ("", json!({})),
            ("filter=title+eq+%22guide%22", json!({ "Filter": "title eq \"guide\"" })),
            ("count=1&startIndex=2", json!({ "count": 1, "startIndex": 2 })),
            ("count=0", json!({ "count": 0 })),
            ("attributes=title,id", json!({ "attributes": ["title", "id"] })),
            ("excludedAttributes=meta,title", json!({ "excludedAttributes": ["meta", "title"] })),
            (
                "sortBy=userName&sortOrder=descending",
                json!({ "sortBy": "userName", "sortOrder": "descending" }),
            ),
        ] {
            for (list, search) in
                [("/Users", "/Users/.search"), ("/Groups", "/Groups/.search"), ("", "/.search")]
            {
                if list == "/Groups" && query.contains("title+eq") {
                    continue;
                }
                let by_query = app.get(&format!("{list}?{query}")).await;
                let by_post = app.post(search, body.clone()).await;
                assert_eq!(
                    (by_post.status, by_post.body),
                    (by_query.status, by_query.body),
                    "{search} {query}"
                );
            }
        }
        app.post("/Users/.search", json!([])).await.error(StatusCode::BAD_REQUEST, Some("invalidSyntax"));
        let wrong = app.post("/Users/.search", json!({ "filter": "shoe pr" })).await;
        wrong.error(StatusCode::BAD_REQUEST, Some("invalidFilter"));
    }
}

#[tokio::test]
async fn resources_of_all_types_come_type_by_type() {
    for app in populated().await {
        let all = app.get("").await.listed(5);
        assert_eq!(names(&all), ["anna", "bert", "carl", "Guides", "Chefs"]);
        assert_eq!(all[0]["schemas"], json!([USER]));
        assert_eq!(all[3]["schemas"], json!([GROUP]));
        let page = app.get("/?startIndex=3&count=2").await.listed(5);
        assert_eq!(names(&page), ["carl", "Guides"]);
        assert_eq!(names(&app.get("?startIndex=5&count=9").await.listed(5)), ["Chefs"]);
        assert!(app.get("?startIndex=6").await.listed(5).is_empty());
    }
}

#[tokio::test]
async fn a_filter_names_attributes_of_any_type() {
    for app in populated().await {
        for (filter, expected) in [
            ("title eq \"guide\"", vec!["anna", "carl"]),
            ("externalId sw \"x-\"", vec!["anna", "bert", "carl", "Guides"]),
            ("userName eq \"anna\" or displayName eq \"chefs\"", vec!["anna", "Chefs"]),
            ("title ne \"guide\"", vec!["bert", "Guides", "Chefs"]),
            ("not (title pr)", vec!["Guides", "Chefs"]),
            ("title eq null", vec!["Guides", "Chefs"]),
            ("title ne null", vec!["anna", "bert", "carl"]),
            ("meta.resourceType eq \"Group\"", vec!["Guides", "Chefs"]),
            ("meta.resourceType eq \"User\" and title eq \"chef\"", vec!["bert"]),
            (
                "meta.resourceType eq \"User\" or displayName pr",
                vec!["anna", "bert", "carl", "Guides", "Chefs"],
            ),
            ("emails[type eq \"work\"]", vec![]),
        ] {
            let found = app.post("/.search", json!({ "filter": filter })).await;
            assert_eq!(names(&found.listed(expected.len() as u64)), expected, "{filter}");
        }
        let unknown = app.post("/.search", json!({ "filter": "userName pr or shoeSize eq 7" })).await;
        let unknown = unknown.error(StatusCode::BAD_REQUEST, Some("invalidFilter"));
        assert!(unknown.body["detail"].as_str().unwrap().contains("shoeSize"));
        app.post("/.search", json!({ "filter": "password pr" }))
            .await
            .error(StatusCode::FORBIDDEN, Some("sensitive"));
    }
}

#[tokio::test]
async fn a_search_of_all_is_of_the_tenant_alone() {
    for app in populated().await {
        let (_, token) = app.other_tenant("fabrikam").await;
        let request = axum::http::Request::get("/t/fabrikam/scim/v2")
            .header("Authorization", format!("Bearer {token}"));
        app.send(request.body(axum::body::Body::empty()).unwrap()).await.listed(0);
    }
}
