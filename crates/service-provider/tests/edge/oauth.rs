//! Tokens for clients: by secret, and by assertion.

use application::Applications;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use model::ClientId;
use model::client::{Client, ClientSecret, Trust};
use model::connection::ConnectionName;
use model::token::{MINT_BYTES, Secret, SecretKind};
use serde_json::{Value, json};
use service_provider::limits::ASSERTION_LEEWAY;
use service_provider::{Peer, retention};
use testkit::issuer::{Issuer, jwk, sign};
use uuid::Uuid;

use crate::support::{Answer, App, KEY, random};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn app() -> App {
    App::new().await.configured(issuing)
}

fn issuing(context: service_provider::Context) -> service_provider::Context {
    context.issuing(std::sync::Arc::new(|| Ok(random())), egress::Client::with_loopback().unwrap())
}

/// A client of the tenant.
async fn client(app: &App, change: impl FnOnce(&mut Client)) -> Client {
    let mut client = Client {
        id: ClientId(Uuid::now_v7()),
        tenant: app.tenant,
        connection: ConnectionName::default(),
        label: "Entra".to_owned(),
        scope: "".parse().unwrap(),
        networks: "".parse().unwrap(),
        trust: None,
        created: app.now(),
    };
    change(&mut client);
    let added = client.clone();
    app.store.write(move |tx| store::client::insert(tx, &added)).await.unwrap();
    client
}

/// A secret of it.
async fn secret(app: &App, client: &Client) -> String {
    let secret = Secret::mint(SecretKind::Client, &random());
    let digest = model::token::DigestKey::new(KEY).digest(&secret);
    let (tenant, created) = (client.tenant, app.now());
    let stored = ClientSecret {
        id: secret.public_id().to_owned(),
        client: client.id,
        digest,
        created,
        expires: Some(created + SignedDuration::from_hours(48)),
    };
    assert!(app.store.write(move |tx| store::client::add_secret(tx, tenant, &stored)).await.unwrap());
    secret.reveal().to_owned()
}

fn form(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

async fn ask(app: &App, authorization: Option<String>, parameters: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/t/contoso/oauth2/token")
        .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let request = request.extension(Peer("203.0.113.7".parse().unwrap()));
    let answer = app.send(request.body(Body::from(form(parameters))).unwrap()).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer
}

async fn by_secret(app: &App, client: &Client, secret: &str) -> Answer {
    let id = client.id.to_string();
    let parameters = [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", secret)];
    ask(app, None, &parameters).await
}

async fn by_assertion(app: &App, client: &Client, assertion: &str) -> Answer {
    let id = client.id.to_string();
    let parameters = [
        ("grant_type", "client_credentials"),
        ("client_id", &*id),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
        ("scope", "api://rollcall/.default"),
    ];
    ask(app, None, &parameters).await
}

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, answer.body["error"].as_str()), (status, Some(code)), "{}", answer.body);
    assert!(!answer.body["error_description"].as_str().unwrap().is_empty());
}

#[track_caller]
fn granted(answer: Answer) -> String {
    let answer = answer.expect(StatusCode::OK);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3600);
    answer.body["access_token"].as_str().unwrap().to_owned()
}

async fn with_token(app: &App, token: &str, method: Method, path: &str) -> StatusCode {
    let request = Request::builder().method(method).uri(format!("/t/contoso/scim/v2{path}"));
    let request = request.header("Authorization", format!("Bearer {token}"));
    app.send(request.body(Body::from(json!({ "userName": "babs" }).to_string())).unwrap()).await.status
}

#[tokio::test]
async fn a_client_gets_a_token_by_its_secret_and_provisions_with_it() {
    for app in App::both().await {
        let app = app.configured(issuing);
        let client = client(&app, |_| {}).await;
        let secret = secret(&app, &client).await;
        let token = granted(by_secret(&app, &client, &secret).await);
        assert_eq!(with_token(&app, &token, Method::POST, "/Users").await, StatusCode::CREATED);
        let basic = format!("basic {}", STANDARD.encode(format!("{}:{secret}", client.id)));
        let again = granted(ask(&app, Some(basic), &[("grant_type", "client_credentials")]).await);
        assert_ne!(again, token);
        app.pass(SignedDuration::from_secs(3599));
        assert_eq!(with_token(&app, &token, Method::GET, "/Users").await, StatusCode::OK);
        app.pass(SignedDuration::from_secs(1));
        assert_eq!(with_token(&app, &token, Method::GET, "/Users").await, StatusCode::UNAUTHORIZED);
        let no_token = with_token(&app, &secret, Method::GET, "/Users").await;
        assert_eq!(no_token, StatusCode::UNAUTHORIZED, "row A6: a client's secret is no token");
    }
}

