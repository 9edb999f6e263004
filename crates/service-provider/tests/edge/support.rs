//! A service provider with one tenant and one token, and a client for it.

use std::sync::{Arc, Mutex};

use application::{Applications, Plain};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use model::connection::{Connection, ConnectionName};
use model::grant::Grant;
use model::request_log::RequestEntry;
use model::settings::Settings;
use model::tenant::{Application as Kind, Tenant};
use model::token::{DigestKey, Secret, SecretKind, Token};
use model::{Clock, IdSource, TenantId};
use print::Print;
use serde_json::{Value, json};
use service_provider::refusals::Refusals;
use service_provider::request_log::Writer;
use service_provider::{Context, QuirkCounts, Usage, router};
use store::Store;
use store::request_log::{self, Wanted};
use testkit::TestStore;
use tower::ServiceExt;
use uuid::Uuid;
use workplace::Workplace;

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What the server is called from outside.
pub const PUBLIC_URL: &str = "https://scim.example.com";
/// The Tenant URL of the tenant that every [`App`] has.
pub const TENANT_URL: &str = "https://scim.example.com/t/contoso/scim/v2";

/// The key of the digests.
pub const KEY: [u8; 32] = [7; 32];

/// A clock that goes forward when it is told to.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Ids;

impl IdSource for Ids {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// What a client's requests have besides what they are about.
#[derive(Clone, Copy)]
pub struct Manner {
    /// Its headers; those about the body are left out where there is none.
    pub headers: &'static [(&'static str, &'static str)],
    /// A parameter that its Tenant URL ends with.
    pub flag: Option<&'static str>,
}

impl Manner {
    /// Nobody in particular.
    const PLAIN: Self =
        Self { headers: &[("Content-Type", "application/scim+json; charset=utf-8")], flag: None };
}

/// A service provider with the tenant `contoso` and a token for it, and a client.
pub struct App {
    pub store: TestStore,
    pub router: Router,
    pub quirk_counts: QuirkCounts,
    pub usage: Usage,
    pub tenant: TenantId,
    pub token: String,
    /// Those that are not written yet.
    pub refusals: Refusals,
    /// How the client sends.
    pub manner: Manner,
    clock: Arc<TestClock>,
    writer: Option<Writer>,
}

impl App {
    /// On SQLite, with the plain application.
    pub async fn new() -> Self {
        Self::with(testkit::sqlite(), Kind::Plain).await
    }

    /// One on each engine.
    pub async fn both() -> [Self; 2] {
        let [one, other] = testkit::stores();
        [Self::with(one, Kind::Plain).await, Self::with(other, Kind::Plain).await]
    }

    /// On this store, with this application behind the tenant.
    pub async fn with(store: TestStore, kind: Kind) -> Self {
        let clock = Arc::new(TestClock(Mutex::new("2026-11-22T08:00:00.123456Z".parse().unwrap())));
        let tenant = add_tenant(&store, "contoso", kind).await;
        let token = add_token(&store, tenant, &clock, None, Grant::default()).await;
        let app = Self {
            store,
            router: Router::new(),
            quirk_counts: QuirkCounts::default(),
            usage: Usage::default(),
            tenant,
            token,
            refusals: Refusals::default(),
            manner: Manner::PLAIN,
            clock,
            writer: None,
        };
        app.configured(|context| context)
    }

    /// The same with other applications.
    pub fn with_applications(self, applications: Applications) -> Self {
        self.configured_with(applications, |context| context)
    }

    /// The same with something in its context changed.
    pub fn configured(self, configure: impl FnOnce(Context) -> Context) -> Self {
        let plain: Arc<dyn application::Application> = Arc::new(Plain::default());
        let applications =
            Applications::new(vec![plain, Arc::new(Print::default()), Arc::new(Workplace::default())]);
        self.configured_with(applications, configure)
    }

