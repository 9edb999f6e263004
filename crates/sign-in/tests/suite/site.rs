//! A server with the tenant `contoso`, to whose users and sign-in page there is HTTP.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use application::{Applications, Plain};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use model::connection::{Connection, ConnectionName};
use model::grant::Grant;
use model::settings::Settings as TenantSettings;
use model::tenant::{Application as Kind, Tenant};
use model::token::{DigestKey, MINT_BYTES, Secret, SecretKind, Token};
use model::{Clock, IdSource, TenantId};
use serde_json::{Value, json};
use service_provider::Peer;
use sign_in::attempt::{self, Attempt};
use sign_in::provider::{self, Provider};
use sign_in::{Context, Door, FollowedBySignIn, Settings};
use store::{Store, Tx};
use testkit::{Database, TestStore};
use tower::ServiceExt;
use uuid::Uuid;

pub const PUBLIC_URL: &str = "https://rollcall.example.com";
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const KEY: [u8; 32] = [7; 32];

struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub struct Ids;

impl IdSource for Ids {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The server.
pub struct Site {
    pub store: TestStore,
    pub tenant: TenantId,
    pub router: Router,
    scim: String,
    clock: Arc<TestClock>,
}

impl Site {
    pub async fn new() -> Self {
        Self::on(Database::sqlite()).await
    }

    pub async fn both() -> [Self; 2] {
        [Self::on(Database::sqlite()).await, Self::on(Database::postgres()).await]
    }

    pub async fn on(database: Database) -> Self {
        let store = TestStore::open(database, &[sign_in::TABLES]);
        let clock = Arc::new(TestClock(Mutex::new("2026-11-22T08:00:00Z".parse().unwrap())));
        let tenant = add_tenant(&store, "contoso").await;
        let scim = add_token(&store, tenant, Connection::first(tenant, clock.now())).await;
        let router = router(&store, &clock);
        Self { store, tenant, router, scim, clock }
    }

    /// Another server process on the same database.
    pub fn replica(&self) -> Router {
        router(&self.store, &self.clock)
    }

    /// What reads the metadata of providers.
    pub fn reader(&self) -> sign_in::Reader {
        context(&self.store, &self.clock).reader()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn pass(&self, time: SignedDuration) {
        *self.clock.0.lock().unwrap() += time;
    }

    pub async fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<T, store::Error> + Send + 'static,
    ) -> T {
        self.store.write(run).await.unwrap()
    }

    /// Changes the tenant's settings of signing in.
    pub async fn set(&self, change: impl Fn(&mut Settings)) {
        let mut settings = Settings::default();
        change(&mut settings);
        let (tenant, settings) = (self.tenant, settings.checked().unwrap());
        self.write(move |tx| sign_in::set_settings(tx, tenant, &settings)).await;
    }

    pub async fn put(&self, door: Door, provider: Provider) {
        let tenant = self.tenant;
        self.write(move |tx| provider::put(tx, tenant, door, &provider)).await;
    }

    /// Another tenant.
    pub async fn other_tenant(&self, name: &str) -> TenantId {
        add_tenant(&self.store, name).await
    }

    /// What the tenant's administrator sees of attempts, the latest first.
    pub async fn log(&self) -> Vec<Attempt> {
        let tenant = self.tenant;
        let read = self.store.read(move |tx| attempt::latest(tx, tenant, 100));
        read.await.map_err(|error: store::Error| error).unwrap()
    }

    /// The outcome of the latest attempt.
    pub async fn outcome(&self) -> String {
        self.log().await.first().map(|attempt| attempt.outcome.clone()).unwrap_or_default()
    }

    /// The actions of the tenant's audit log, the first first.
    pub async fn audited(&self) -> Vec<String> {
        let tenant = self.tenant;
        let read = self.store.read(move |tx| store::audit::latest(tx, Some(tenant), None, 1000));
        let all = read.await.map_err(|error: store::Error| error).unwrap();
        all.into_iter().rev().map(|entry| entry.action).collect()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// A request of the client that provisions.
    pub async fn scim(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.authorized(&self.scim, method, &format!("/scim/v2{path}"), body).await
    }

    /// A request with a token.
    pub async fn authorized(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(authorized(token, method, path, body)).await
    }

    /// The token of the client that provisions.
    pub fn scim_token(&self) -> &str {
        &self.scim
    }

    /// Provisions a user, and answers the id.
    pub async fn user(&self, change: Value) -> String {
        let mut user = json!({ "schemas": [USER, ENTERPRISE], "active": true });
        user.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = self.scim(Method::POST, "/Users", Some(user)).await.expect(StatusCode::CREATED);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub async fn patch(&self, user: &str, operations: Value) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
        });
        self.scim(Method::PATCH, &format!("/Users/{user}"), Some(body)).await
    }

