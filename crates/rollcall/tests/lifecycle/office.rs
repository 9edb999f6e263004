//! A company, its workplace, and the months between them.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use application::Applications;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use connector::Needs;
use connector_file::FileSource;
use connector_scim::{Config, ScimTarget, Secret};
use jiff::{SignedDuration, Timestamp};
use model::connection::{Connection, ConnectionName};
use model::cycle::Counts;
use model::grant::Grant;
use model::job::{Rules, TargetSettings};
use model::tenant::Application;
use model::token::{DigestKey, MINT_BYTES, Secret as TokenSecret, SecretKind, Token};
use model::{Clock, ResourceId, TenantId};
use provisioning::cycle::{self, Options};
use provisioning::drift::{self, Then};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Ends, JobInstance};
use serde_json::{Value, json};
use service_provider::retention;
use store::Tx;
use tempfile::TempDir;
use testkit::{Database, Hands, Numbers, TestStore};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tower::ServiceExt;
use uuid::Uuid;
use workplace::{LocationId, SpaceId, Workplace};

use crate::company;
use crate::desks::furnished;

const KEY: [u8; 32] = [7; 32];
const BEGIN: &str = "2026-01-05T08:00:00Z";
/// What the engine asks before it finds that there is nothing to do.
pub const REQUESTS_OF_QUIET_CYCLE: u64 = 4;

/// The directory and the engine on one side, a workplace tenant with one location on the other.
pub struct Office {
    pub location: LocationId,
    pub seat: SpaceId,
    pub room: SpaceId,
    pub tenant: TenantId,
    store: TestStore,
    router: axum::Router,
    /// The token of the client that provisions, and that of the application's backend.
    tokens: [String; 2],
    requests: Arc<AtomicU64>,
    hands: Arc<Hands>,
    pub folder: TempDir,
    engine: provisioning::Context,
    engine_store: TestStore,
    job: JobInstance,
}

impl Office {
    /// One on each engine, with three people.
    pub async fn both() -> [Self; 2] {
        [Self::with_people(Database::sqlite()).await, Self::with_people(Database::postgres()).await]
    }

    async fn with_people(database: Database) -> Self {
        let office = Self::on(database).await;
        // A directory of one would lose everybody with the first who leaves.
        office.directory(&[company::person(1, "ana"), company::person(2, "bo"), company::person(3, "cy")]);
        office.cycle().await;
        office
    }

    /// One that nobody works in yet.
    pub async fn on(database: Database) -> Self {
        let hands = Arc::new(Hands::at(BEGIN.parse().unwrap()));
        let opened = spawn_blocking(|| {
            let store = TestStore::open(database, &[workplace::TABLES]);
            let tenant = store.tenant(Application::Workplace);
            (store, tenant)
        });
        let (store, tenant) = opened.await.unwrap();
        let tokens =
            [token(&store, tenant, "default", &hands).await, token(&store, tenant, "backend", &hands).await];
        let (location, seat, room) = furnished(&store, tenant).await;
        let clock: Arc<dyn Clock> = Arc::clone(&hands) as Arc<dyn Clock>;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let context = service_provider::Context::new(
            (*store).clone(),
            DigestKey::new(KEY),
            Arc::clone(&clock),
            Arc::new(Numbers::default()),
            applications(),
            &base,
        );
        let router = service_provider::router(context);
        let requests = Arc::new(AtomicU64::new(0));
        serve(listener, router.clone(), Arc::clone(&requests));
        let engine_store = testkit::sqlite();
        let engine = provisioning::Context {
            store: (*engine_store).clone(),
            clock,
            ids: Arc::new(Numbers::default()),
            paces: Paces::default(),
        };
        let (stored, definition) =
            engine_store.job(&job(&format!("{base}/t/contoso/scim/v2")), hands.now()).await;
        let job = JobInstance { id: stored.id, definition, digest: stored.digest };
        let folder = TempDir::with_prefix("rollcall-lifecycle-").unwrap();
        Self {
            location,
            seat,
            room,
            tenant,
            store,
            router,
            tokens,
            requests,
            hands,
            folder,
            engine,
            engine_store,
            job,
        }
    }

    /// Lets days pass, after which what is too old is forgotten.
    pub async fn pass(&self, days: i64) {
        self.hands.pass(SignedDuration::from_hours(24 * days));
        let applications = applications();
        retention::forget(&self.store, &applications, self.now()).await.unwrap();
    }

    pub fn now(&self) -> Timestamp {
        self.hands.now()
    }

    /// The people in the directory from now on, all of them assigned.
    pub fn directory(&self, people: &[Value]) {
        company::write(self.folder.path(), people);
    }

    /// Takes everybody's assignment away but those of these people.
    pub fn assign_only(&self, people: &[Value]) {
        let rows = people.iter().map(|p| json!({ "principalType": "User", "principalId": p["id"] }));
        let text: String = rows.map(|row| format!("{row}\n")).collect();
        fs::write(self.folder.path().join("assignments.jsonl"), text).unwrap();
    }

    /// Runs a cycle, of which nothing is held back.
    pub async fn cycle(&self) -> Counts {
        self.cycle_by(Options::default()).await
    }

    /// Runs a cycle, in which a person looks after deletions.
    pub async fn watched_cycle(&self) -> Counts {
        self.cycle_by(Options { allow_deletions: true, ..Options::default() }).await
    }

    async fn cycle_by(&self, options: Options) -> Counts {
        let report = cycle::run(&self.engine, &self.job, &self.ends(), options, &Unwatched).await.unwrap();
        assert_eq!(report.held, None);
        report.cycle.counts
    }