    /// The same with both.
    pub fn configured_with(
        mut self,
        applications: Applications,
        configure: impl FnOnce(Context) -> Context,
    ) -> Self {
        let (clock, store) = (self.clock.clone(), (*self.store).clone());
        let mut context = configure(Context::new(
            store,
            DigestKey::new(KEY),
            clock,
            Arc::new(Ids),
            applications,
            PUBLIC_URL,
        ));
        self.refusals = context.refusals();
        self.quirk_counts = context.quirk_counts();
        self.usage = context.usage();
        self.writer = Some(context.log_requests());
        self.router = router(context);
        self
    }

    /// Ends the service provider, and answers what the request log then has of the tenant, the first request first.
    pub async fn end(mut self) -> Vec<RequestEntry> {
        self.router = Router::new();
        self.writer.take().unwrap().run().await;
        let tenant = self.tenant;
        let read = self.store.read(move |tx| {
            let wanted = Wanted { since: Timestamp::MIN, lowest: 0, highest: 999 };
            let ids = request_log::latest(tx, tenant, &wanted, None, 1_000)?.into_iter().rev();
            ids.map(|entry| Ok(request_log::get(tx, tenant, entry.id)?.unwrap())).collect()
        });
        read.await.map_err(|error: store::Error| error).unwrap()
    }

    /// Another tenant, and a token of it.
    pub async fn other_tenant(&self, name: &str) -> (TenantId, String) {
        let tenant = add_tenant(&self.store, name, Kind::Plain).await;
        (tenant, add_token(&self.store, tenant, &self.clock, None, Grant::default()).await)
    }

    /// Changes settings of the tenant, each written as `name=value`.
    pub async fn set(&self, settings: &[&str]) {
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let change = move |tx: &mut store::Tx<'_>| {
            let tenant = store::tenant::by_name(tx, "contoso")?.unwrap();
            let changed = settings.iter().fold(tenant.settings, |all, setting| {
                let (name, value) = setting.split_once('=').unwrap();
                all.set(name, value).unwrap()
            });
            store::tenant::set_settings(tx, tenant.id, &changed)
        };
        assert!(self.store.write(change).await.unwrap());
    }

    /// The actions in the audit log about a subject, the first first.
    pub async fn audited(&self, subject: &str) -> Vec<String> {
        let tenant = self.tenant;
        let all =
            self.store.read(move |tx| store::audit::latest(tx, Some(tenant), None, 1000)).await.unwrap();
        all.into_iter().rev().filter(|entry| entry.subject == subject).map(|entry| entry.action).collect()
    }

    /// Another token of the tenant, which lives that long.
    pub async fn short_lived_token(&self, life: SignedDuration) -> String {
        add_token(&self.store, self.tenant, &self.clock, Some(life), Grant::default()).await
    }

    /// Another token of the tenant, which opens that much.
    pub async fn token_with(&self, grant: Grant) -> String {
        add_token(&self.store, self.tenant, &self.clock, None, grant).await
    }

    /// A token of the application's own backend, which opens that much of what the application does.
    pub async fn application_token(&self, tenant: TenantId, grant: Grant) -> String {
        let name: ConnectionName = "backend".parse().unwrap();
        let mut connection = Connection::first(tenant, self.clock.now());
        connection.name = name.clone();
        connection.set("kind", "application").unwrap();
        let create =
            move |tx: &mut store::Tx<'_>| match store::connection::get(tx, tenant, connection.name.as_str())?
            {
                Some(_) => Ok(()),
                None => store::connection::create(tx, &connection),
            };
        self.store.write(create).await.map_err(|error: store::Error| error).unwrap();
        add_token_of(&self.store, (tenant, name), &self.clock, None, grant).await
    }

    /// The instant now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        *self.clock.0.lock().unwrap() += time;
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request to the tenant with its token. `path` follows the Tenant URL.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let Manner { headers, flag } = self.manner;
        let separator = if path.contains('?') { '&' } else { '?' };
        let flag = flag.map(|flag| format!("{separator}{flag}")).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(format!("/t/contoso/scim/v2{path}{flag}"))
            .header("Authorization", format!("Bearer {}", self.token));
        let headers = headers.iter().filter(|(name, _)| body.is_some() || *name != "Content-Type");
        let request = headers.fold(request, |request, (name, value)| request.header(*name, *value));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Sends these operations in their envelope.
    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Creates a user of this name and answers its id.
    pub async fn user(&self, user_name: &str) -> String {
        self.post("/Users", json!({ "schemas": [USER], "userName": user_name })).await.created()
    }

