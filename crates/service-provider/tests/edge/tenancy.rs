//! Who may do what: every route of the route table without a token, with a wrong one, and with another tenant's.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use jiff::SignedDuration;
use model::grant::Grant;
use model::token::{Secret, SecretKind};
use serde_json::{Value, json};
use service_provider::Peer;
use service_provider::routes::{Access, Endpoint, ROUTES, Route};
use store::Store;

use crate::support::{Answer, App, PATCH_OP, USER, random};

/// The routes of SCIM that ask for a token: all but the one that gives them. Those of applications have `application_api`.
pub fn guarded() -> impl DoubleEndedIterator<Item = &'static Route> {
    let of_scim = |route: &&Route| !route.endpoint.is_of_application();
    ROUTES.iter().filter(|route| route.endpoint.access() != Access::Open).filter(of_scim)
}

/// What exists in the tenant that the requests are about.
pub struct Ids {
    pub user: String,
    pub group: String,
}

/// Addresses and a body for each endpoint; one that is added to the table does not compile without them.
pub fn samples(route: &Route, ids: &Ids) -> Vec<(String, Option<Value>)> {
    let types = [("Users", &ids.user), ("Groups", &ids.group)];
    let each = |body: Option<Value>| {
        types.iter().map(|(kind, id)| (fill(route.path, kind, id), body.clone())).collect::<Vec<_>>()
    };
    match route.endpoint {
        // It asks for no token, and they for another one; `oauth` and `application_api` have their tests.
        Endpoint::Token | Endpoint::ApplicationRead | Endpoint::ApplicationWrite => Vec::new(),
        Endpoint::List | Endpoint::Get | Endpoint::Delete => each(None),
        Endpoint::Create | Endpoint::Replace => {
            each(Some(json!({ "userName": "new", "displayName": "new" })))
        }
        Endpoint::Patch => {
            let operations = json!([{ "op": "replace", "path": "displayName", "value": "changed" }]);
            each(Some(json!({ "schemas": [PATCH_OP], "Operations": operations })))
        }
        Endpoint::Members => vec![(fill(route.path, "Groups", &ids.group), None)],
        Endpoint::Search => each(Some(json!({ "filter": "id pr", "count": 1 }))),
        Endpoint::SearchAll => vec![(fill(route.path, "", ""), Some(json!({ "count": 1 })))],
        Endpoint::ListAll
        | Endpoint::Me
        | Endpoint::CreateMe
        | Endpoint::ReplaceMe
        | Endpoint::PatchMe
        | Endpoint::DeleteMe => vec![(fill(route.path, "", ""), None)],
        Endpoint::Bulk => {
            let create =
                json!({ "method": "POST", "path": "/Users", "bulkId": "x", "data": { "userName": "bulk" } });
            vec![(fill(route.path, "", ""), Some(json!({ "Operations": [create] })))]
        }
        Endpoint::ServiceProviderConfig | Endpoint::ResourceTypes | Endpoint::Schemas => {
            vec![(fill(route.path, "", ""), None)]
        }
        Endpoint::ResourceType => vec![(fill(route.path, "", "User"), None)],
        Endpoint::Schema => vec![(fill(route.path, "", USER), None)],
    }
}

fn fill(path: &str, kind: &str, id: &str) -> String {
    path.replace("{tenant}", "contoso").replace("{type}", kind).replace("{id}", id)
}

