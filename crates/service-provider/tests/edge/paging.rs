//! Pages, by index (RFC 7644 §3.4.2.4) and by cursor (RFC 9865).

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{App, LIST};

/// The answer to a query by cursor.
async fn page(app: &App, query: &str, cursor: &str) -> Value {
    let answer = app.get(&format!("{query}cursor={cursor}")).await.expect(StatusCode::OK);
    assert_eq!(answer.body["schemas"], json!([LIST]));
    assert!(answer.body.get("startIndex").is_none());
    assert_eq!(answer.body["itemsPerPage"], answer.body["Resources"].as_array().unwrap().len());
    answer.body
}

fn ids(page: &Value) -> Vec<String> {
    let id = |resource: &Value| resource["id"].as_str().unwrap().to_owned();
    page["Resources"].as_array().unwrap().iter().map(id).collect()
}

/// All ids, page by page, and how many pages that took.
async fn walk(app: &App, query: &str) -> (Vec<String>, usize) {
    let (mut all, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = page(app, query, &cursor).await;
        all.extend(ids(&page));
        pages += 1;
        match page.get("nextCursor") {
            Some(next) => cursor = next.as_str().unwrap().to_owned(),
            None => return (all, pages),
        }
    }
}

async fn populated() -> [App; 2] {
    let apps = App::both().await;
    for app in &apps {
        for number in 0..25 {
            let title = if number % 3 == 0 { "Guide" } else { "Chef" };
            let user = json!({ "userName": format!("u{}", (number * 7) % 25), "title": title });
            app.post("/Users", user).await.created();
        }
        for number in 0..4 {
            app.group(&format!("g{number}")).await;
        }
    }
    apps
}