#[tokio::test]
async fn a_token_is_good_for_no_more_than_its_client_and_what_was_asked() {
    let app = app().await;
    let client = client(&app, |client| client.scope = "users_only".parse().unwrap()).await;
    let (id, secret) = (client.id.to_string(), secret(&app, &client).await);
    let parameters = [
        ("grant_type", "client_credentials"),
        ("client_id", &*id),
        ("client_secret", &*secret),
        ("scope", "scim read_only"),
    ];
    let answer = ask(&app, None, &parameters).await;
    assert_eq!(answer.body["scope"], "read_only users_only");
    let token = granted(answer);
    assert_eq!(with_token(&app, &token, Method::GET, "/Users").await, StatusCode::OK);
    assert_eq!(with_token(&app, &token, Method::POST, "/Users").await, StatusCode::FORBIDDEN);
    assert_eq!(with_token(&app, &token, Method::GET, "/Groups").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn tokens_end_with_their_client_and_its_secret() {
    for app in App::both().await {
        let app = app.configured(issuing);
        let client = client(&app, |_| {}).await;
        let secrets = [secret(&app, &client).await, secret(&app, &client).await];
        let (tenant, id) = (client.tenant, client.id);
        let token = granted(by_secret(&app, &client, &secrets[0]).await);
        let public_id = secrets[0].split('_').nth(1).unwrap().to_owned();
        app.store.write(move |tx| store::client::delete_secret(tx, tenant, id, &public_id)).await.unwrap();
        assert_eq!(with_token(&app, &token, Method::GET, "/Users").await, StatusCode::UNAUTHORIZED);
        let unknown = by_secret(&app, &client, &secrets[0]).await;
        refused(&unknown, StatusCode::UNAUTHORIZED, "invalid_client");
        let token = granted(by_secret(&app, &client, &secrets[1]).await);
        app.store.write(move |tx| store::client::delete(tx, tenant, id)).await.unwrap();
        assert_eq!(with_token(&app, &token, Method::GET, "/Users").await, StatusCode::UNAUTHORIZED);
        let unknown = by_secret(&app, &client, &secrets[1]).await;
        refused(&unknown, StatusCode::UNAUTHORIZED, "invalid_client");
    }
}

#[tokio::test]
async fn what_proves_no_client_is_one_answer() {
    let app = app().await;
    let client = client(&app, |_| {}).await;
    let good = secret(&app, &client).await;
    let stranger = Secret::mint(SecretKind::Client, &[3; MINT_BYTES]).reveal().to_owned();
    let other_tenant = {
        let (tenant, _) = app.other_tenant("fabrikam").await;
        Client { id: ClientId(Uuid::now_v7()), tenant, ..client.clone() }
    };
    let added = other_tenant.clone();
    app.store.write(move |tx| store::client::insert(tx, &added)).await.unwrap();
    let foreign = secret(&app, &other_tenant).await;
    let mut bodies = Vec::new();
    for (client, secret) in [
        (&client, &stranger),
        (&client, &foreign),
        (&other_tenant, &foreign),
        (&client, &app.token),
        (&client, &"x".to_owned()),
        (&Client { id: ClientId(Uuid::nil()), ..client.clone() }, &good),
    ] {
        let answer = by_secret(&app, client, secret).await;
        refused(&answer, StatusCode::UNAUTHORIZED, "invalid_client");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    app.pass(SignedDuration::from_hours(48));
    refused(&by_secret(&app, &client, &good).await, StatusCode::UNAUTHORIZED, "invalid_client");
}

#[tokio::test]
async fn requests_that_are_none_are_told_so() {
    let app = app().await;
    let client = client(&app, |_| {}).await;
    let (id, secret) = (client.id.to_string(), secret(&app, &client).await);
    let basic = |pair: &str| Some(format!("Basic {}", STANDARD.encode(pair)));
    let pair = format!("{id}:{secret}");
    let credentials = ("grant_type", "client_credentials");
    let (client_id, client_secret) = (("client_id", &*id), ("client_secret", &*secret));
    for (authorization, parameters, status, code) in [
        (None, &[client_id, client_secret][..], StatusCode::BAD_REQUEST, "invalid_request"),
        (None, &[("grant_type", "password"), client_id], StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        (
            None,
            &[credentials, credentials, client_id, client_secret],
            StatusCode::BAD_REQUEST,
            "invalid_request",
        ),
        (None, &[credentials, client_secret], StatusCode::BAD_REQUEST, "invalid_request"),
        (None, &[credentials, client_id], StatusCode::UNAUTHORIZED, "invalid_client"),
        (None, &[credentials, client_id, ("client_secret", "")], StatusCode::UNAUTHORIZED, "invalid_client"),
        (None, &[credentials, ("client_id", "x"), client_secret], StatusCode::UNAUTHORIZED, "invalid_client"),
        (basic(&pair), &[credentials, client_secret, client_id], StatusCode::BAD_REQUEST, "invalid_request"),
        (basic(&pair), &[credentials, ("client_id", "x")], StatusCode::BAD_REQUEST, "invalid_request"),
        (basic("x"), &[credentials], StatusCode::UNAUTHORIZED, "invalid_client"),
        (Some(format!("Bearer {}", app.token)), &[credentials], StatusCode::UNAUTHORIZED, "invalid_client"),
        (
            None,
            &[credentials, client_id, ("client_assertion", "a.b.c")],
            StatusCode::BAD_REQUEST,
            "invalid_request",
        ),
    ] {
        let by_header = authorization.is_some();
        let answer = ask(&app, authorization, parameters).await;
        refused(&answer, status, code);
        let challenged = answer.header("www-authenticate").is_some_and(|text| text.starts_with("Basic"));
        assert_eq!(challenged, by_header && status == StatusCode::UNAUTHORIZED, "{parameters:?}");
    }
    let json = Request::post("/t/contoso/oauth2/token").header("Content-Type", "application/json");
    let answer = app.send(json.body(Body::from("{}")).unwrap()).await;
    refused(&answer, StatusCode::BAD_REQUEST, "invalid_request");
    let long = "x".repeat(service_provider::limits::MAX_TOKEN_REQUEST_BYTES);
    let answer = ask(&app, None, &[credentials, ("scope", &long)]).await;
    refused(&answer, StatusCode::BAD_REQUEST, "invalid_request");
}

#[tokio::test]
async fn a_client_is_accepted_from_its_networks_alone() {
    let app = app().await;
    let client = client(&app, |client| client.networks = "198.51.100.0/24".parse().unwrap()).await;
    let secret = secret(&app, &client).await;
    let answer = by_secret(&app, &client, &secret).await;
    refused(&answer, StatusCode::BAD_REQUEST, "unauthorized_client");
}

fn trust(issuer: &Issuer) -> Trust {
    Trust {
        issuer: "https://login.example.com/t1/v2.0".to_owned(),
        subject: "sync-fabric".to_owned(),
        audience: "api://rollcall".to_owned(),
        claims: [("tid".to_owned(), "t1".to_owned())].into(),
        jwks_url: issuer.jwks_url.clone(),
    }
}

/// What Entra's workload identity says of itself.
fn claims(app: &App) -> Value {
    let now = app.now().as_second();
    json!({
        "aud": "api://rollcall", "iss": "https://login.example.com/t1/v2.0", "sub": "sync-fabric",
        "oid": "sync-fabric", "appid": "a1", "tid": "t1", "ver": "2.0",
        "iat": now, "nbf": now, "exp": now + 3900,
    })
}

#[tokio::test]
async fn a_workload_identity_gets_a_token_by_its_assertion() {
    for app in App::both().await {
        let app = app.configured(issuing);
        let issuer = Issuer::start(vec![jwk(Algorithm::RS256, "k1")]).await;
        let client = client(&app, |client| client.trust = Some(trust(&issuer))).await;
        let assertion = sign(Algorithm::RS256, Some("k1"), &claims(&app));
        let token = granted(by_assertion(&app, &client, &assertion).await);
        assert_eq!(with_token(&app, &token, Method::POST, "/Users").await, StatusCode::CREATED);
        granted(by_assertion(&app, &client, &assertion).await);
        assert_eq!(issuer.asked(), 1, "keys are remembered");
        let mut others = claims(&app);
        others["tid"] = json!("t2");
        let answer = by_assertion(&app, &client, &sign(Algorithm::RS256, Some("k1"), &others)).await;
        refused(&answer, StatusCode::UNAUTHORIZED, "invalid_client");
        let confused = sign(Algorithm::HS256, Some("k1"), &claims(&app));
        let answer = by_assertion(&app, &client, &confused).await;
        refused(&answer, StatusCode::UNAUTHORIZED, "invalid_client");
    }
}

#[tokio::test]
async fn the_configuration_says_where_tokens_are_issued() {
    let app = app().await;
    for (host, path, token_endpoint) in [
        ("scim.example.com", "/t/contoso/scim/v2", "https://scim.example.com/t/contoso/oauth2/token"),
        ("contoso.scim.example.com", "/scim/v2", "https://contoso.scim.example.com/oauth2/token"),
    ] {
        let request = Request::get(format!("{path}/ServiceProviderConfig")).header("Host", host);
        let request = request.header("Authorization", format!("Bearer {}", app.token));
        let answer = app.send(request.body(Body::empty()).unwrap()).await.expect(StatusCode::OK);
        let schemes = answer.body["authenticationSchemes"].as_array().unwrap();
        let types: Vec<_> = schemes.iter().map(|scheme| (&scheme["type"], &scheme["primary"])).collect();
        assert_eq!(types, [(&json!("oauthbearertoken"), &json!(true)), (&json!("oauth2"), &json!(false))]);
        assert!(schemes[1]["description"].as_str().unwrap().contains(token_endpoint), "{}", schemes[1]);
        // The address that is told is one that answers.
        let url = token_endpoint.strip_prefix("https://").unwrap();
        let (host, path) = url.split_at(url.find('/').unwrap());
        let request = Request::post(path).header("Host", host);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        refused(&answer, StatusCode::BAD_REQUEST, "invalid_request");
    }
}

/// RFC 7523 §3: what has an id is accepted once; what has none, as Entra's, as long as it lives.
#[tokio::test]
async fn an_assertion_with_an_id_is_accepted_once() {
    for app in App::both().await {
        let app = app.configured(issuing);
        let issuer = Issuer::start(vec![jwk(Algorithm::RS256, "k1")]).await;
        let client = client(&app, |client| client.trust = Some(trust(&issuer))).await;
        let signed = |id: &str| {
            let mut claims = claims(&app);
            claims["jti"] = json!(id);
            sign(Algorithm::RS256, Some("k1"), &claims)
        };
        let first = signed("one");
        granted(by_assertion(&app, &client, &first).await);
        for repeated in [&first, &signed("one")] {
            let answer = by_assertion(&app, &client, repeated).await;
            refused(&answer, StatusCode::UNAUTHORIZED, "invalid_client");
            assert!(answer.body["error_description"].as_str().unwrap().contains("jti"), "{}", answer.body);
        }
        let second = signed("two");
        granted(by_assertion(&app, &client, &second).await);
        // Up to the leeway after its end, it would be accepted.
        app.pass(SignedDuration::from_secs(3900) + ASSERTION_LEEWAY - SignedDuration::from_secs(1));
        retention::forget(&app.store, &Applications::default(), app.now()).await.unwrap();
        refused(&by_assertion(&app, &client, &second).await, StatusCode::UNAUTHORIZED, "invalid_client");
        app.pass(SignedDuration::from_secs(1));
        retention::forget(&app.store, &Applications::default(), app.now()).await.unwrap();
        let tenant = client.tenant;
        let purge = move |tx: &mut store::Tx<'_>| store::client::purge_assertions(tx, tenant, Timestamp::MAX);
        assert_eq!(app.store.write(purge).await.unwrap(), 0, "what has expired is forgotten");
    }
}

#[tokio::test]
async fn an_issuer_that_changes_its_keys_is_asked_again_once_a_minute() {
    let app = app().await;
    let issuer = Issuer::start(vec![jwk(Algorithm::RS256, "k1")]).await;
    let client = client(&app, |client| client.trust = Some(trust(&issuer))).await;
    let first = |app: &App| sign(Algorithm::RS256, Some("k1"), &claims(app));
    let second = |app: &App| sign(Algorithm::ES256, Some("k2"), &claims(app));
    granted(by_assertion(&app, &client, &first(&app)).await);
    issuer.publish(vec![jwk(Algorithm::ES256, "k2")]);
    for _ in 0..5 {
        let answer = by_assertion(&app, &client, &second(&app)).await;
        refused(&answer, StatusCode::UNAUTHORIZED, "invalid_client");
    }
    assert_eq!(issuer.asked(), 1);
    app.pass(SignedDuration::from_secs(60));
    granted(by_assertion(&app, &client, &second(&app)).await);
    assert_eq!(issuer.asked(), 2);
    let withdrawn = by_assertion(&app, &client, &first(&app)).await;
    refused(&withdrawn, StatusCode::UNAUTHORIZED, "invalid_client");
    app.pass(SignedDuration::from_hours(1));
    granted(by_assertion(&app, &client, &second(&app)).await);
    assert_eq!(issuer.asked(), 3, "after an hour, what was withdrawn must be noticed");
}

#[tokio::test]
async fn a_client_without_trust_is_proven_by_no_assertion() {
    let app = app().await;
    let client = client(&app, |_| {}).await;
    let answer = by_assertion(&app, &client, &sign(Algorithm::RS256, None, &claims(&app))).await;
    refused(&answer, StatusCode::UNAUTHORIZED, "invalid_client");
}
