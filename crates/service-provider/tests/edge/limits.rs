//! What is bounded, at its bound and next to it; and that one tenant's use of the server is not another's trouble.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use futures::StreamExt;
use futures::stream;
use scim::limits::{
    MAX_FILTER_DEPTH, MAX_FILTER_LENGTH, MAX_FILTER_TERMS, MAX_JSON_DEPTH, MAX_PATCH_OPERATIONS,
    MAX_PATH_LENGTH, MAX_PROJECTION_PATHS, MAX_STRING_LENGTH,
};
use serde_json::{Value, json};
use service_provider::limits::{MAX_BODY_BYTES, MAX_PAGE, MAX_UNDER_WAY};
use tokio::sync::mpsc;
use tower::ServiceExt;

use crate::support::{App, PATCH_OP, USER};

const OK: StatusCode = StatusCode::OK;
const BAD: StatusCode = StatusCode::BAD_REQUEST;

/// Asks at the bound less one, at the bound, and at the bound and one.
async fn around(bound: usize, refused: StatusCode, ask: impl AsyncFn(usize) -> StatusCode) {
    for (size, status) in [(bound - 1, OK), (bound, OK), (bound + 1, refused)] {
        assert_eq!(ask(size).await, status, "{size} of {bound}");
    }
}

async fn filter(app: &App, filter: String) -> StatusCode {
    app.get(&format!("/Users?filter={}", filter.replace(' ', "%20").replace('"', "%22"))).await.status
}

#[tokio::test]
async fn the_size_of_a_body() {
    let app = App::new().await;
    let path = format!("/t/contoso/scim/v2/Users/{}", app.user("babs").await);
    around(MAX_BODY_BYTES, StatusCode::PAYLOAD_TOO_LARGE, async |size| {
        let body = json!({ "schemas": [USER], "userName": "babs" }).to_string();
        let body = format!("{body}{}", " ".repeat(size - body.len()));
        let request = Request::put(&path).header("Authorization", format!("Bearer {}", app.token));
        app.send(request.body(Body::from(body)).unwrap()).await.status
    })
    .await;
}

#[tokio::test]
async fn the_depth_of_a_body() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user("babs").await);
    let nested = |depth| (1..depth).fold(json!({}), |inner, _| json!({ "x": inner }));
    around(MAX_JSON_DEPTH, BAD, async |depth| {
        // The body is one level, and what it holds the others.
        let body = json!({ "schemas": [USER], "userName": "babs", "unknown": nested(depth - 1) });
        app.put(&path, body).await.status
    })
    .await;
}

#[tokio::test]
async fn the_length_of_a_value() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user("babs").await);
    around(MAX_STRING_LENGTH, BAD, async |length| {
        let body = json!({ "schemas": [USER], "userName": "babs", "title": "x".repeat(length) });
        app.put(&path, body).await.status
    })
    .await;
}

#[tokio::test]
async fn the_operations_of_a_patch() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user("babs").await);
    around(MAX_PATCH_OPERATIONS, BAD, async |number| {
        let operation = json!({ "op": "replace", "path": "title", "value": "x" });
        app.patch(&path, Value::from(vec![operation; number])).await.status
    })
    .await;
}

#[tokio::test]
async fn the_length_of_a_path() {
    let app = App::new().await;
    let path = format!("/Users/{}", app.user("babs").await);
    around(MAX_PATH_LENGTH, BAD, async |length| {
        let (begin, end) = ("emails[value eq \"", "\"].value");
        let selected = "x".repeat(length - begin.len() - end.len());
        let address = json!({ "op": "add", "path": "emails", "value": [{ "value": selected }] });
        let change = json!({ "op": "replace", "path": format!("{begin}{selected}{end}"), "value": "y" });
        let body = json!({ "schemas": [PATCH_OP], "Operations": [address, change] });
        app.call(axum::http::Method::PATCH, &path, Some(body)).await.status
    })
    .await;
}

#[tokio::test]
async fn the_length_of_a_filter() {
    let app = App::new().await;
    around(MAX_FILTER_LENGTH, BAD, async |length| {
        let rest = "title eq \"\"".len();
        filter(&app, format!("title eq \"{}\"", "x".repeat(length - rest))).await
    })
    .await;
}

#[tokio::test]
async fn the_depth_of_a_filter() {
    let app = App::new().await;
    around(MAX_FILTER_DEPTH, BAD, async |depth| {
        filter(&app, format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth))).await
    })
    .await;
}

#[tokio::test]
async fn the_terms_of_a_filter() {
    let app = App::new().await;
    around(MAX_FILTER_TERMS, BAD, async |terms| filter(&app, vec!["title pr"; terms].join(" or ")).await)
        .await;
}

#[tokio::test]
async fn the_attributes_asked_for() {
    let app = App::new().await;
    around(MAX_PROJECTION_PATHS, BAD, async |number| {
        app.get(&format!("/Users?attributes={}", vec!["title"; number].join(","))).await.status
    })
    .await;
}

#[tokio::test]
async fn the_size_of_a_page() {
    let app = App::new().await;
    for (count, served) in [(MAX_PAGE - 1, true), (MAX_PAGE, true), (MAX_PAGE + 1, true)] {
        // RFC 7644 §3.4.2.4: fewer than asked for may be answered, so that more is no error.
        assert_eq!(app.get(&format!("/Users?count={count}")).await.status == OK, served, "{count}");
    }
}

/// Requests whose bodies never come hold all that a tenant may have under way.
#[tokio::test]
async fn row_d8_a_tenant_that_takes_its_whole_share_stops_nobody_else() {
    let app = App::new().await;
    let (_, modest) = app.other_tenant("fabrikam").await;
    let (waits, mut waiting) = mpsc::unbounded_channel();
    let mut held = tokio::task::JoinSet::new();
    for _ in 0..MAX_UNDER_WAY {
        let waits = waits.clone();
        let tell = stream::once(async move {
            waits.send(()).unwrap();
            Ok::<_, Infallible>(Bytes::from("{"))
        });
        let request = Request::post("/t/contoso/scim/v2/Users")
            .header("Authorization", format!("Bearer {}", app.token));
        let request = request.body(Body::from_stream(tell.chain(stream::pending()))).unwrap();
        held.spawn(app.router.clone().oneshot(request));
    }
    for _ in 0..MAX_UNDER_WAY {
        waiting.recv().await.unwrap();
    }
    let refused = app.get("/Users").await.error(StatusCode::TOO_MANY_REQUESTS, None);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let request =
        Request::get("/t/fabrikam/scim/v2/Users").header("Authorization", format!("Bearer {modest}"));
    app.send(request.body(Body::empty()).unwrap()).await.listed(0);
    held.shutdown().await;
    app.get("/Users").await.listed(0);
}

#[tokio::test]
async fn a_rate_that_the_administrator_set_is_held() {
    let app = App::new().await;
    let tenant = app.tenant;
    let settings = model::settings::Settings { requests_per_second: 1, ..Default::default() };
    app.store.write(move |tx| store::tenant::set_settings(tx, tenant, &settings)).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(app.get("/ServiceProviderConfig").await);
    }
    assert_eq!(answers[0].status, OK);
    // As long as these twenty take less than ten seconds.
    let refused: Vec<_> = answers.into_iter().filter(|answer| answer.status != OK).collect();
    assert!(refused.len() >= 10, "{}", refused.len());
    for answer in refused {
        let answer = answer.error(StatusCode::TOO_MANY_REQUESTS, None);
        assert_eq!(answer.header("retry-after"), Some("1"), "whole seconds");
    }
}