async fn ask(app: &App, route: &Route, address: &str, body: Option<&Value>, token: Option<&str>) -> Answer {
    let mut request = Request::builder().method(&route.method).uri(address);
    if let Some(token) = token {
        request = request.header("Authorization", token);
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    app.send(request.body(body).unwrap()).await
}

/// Everything the tenant has, to see that nothing changed.
pub async fn everything(app: &App) -> [Value; 2] {
    [app.get("/Users").await.body, app.get("/Groups").await.body]
}

pub async fn populated(app: &App) -> Ids {
    Ids { user: app.user("babs").await, group: app.group("Guides").await }
}

#[tokio::test]
async fn row_b3_every_route_refuses_whoever_has_no_live_token_of_the_tenant() {
    for app in App::both().await {
        let ids = populated(&app).await;
        let (_, foreign) = app.other_tenant("fabrikam").await;
        let expired = app.short_lived_token(SignedDuration::from_secs(60)).await;
        let revoked = app.short_lived_token(SignedDuration::from_hours(1)).await;
        app.pass(SignedDuration::from_secs(60));
        revoke(&app, &revoked).await;
        let mangled = mangle(&app.token);
        let elsewhere = Grant { networks: "198.51.100.0/24".parse().unwrap(), ..Grant::default() };
        let elsewhere = app.token_with(elsewhere).await;
        let before = everything(&app).await;
        for route in guarded() {
            for (address, body) in samples(route, &ids) {
                let bearer = |token: &str| Some(format!("Bearer {token}"));
                for (token, status) in [
                    (None, StatusCode::UNAUTHORIZED),
                    (bearer(&mangled), StatusCode::UNAUTHORIZED),
                    (bearer(&expired), StatusCode::UNAUTHORIZED),
                    (bearer(&revoked), StatusCode::UNAUTHORIZED),
                    (bearer(&foreign), StatusCode::NOT_FOUND),
                    (bearer(&elsewhere), StatusCode::FORBIDDEN),
                ] {
                    let answer = ask(&app, route, &address, body.as_ref(), token.as_deref()).await;
                    let answer = answer.error(status, None);
                    let challenge = answer.header("www-authenticate").map(|text| text.starts_with("Bearer"));
                    assert_eq!(challenge, (status == StatusCode::UNAUTHORIZED).then_some(true));
                }
            }
        }
        assert_eq!(everything(&app).await, before);
    }
}

#[tokio::test]
async fn every_route_answers_the_tenants_own_token() {
    let app = App::new().await;
    for route in guarded() {
        let ids = Ids {
            user: app.user(&format!("u{:?}{}", route.endpoint, route.method)).await,
            group: app.group(&format!("g{:?}{}", route.endpoint, route.method)).await,
        };
        for (address, body) in samples(route, &ids) {
            let answer =
                ask(&app, route, &address, body.as_ref(), Some(&format!("bEARER  {}", app.token))).await;
            let expected = if matches!(route.endpoint, Endpoint::Replace | Endpoint::Create | Endpoint::Patch)
            {
                [StatusCode::OK, StatusCode::CREATED, StatusCode::CONFLICT].contains(&answer.status)
            } else if route.path.ends_with("/Me") {
                answer.status == StatusCode::NOT_FOUND
            } else {
                [StatusCode::OK, StatusCode::NO_CONTENT].contains(&answer.status)
            };
            assert!(expected, "{address} {} {}", answer.status, answer.body);
        }
    }
}

/// The headers that could tell one answer from another: each request has an id of its own.
fn without_request_id(mut headers: HeaderMap) -> HeaderMap {
    headers.remove("x-request-id").unwrap();
    headers
}

/// What a route needs is said in the route table, so that no endpoint forgets to ask.
#[tokio::test]
async fn every_route_holds_a_token_to_its_scope() {
    let app = App::new().await;
    let ids = populated(&app).await;
    let reader = scoped(&app, "read_only").await;
    let for_users = scoped(&app, "users_only").await;
    let before = everything(&app).await;
    for route in guarded() {
        for (address, body) in samples(route, &ids) {
            let answer = ask(&app, route, &address, body.as_ref(), Some(&reader)).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(refused, route.endpoint.access() == Access::Write, "{address}");
        }
    }
    assert_eq!(everything(&app).await, before);
    for route in guarded().rev() {
        for (address, body) in samples(route, &ids) {
            let answer = ask(&app, route, &address, body.as_ref(), Some(&for_users)).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(refused, address.contains("/Groups"), "{address} {}", answer.body);
        }
    }
    assert_eq!(everything(&app).await[1], before[1], "groups are as they were");
}

async fn scoped(app: &App, scope: &str) -> String {
    let grant = Grant { scope: scope.parse().unwrap(), ..Grant::default() };
    format!("Bearer {}", app.token_with(grant).await)
}

#[tokio::test]
async fn a_token_is_good_from_its_networks_alone() {
    let app = App::new().await.configured(|context| context.trusting(vec!["10.0.0.0/8".parse().unwrap()]));
    let grant = Grant { networks: "203.0.113.0/24,2001:db8::/32".parse().unwrap(), ..Grant::default() };
    let token = app.token_with(grant).await;
    for (peer, forwarded, status) in [
        (Some("203.0.113.7"), None, StatusCode::OK),
        (Some("::ffff:203.0.113.7"), None, StatusCode::OK),
        (Some("2001:db8::7"), None, StatusCode::OK),
        (Some("198.51.100.1"), None, StatusCode::FORBIDDEN),
        (Some("198.51.100.1"), Some("203.0.113.7"), StatusCode::FORBIDDEN),
        (Some("10.0.0.1"), Some("203.0.113.7"), StatusCode::OK),
        (Some("10.0.0.1"), Some("203.0.113.7, 198.51.100.1"), StatusCode::FORBIDDEN),
        (Some("10.0.0.1"), Some("198.51.100.1, 203.0.113.7, 10.9.9.9"), StatusCode::OK),
        (Some("10.0.0.1"), Some("garbage"), StatusCode::FORBIDDEN),
        (Some("10.0.0.1"), None, StatusCode::FORBIDDEN),
        (None, Some("203.0.113.7"), StatusCode::FORBIDDEN),
    ] {
        let mut request =
            Request::get("/t/contoso/scim/v2/Users").header("Authorization", format!("Bearer {token}"));
        if let Some(peer) = peer {
            request = request.extension(Peer(peer.parse().unwrap()));
        }
        if let Some(forwarded) = forwarded {
            request = request.header("X-Forwarded-For", forwarded);
        }
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{peer:?} {forwarded:?}");
    }
}

#[tokio::test]
async fn a_foreign_tenant_and_one_that_does_not_exist_are_the_same_answer() {
    let app = App::new().await;
    let ids = populated(&app).await;
    let (_, foreign) = app.other_tenant("fabrikam").await;
    for route in guarded() {
        for (address, body) in samples(route, &ids) {
            let unknown = address.replace("contoso", "nobody");
            for token in [None, Some(format!("Bearer {foreign}"))] {
                let there = ask(&app, route, &address, body.as_ref(), token.as_deref()).await;
                let nowhere = ask(&app, route, &unknown, body.as_ref(), token.as_deref()).await;
                assert_eq!((there.status, &there.body), (nowhere.status, &nowhere.body), "{address}");
                assert_eq!(without_request_id(there.headers), without_request_id(nowhere.headers));
            }
        }
    }
}

#[tokio::test]
async fn row_b1_another_tenants_id_is_an_unknown_id() {
    let app = App::new().await;
    let ids = populated(&app).await;
    let (_, foreign) = app.other_tenant("fabrikam").await;
    let before = everything(&app).await;
    let nobody = "019a0000-0000-7000-8000-000000000000";
    for route in ROUTES.iter().filter(|route| route.path.contains("{type}/{id}")) {
        for (address, body) in samples(route, &ids) {
            let address = address.replace("/t/contoso", "/t/fabrikam");
            let id = [&ids.user, &ids.group].into_iter().find(|id| address.contains(id.as_str())).unwrap();
            let token = format!("Bearer {foreign}");
            let theirs = ask(&app, route, &address, body.as_ref(), Some(&token)).await;
            let unknown = ask(&app, route, &address.replace(id, nobody), body.as_ref(), Some(&token)).await;
            assert_eq!(theirs.status, StatusCode::NOT_FOUND);
            assert_eq!(theirs.body.to_string().replace(id, nobody), unknown.body.to_string());
        }
    }
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn row_b5_malformed_credentials_are_401() {
    let app = App::new().await;
    let good = app.token.clone();
    let long = "x".repeat(60_000);
    let wrong = [
        "".to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer null".to_owned(),
        "non-token".to_owned(),
        format!("Bearer\u{a0}{good}"),
        format!("Basic {good}"),
        format!("Bearer {good}, Bearer {good}"),
        format!("Bearer {good}x"),
        format!("Bearer {}", &good[..good.len() - 1]),
        format!("Bearer {}", good.to_lowercase()),
        format!("Bearer {long}"),
    ];
    let mut bodies = Vec::new();
    for value in wrong {
        let request = Request::get("/t/contoso/scim/v2/Users").header("Authorization", &value);
        let answer =
            app.send(request.body(Body::empty()).unwrap()).await.error(StatusCode::UNAUTHORIZED, None);
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    let twice = Request::get("/t/contoso/scim/v2/Users")
        .header("Authorization", format!("Bearer {good}"))
        .header("Authorization", format!("Bearer {good}"));
    app.send(twice.body(Body::empty()).unwrap()).await.error(StatusCode::UNAUTHORIZED, None);
}

/// Right up to a place, too short or too long: the answer doesn't say which, nor does a comparison fail.
#[tokio::test]
async fn row_e3_credentials_of_any_length_are_one_answer() {
    for app in App::both().await {
        let stranger = Secret::mint(SecretKind::Scim, &random());
        let length = app.token.len();
        let mut wrong: Vec<String> = (0..length).map(|end| app.token[..end].to_owned()).collect();
        wrong.extend([stranger.reveal().to_owned(), format!("{}0", app.token)]);
        wrong.push(format!("{}{}", app.token, "0".repeat(1024 * 1024)));
        let mut answers = Vec::new();
        for token in wrong {
            let request =
                Request::get("/t/contoso/scim/v2/Users").header("Authorization", format!("Bearer {token}"));
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            let answer = answer.error(StatusCode::UNAUTHORIZED, None);
            answers.push((answer.body, without_request_id(answer.headers)));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1);
    }
}

#[tokio::test]
async fn a_token_in_the_address_is_refused() {
    let app = App::new().await;
    for query in ["access_token", "filter=a&ACCESS_TOKEN"] {
        let answer = app.get(&format!("/Users?{query}={}", app.token)).await;
        let answer = answer.error(StatusCode::BAD_REQUEST, Some("invalidValue"));
        assert!(!answer.body.to_string().contains(&app.token));
    }
}

/// What is wrong with a credential is seen before the database is asked: here is none that could answer.
#[tokio::test]
async fn row_b3_what_is_no_token_reaches_no_database() {
    let app = App::new().await;
    let ids = populated(&app).await;
    app.store.close();
    for route in guarded() {
        for (address, body) in samples(route, &ids) {
            for token in [None, Some("Bearer x".to_owned()), Some(format!("Bearer {}x", app.token))] {
                let answer = ask(&app, route, &address, body.as_ref(), token.as_deref()).await;
                answer.error(StatusCode::UNAUTHORIZED, None);
            }
            let good = format!("Bearer {}", app.token);
            let answer = ask(&app, route, &address, body.as_ref(), Some(&good)).await;
            answer.error(StatusCode::SERVICE_UNAVAILABLE, None);
        }
    }
}

/// The one route without a token gives them out, and asks for a proof of its own.
#[tokio::test]
async fn row_b3_only_the_token_endpoint_needs_no_token() {
    let open: Vec<_> = ROUTES.iter().filter(|route| route.endpoint.access() == Access::Open).collect();
    assert!(matches!(&open[..], [route] if route.endpoint == Endpoint::Token));
}

/// What is known of a token must not outlive what another process does to it.
#[tokio::test]
async fn what_another_process_revokes_or_changes_is_seen_at_once() {
    for app in App::both().await {
        let other = Store::open(&app.store.database().url()).unwrap();
        let (tenant, id) = (app.tenant, app.token.split('_').nth(1).unwrap().to_owned());
        app.get("/Users").await.listed(0);
        let set = move |tx: &mut store::Tx<'_>| {
            let settings = model::settings::Settings { requests_per_second: 1, ..Default::default() };
            store::tenant::set_settings(tx, tenant, &settings)
        };
        assert!(other.write(set).await.map_err(|error: store::Error| error).unwrap());
        app.get("/Users").await.listed(0);
        assert_eq!(app.get("/Users").await.status, StatusCode::TOO_MANY_REQUESTS);
        let revoke =
            move |tx: &mut store::Tx<'_>| store::token::revoke(tx, tenant, &id, jiff::Timestamp::UNIX_EPOCH);
        assert!(other.write(revoke).await.map_err(|error: store::Error| error).unwrap());
        app.get("/Users").await.error(StatusCode::UNAUTHORIZED, None);
    }
}

async fn revoke(app: &App, token: &str) {
    let (id, tenant, at) =
        (token.split('_').nth(1).unwrap().to_owned(), app.tenant, jiff::Timestamp::UNIX_EPOCH);
    assert!(app.store.write(move |tx| store::token::revoke(tx, tenant, &id, at)).await.unwrap());
}

/// A token of the same public id, in the right form and with the right checksum, whose secret is another.
fn mangle(token: &str) -> String {
    use model::token::{MINT_BYTES, Secret};
    let other = Secret::mint(SecretKind::Scim, &[9; MINT_BYTES]);
    let id = token.split('_').nth(1).unwrap();
    let foreign: Vec<_> = other.reveal().split('_').collect();
    let head = format!("{}_{id}_{}", foreign[0], foreign[2]);
    let sum = crc32fast::hash(head.as_bytes());
    let secret = format!("{head}_{}", base62(sum));
    assert_eq!(secret.parse::<Secret>().unwrap().public_id(), id);
    secret
}

/// The checksum's text form: six digits of base 62.
fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    for _ in 0..6 {
        digits.push(char::from(DIGITS[(number % 62) as usize]));
        number /= 62;
    }
    digits.iter().rev().collect()
}