    /// Creates an empty group of this name and answers its id.
    pub async fn group(&self, display_name: &str) -> String {
        self.post("/Groups", json!({ "schemas": [GROUP], "displayName": display_name })).await.created()
    }

    /// The ids of a group's members, sorted.
    pub async fn members(&self, group: &str) -> Vec<String> {
        let answer = self.get(&format!("/Groups/{group}")).await.expect(StatusCode::OK);
        let members = answer.body["members"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<String> =
            members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}

async fn add_tenant(store: &Store, name: &str, application: Kind) -> TenantId {
    let id = TenantId(Uuid::now_v7());
    let created = "2026-11-22T08:00:00Z".parse().unwrap();
    let tenant = Tenant {
        id,
        name: name.parse().unwrap(),
        application,
        created,
        settings: Settings::default(),
        schema_version: 0,
    };
    store.write(move |tx| store::tenant::create(tx, &tenant)).await.unwrap();
    id
}

/// Bytes that no other test has.
pub fn random() -> [u8; model::token::MINT_BYTES] {
    let mut random = [0; model::token::MINT_BYTES];
    random[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    random[25..].copy_from_slice(Uuid::new_v4().as_bytes());
    random
}

async fn add_token(
    store: &Store,
    tenant: TenantId,
    clock: &TestClock,
    life: Option<SignedDuration>,
    grant: Grant,
) -> String {
    add_token_of(store, (tenant, ConnectionName::default()), clock, life, grant).await
}

async fn add_token_of(
    store: &Store,
    (tenant, connection): (TenantId, ConnectionName),
    clock: &TestClock,
    life: Option<SignedDuration>,
    grant: Grant,
) -> String {
    let secret = Secret::mint(SecretKind::Scim, &random());
    let token = Token {
        id: secret.public_id().to_owned(),
        tenant,
        connection,
        digest: DigestKey::new(KEY).digest(&secret).to_vec(),
        label: String::new(),
        created: clock.now(),
        expires: life.map(|life| clock.now() + life),
        revoked: None,
        grant,
    };
    store.write(move |tx| store::token::insert(tx, &token)).await.unwrap();
    secret.reveal().to_owned()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts that something was created, and answers its id.
    #[track_caller]
    pub fn created(self) -> String {
        let answer = self.expect(StatusCode::CREATED);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Asserts a SCIM error: its form, its status, its keyword (RFC 7644 §3.12).
    #[track_caller]
    pub fn error(self, status: StatusCode, scim_type: Option<&str>) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        assert_eq!(answer.body["schemas"], json!([ERROR]));
        assert_eq!(answer.body["status"], status.as_u16().to_string());
        assert_eq!(answer.body.get("scimType").and_then(Value::as_str), scim_type, "{}", answer.body);
        assert!(!answer.body["detail"].as_str().unwrap().is_empty());
        let foreign = answer
            .body
            .as_object()
            .unwrap()
            .keys()
            .find(|name| !["schemas", "status", "scimType", "detail"].contains(&name.as_str()));
        assert_eq!(foreign, None);
        answer
    }

    /// Asserts a list with this total, and answers its resources.
    #[track_caller]
    pub fn listed(self, total: u64) -> Vec<Value> {
        let answer = self.expect(StatusCode::OK);
        assert_eq!(answer.body["schemas"], json!([LIST]));
        assert_eq!(answer.body["totalResults"], total, "{}", answer.body);
        let resources = answer.body["Resources"].as_array().unwrap().clone();
        assert_eq!(answer.body["itemsPerPage"], resources.len());
        assert!(answer.body["startIndex"].is_u64());
        resources
    }
}