    pub async fn set_active(&self, user: &str, active: bool) {
        let operations = json!([{ "op": "replace", "path": "active", "value": active }]);
        self.patch(user, operations).await.expect(StatusCode::OK);
    }

    /// A token of the application's own backend.
    pub async fn backend_token(&self) -> String {
        let mut connection = Connection::first(self.tenant, self.now());
        connection.name = "backend".parse().unwrap();
        connection.set("kind", "application").unwrap();
        let create = connection.clone();
        self.write(move |tx| store::connection::create(tx, &create)).await;
        add_token(&self.store, self.tenant, connection).await
    }

    /// Lets the token of the client that provisions expire.
    pub async fn expire_scim_token(&self) {
        let (tenant, now) = (self.tenant, self.now());
        let secret: Secret = self.scim.parse().unwrap();
        self.write(move |tx| store::token::expire(tx, tenant, secret.public_id(), now)).await;
    }

    /// Revokes the token of the client that provisions.
    pub async fn stop_provisioning(&self) {
        let (tenant, now) = (self.tenant, self.now());
        let secret: Secret = self.scim.parse().unwrap();
        self.write(move |tx| store::token::revoke(tx, tenant, secret.public_id(), now)).await;
    }
}

/// A request with a token.
pub fn authorized(token: &str, method: Method, path: &str, body: Option<Value>) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(format!("/t/contoso{path}"))
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {token}"));
    request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    send_from(router, "203.0.113.7".parse().unwrap(), request).await
}

pub async fn send_from(router: &Router, address: IpAddr, mut request: Request<Body>) -> Answer {
    request.extensions_mut().insert(Peer(address));
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// Bytes that no other test has.
pub fn random() -> [u8; MINT_BYTES] {
    let mut random = [0; MINT_BYTES];
    random[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    random[25..].copy_from_slice(Uuid::new_v4().as_bytes());
    random
}

fn applications() -> Applications {
    let key = DigestKey::new(KEY);
    let plain: Arc<dyn application::Application> = Arc::new(FollowedBySignIn(Plain::default()));
    Applications::new(vec![plain]).sharing(move || sign_in::operations(&key))
}

fn context(store: &Store, clock: &Arc<TestClock>) -> Context {
    Context {
        store: store.clone(),
        clock: clock.clone(),
        ids: Arc::new(Ids),
        applications: applications(),
        digest_key: DigestKey::new(KEY),
        random: Arc::new(|| Ok(random())),
        // What is sealed here is its place and the secret.
        open: Arc::new(|place, sealed| sealed.strip_prefix(place).map(str::to_owned)),
        address_of: Arc::new(|parts| parts.extensions.get::<Peer>().map(|peer| peer.0)),
        egress: egress::Client::with_loopback().unwrap(),
        public_url: PUBLIC_URL.to_owned(),
        metrics: sign_in::Metrics::default(),
    }
}

fn router(store: &Store, clock: &Arc<TestClock>) -> Router {
    let provisioning = service_provider::Context::new(
        store.clone(),
        DigestKey::new(KEY),
        clock.clone(),
        Arc::new(Ids),
        applications(),
        PUBLIC_URL,
    );
    sign_in::router(context(store, clock)).fallback_service(service_provider::router(provisioning))
}

async fn add_tenant(store: &Store, name: &str) -> TenantId {
    let id = TenantId(Uuid::now_v7());
    let tenant = Tenant {
        id,
        name: name.parse().unwrap(),
        application: Kind::Plain,
        created: "2026-11-22T08:00:00Z".parse().unwrap(),
        settings: TenantSettings::default(),
        schema_version: 0,
    };
    store.write(move |tx| store::tenant::create(tx, &tenant)).await.unwrap();
    id
}

async fn add_token(store: &Store, tenant: TenantId, connection: Connection) -> String {
    let secret = Secret::mint(SecretKind::Scim, &random());
    let connection: ConnectionName = connection.name;
    let token = Token {
        id: secret.public_id().to_owned(),
        tenant,
        connection,
        digest: DigestKey::new(KEY).digest(&secret).to_vec(),
        label: String::new(),
        created: "2026-11-22T08:00:00Z".parse().unwrap(),
        expires: None,
        revoked: None,
        grant: Grant::default(),
    };
    store.write(move |tx| store::token::insert(tx, &token)).await.unwrap();
    secret.reveal().to_owned()
}