#[tokio::test]
async fn cursors_lead_through_every_list_once() {
    for app in populated().await {
        for (list, filter, total) in [
            ("/Users?", "", 25),
            ("/Users?", "filter=title+eq+%22guide%22&", 9),
            ("/Users?", "filter=userName+sw+%22u1%22&", 11),
            ("/Users?", "sortBy=userName&", 25),
            ("/Users?", "sortBy=title&sortOrder=descending&", 25),
            ("/Users?", "sortBy=userName&sortOrder=descending&filter=title+eq+%22chef%22&", 16),
            ("/Users?", "filter=userName+eq+%22nobody%22&", 0),
            ("/Groups?", "", 4),
            ("?", "", 29),
            ("?", "filter=meta.resourceType+eq+%22Group%22&", 4),
            ("?", "sortBy=displayName&", 29),
        ] {
            let whole = app.get(&format!("{list}{filter}count=100")).await.listed(total);
            let whole: Vec<_> = whole.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
            for count in [1_usize, 4, 5, 24, 25, 100] {
                let (all, pages) = walk(&app, &format!("{list}{filter}count={count}&")).await;
                assert_eq!(all, whole, "{list}{filter}{count}");
                assert_eq!(pages, whole.len().div_ceil(count).max(1), "{list}{filter}{count}");
            }
        }
        assert_eq!(page(&app, "/Users?count=3&", "").await["totalResults"], 25);
        assert_eq!(page(&app, "?", "").await["totalResults"], 29);
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_query_only() {
    for app in populated().await {
        let cursor = page(&app, "/Users?count=2&filter=title+pr&", "").await["nextCursor"].clone();
        let cursor = cursor.as_str().unwrap();
        // The size of the page and what is shown of a resource do not matter.
        page(&app, "/Users?count=7&attributes=id&filter=title+pr&", cursor).await;
        let (_, foreign) = app.other_tenant("fabrikam").await;
        let elsewhere = format!("/t/fabrikam/scim/v2/Users?filter=title+pr&cursor={cursor}");
        let request = Request::get(elsewhere).header("Authorization", format!("Bearer {foreign}"));
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        answer.error(StatusCode::BAD_REQUEST, Some("invalidCursor"));
        for query in [
            format!("/Users?cursor={cursor}"),
            format!("/Users?filter=title+co+%22a%22&cursor={cursor}"),
            format!("/Users?filter=title+pr&sortBy=title&cursor={cursor}"),
            format!("/Groups?cursor={cursor}"),
            format!("?filter=title+pr&cursor={cursor}"),
            format!("/Users?filter=title+pr&cursor={}", &cursor[..cursor.len() - 1]),
            format!("/Users?filter=title+pr&cursor=A{cursor}"),
            "/Users?cursor=1".to_owned(),
        ] {
            app.get(&query).await.error(StatusCode::BAD_REQUEST, Some("invalidCursor"));
        }
        let post =
            app.post("/Users/.search", json!({ "filter": "title pr", "cursor": cursor, "count": 1 })).await;
        post.expect(StatusCode::OK);
        app.pass(SignedDuration::from_secs(3601));
        let late = app.get(&format!("/Users?filter=title+pr&cursor={cursor}")).await;
        late.error(StatusCode::BAD_REQUEST, Some("expiredCursor"));
    }
}

#[tokio::test]
async fn a_page_by_cursor_has_a_size() {
    let app = App::new().await;
    for number in 0..3 {
        app.user(&format!("u{number}")).await;
    }
    app.get("/Users?cursor=&count=many").await.error(StatusCode::BAD_REQUEST, Some("invalidCount"));
    app.get("/Users?cursor=&startIndex=1").await.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
    let total = page(&app, "/Users?count=0&", "").await;
    assert_eq!((&total["totalResults"], total.get("nextCursor")), (&json!(3), None));
    assert_eq!(ids(&page(&app, "/Users?", "").await).len(), 3);
}

/// Of those who are there all the time none is missed and none comes twice, whatever else is created and deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cursors_lose_and_repeat_nobody_while_others_write() {
    for app in App::both().await.map(Arc::new) {
        let (mut stay, mut go) = (HashSet::new(), Vec::new());
        for number in 0..60 {
            let id = app.user(&format!("u{number}")).await;
            if number % 2 == 0 {
                stay.insert(id);
            } else {
                go.push(id);
            }
        }
        let writing = tokio::spawn({
            let app = Arc::clone(&app);
            async move {
                for (number, id) in go.into_iter().enumerate() {
                    app.delete(&format!("/Users/{id}")).await.expect(StatusCode::NO_CONTENT);
                    app.user(&format!("new{number}")).await;
                }
            }
        });
        for query in
            ["/Users?count=3&", "/Users?count=3&filter=userName+pr&", "/Users?count=3&sortBy=userName&"]
        {
            let (all, _) = walk(&app, query).await;
            let distinct: HashSet<_> = all.iter().cloned().collect();
            assert_eq!(distinct.len(), all.len(), "{query}: somebody came twice");
            assert!(stay.is_subset(&distinct), "{query}: somebody was missed");
        }
        writing.await.unwrap();
        app.get("/Users?count=0").await.listed(60);
    }
}

#[tokio::test]
async fn pages_by_index_are_cut_from_one_list() {
    for app in populated().await {
        let whole = ids(&app.get("/Users").await.expect(StatusCode::OK).body);
        for (start, count) in [(-3, 5), (0, 5), (1, 5), (20, 5), (24, 9), (25, 1), (26, 5), (i64::MAX, 5)] {
            let answer = app.get(&format!("/Users?startIndex={start}&count={count}")).await;
            assert_eq!(answer.body["startIndex"], start.max(1));
            let page: Vec<_> =
                answer.listed(25).iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect();
            let first = usize::try_from(start.max(1) - 1).unwrap_or(usize::MAX).min(25);
            assert_eq!(page, whole[first..(first + count).min(25)], "{start}");
        }
        assert!(app.get("/Users?count=0").await.listed(25).is_empty());
    }
}

/// RFC 7644 §3.4.2.4 allows fewer resources than asked for; whoever goes on behind them gets the others.
#[tokio::test]
async fn a_page_of_very_long_resources_ends_early() {
    let app = App::new().await;
    let photo = "A".repeat(250 * 1024);
    for number in 0..90 {
        let photos = json!([{ "value": photo, "type": "photo" }]);
        app.post("/Users", json!({ "userName": format!("u{number}"), "photos": photos })).await.created();
    }
    let page = app.get("/Users?count=1000").await.listed(90);
    assert!(page.len() < 90 && page.len() > 50, "{}", page.len());
    let rest = app.get(&format!("/Users?count=1000&startIndex={}", page.len() + 1)).await.listed(90);
    assert_eq!(page.len() + rest.len(), 90);
    let (all, pages) = walk(&app, "/Users?count=1000&").await;
    assert_eq!((all.len(), pages), (90, 2));
}