    /// How somebody has changed users behind the engine's back: whom, and which attributes.
    pub async fn drift(&self) -> Vec<(String, Vec<String>)> {
        let report = drift::run(&self.engine, &self.job, &self.ends(), Then::Report).await.unwrap();
        let told = report.findings.into_iter().map(|finding| {
            (finding.display, finding.differences.into_iter().map(|one| one.attribute).collect())
        });
        told.collect()
    }

    fn ends(&self) -> Ends {
        let attributes = |rules: &Rules| rules.mappings.attributes().into_iter().map(str::to_owned).collect();
        let definition = &self.job.definition;
        let needs = Needs {
            assignments: true,
            groups: true,
            nested_groups: false,
            user_attributes: attributes(&definition.users),
            group_attributes: definition.groups.as_ref().map(attributes).unwrap_or_default(),
        };
        let TargetSettings::Scim { url, .. } = &definition.target;
        let mut config = Config::new(url, Secret::new(&*self.tokens[0]), "entra".parse().unwrap());
        config.groups = true;
        Ends {
            source: Box::new(FileSource::new(self.folder.path(), needs)),
            target: Box::new(ScimTarget::new(config).unwrap()),
        }
    }

    /// How many requests the engine has sent since this was asked last.
    pub fn requests(&self) -> u64 {
        self.requests.swap(0, Ordering::SeqCst)
    }

    /// Runs cycles on so many days, and asserts that they write nothing and try nothing in vain.
    pub async fn quiet(&self, days: i64) {
        for day in 0..days {
            self.pass(1).await;
            self.requests();
            let counts = self.cycle().await;
            assert_eq!((counts.written(), counts.escrowed), (0, 0), "day {day}: {counts:?}");
            assert!(self.requests() <= REQUESTS_OF_QUIET_CYCLE, "day {day}");
        }
    }

    /// Users whose name has this in it, as SCIM tells them.
    pub async fn users(&self, name: &str) -> Vec<Value> {
        let answer = self.scim("GET", &format!("/Users?filter=userName%20co%20%22{name}%22"), None).await;
        answer["Resources"].as_array().unwrap().clone()
    }

    /// The one user whose name has this in it: its id, its name, and whether it is active.
    pub async fn the(&self, name: &str) -> (ResourceId, String, bool) {
        let users = self.users(name).await;
        let [user] = &users[..] else { panic!("one user is called {name}: {users:?}") };
        let text = |name: &str| user[name].as_str().unwrap().to_owned();
        (text("id").parse().unwrap(), text("userName"), user["active"].as_bool().unwrap())
    }

    /// Sends a SCIM request as somebody else than the engine, and answers what came back.
    pub async fn scim(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.ask(method, &format!("scim/v2{path}"), &self.tokens[0], body).await
    }

    /// Deactivates a user in the application, or activates it again, as the application's administrator does.
    pub async fn set_active(&self, user: ResourceId, active: bool) {
        let path = format!("api/v1/users/{user}/active");
        self.ask("PUT", &path, &self.tokens[1], Some(json!({ "active": active }))).await;
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/t/contoso/{path}"))
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json");
        let body = body.map_or_else(Body::empty, |body| body.to_string().into());
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        assert!(parts.status.is_success(), "{method} {path}: {} {bytes:?}", parts.status);
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() }
    }

    /// Does something in the application, by its own functions.
    pub async fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>, TenantId) -> Result<T, workplace::Error> + Send + 'static,
    ) -> Result<T, workplace::Error> {
        let tenant = self.tenant;
        self.store.write(move |tx| run(tx, tenant)).await
    }

    /// How many objects the engine still tries.
    pub async fn escrowed(&self) -> i64 {
        let job = self.job.id;
        self.engine_store.read(move |tx| store::escrow::count(tx, job)).await.unwrap()
    }
}

fn applications() -> Applications {
    Applications::new(vec![Arc::new(Workplace::default())])
}

/// Serves, and counts what is asked for.
fn serve(listener: TcpListener, router: axum::Router, requests: Arc<AtomicU64>) {
    let counted = router.layer(from_fn(move |request: Request, next: Next| {
        requests.fetch_add(1, Ordering::SeqCst);
        next.run(request)
    }));
    tokio::spawn(async move { axum::serve(listener, counted).await });
}

/// Makes a token of a connection of the tenant; that of the backend opens the application's own API.
async fn token(store: &TestStore, tenant: TenantId, connection: &str, hands: &Hands) -> String {
    let now = hands.now();
    let name: ConnectionName = connection.parse().unwrap();
    let mut backend = Connection::first(tenant, now);
    backend.name = name.clone();
    backend.set("kind", "application").unwrap();
    let mut random = [0; MINT_BYTES];
    random[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    let secret = TokenSecret::mint(SecretKind::Scim, &random);
    let token = Token {
        id: secret.public_id().to_owned(),
        tenant,
        connection: name.clone(),
        digest: DigestKey::new(KEY).digest(&secret).to_vec(),
        label: String::new(),
        created: now,
        expires: None,
        revoked: None,
        grant: Grant::default(),
    };
    let create = move |tx: &mut Tx<'_>| {
        if name != ConnectionName::default() {
            store::connection::create(tx, &backend)?;
        }
        store::token::insert(tx, &token)
    };
    store.write(create).await.unwrap_or_else(|e: store::Error| panic!("{e}"));
    secret.reveal().to_owned()
}

fn job(url: &str) -> String {
    format!(
        r#"
name = "contoso"
source = {{ kind = "file", path = "unused" }}
target = {{ kind = "scim", url = "{url}", token = "unused", dialect = "entra" }}
scope = {{ assigned_only = true }}
users = {{ preset = "workplace", mappings = [{{ target = "displayName", source = "[displayName]" }}] }}
groups = {{}}
"#
    )
}
