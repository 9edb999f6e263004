//! A company, its workplace, and the months between them.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use application::Applications;
use connector::Needs;
use connector_file::FileSource;
use connector_scim::{Config, ScimTarget, Secret};
use jiff::{SignedDuration, Timestamp};
use model::connection::ConnectionName;
use model::cycle::Counts;
use model::grant::Grant;
use model::job::JobFile;
use model::settings::Settings;
use model::tenant::{Application, Tenant};
use model::token::{DigestKey, MINT_BYTES, Secret as TokenSecret, SecretKind, Token};
use model::{Clock, IdSource, JobId, ResourceId, TenantId};
use provisioning::cycle::{self, Options};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Ends, JobInstance};
use serde_json::{Value, json};
use service_provider::retention;
use store::Tx;
use store::job::{JobState, StoredJob};
use tempfile::TempDir;
use testkit::{Database, TestStore};
use tokio::net::TcpListener;
use tower::ServiceExt;
use uuid::Uuid;
use workplace::location::NewLocation;
use workplace::occupant::{Listed, Part};
use workplace::policy::Policy;
use workplace::reservation::{self, Reservation, Wanted};
use workplace::space::{self, Floor, Kind};
use workplace::{
    AssignmentId, FloorId, LocationId, ReservationId, SpaceId, Workplace, activity, assignment, location,
    occupant, policy,
};

use crate::company;

const KEY: [u8; 32] = [7; 32];

/// A clock that goes forward when it is told to.
struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
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

/// The directory and the engine on one side, a workplace tenant with one location on the other.
pub struct Office {
    pub location: LocationId,
    pub seat: SpaceId,
    pub room: SpaceId,
    store: TestStore,
    router: axum::Router,
    tenant: TenantId,
    token: String,
    hands: Arc<Hands>,
    folder: TempDir,
    engine: provisioning::Context,
    engine_store: TestStore,
    job: JobInstance,
}

impl Office {
    /// One on each engine.
    pub async fn both() -> [Self; 2] {
        [Self::on(Database::sqlite()).await, Self::on(Database::postgres()).await]
    }

    async fn on(database: Database) -> Self {
        let hands = Arc::new(Hands(Mutex::new("2026-01-05T08:00:00Z".parse().unwrap())));
        let store = TestStore::open(database, &[workplace::TABLES]);
        let (tenant, token) = tenant(&store, hands.now()).await;
        let (location, seat, room) = furnished(&store, tenant).await;
        let clock: Arc<dyn Clock> = Arc::clone(&hands) as Arc<dyn Clock>;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let context = service_provider::Context::new(
            (*store).clone(),
            DigestKey::new(KEY),
            Arc::clone(&clock),
            Arc::new(Ids),
            applications(),
            &base,
        );
        let router = service_provider::router(context);
        let served = router.clone();
        tokio::spawn(async move { axum::serve(listener, served).await });
        let engine_store = testkit::sqlite();
        let engine = provisioning::Context {
            store: (*engine_store).clone(),
            clock,
            ids: Arc::new(Ids),
            paces: Paces::default(),
        };
        let job = job(&engine_store, &format!("{base}/t/contoso/scim/v2"), &token, hands.now()).await;
        let folder = TempDir::with_prefix("rollcall-lifecycle-").unwrap();
        let office = Self {
            location,
            seat,
            room,
            store,
            router,
            tenant,
            token,
            hands,
            folder,
            engine,
            engine_store,
            job,
        };
        // A directory of one would lose everybody with the first who leaves.
        office.directory(&[company::person(1, "ana"), company::person(2, "bo"), company::person(3, "cy")]);
        office.cycle().await;
        office
    }

    /// Lets days pass, after which what is too old is forgotten.
    pub async fn pass(&self, days: i64) {
        *self.hands.0.lock().unwrap() += SignedDuration::from_hours(24 * days);
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

    /// Runs a cycle.
    pub async fn cycle(&self) -> Counts {
        let rules = &self.job.definition.users;
        let names: BTreeSet<String> = rules.mappings.attributes().into_iter().map(str::to_owned).collect();
        let needs = Needs {
            assignments: true,
            groups: false,
            nested_groups: false,
            user_attributes: names,
            group_attributes: BTreeSet::new(),
        };
        let model::job::TargetSettings::Scim { url, .. } = &self.job.definition.target;
        let config = Config::new(url, Secret::new(&*self.token), "entra".parse().unwrap());
        let ends = Ends {
            source: Box::new(FileSource::new(self.folder.path(), needs)),
            target: Box::new(ScimTarget::new(config).unwrap()),
        };
        let report =
            cycle::run(&self.engine, &self.job, &ends, Options::default(), &Unwatched).await.unwrap();
        assert_eq!(report.held, None);
        report.cycle.counts
    }

    /// Runs cycles on so many days, and asserts that they write nothing and try nothing in vain.
    pub async fn quiet(&self, days: i64) {
        for day in 0..days {
            self.pass(1).await;
            let counts = self.cycle().await;
            let written = counts.created + counts.updated + counts.disabled + counts.deleted;
            assert_eq!((written, counts.escrowed), (0, 0), "day {day}: {counts:?}");
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
        let request = axum::http::Request::builder()
            .method(method)
            .uri(format!("/t/contoso/scim/v2{path}"))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/scim+json");
        let body = body.map_or_else(axum::body::Body::empty, |body| body.to_string().into());
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        assert!(parts.status.is_success(), "{}", parts.status);
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() }
    }

    /// What the tenant chooses.
    pub async fn choose(&self, seats: &str, reservations: &str) {
        let text = json!({ "matchBy": "city", "seats": seats, "reservations": reservations });
        let policy: Policy = serde_json::from_value(text).unwrap();
        self.write(move |tx, tenant| policy::set(tx, tenant, &policy)).await.unwrap();
    }

    /// Gives a user the seat, and books the room for it, `days` from now.
    pub async fn settle(&self, user: ResourceId, days: i64) {
        let (seat, now) = (self.seat, self.now());
        let id = AssignmentId(Uuid::now_v7());
        self.write(move |tx, tenant| assignment::assign(tx, tenant, id, (seat, user), now)).await.unwrap();
        self.book(user, days).await.unwrap();
    }

    /// Books the room, `days` from now.
    pub async fn book(&self, user: ResourceId, days: i64) -> Result<(), workplace::Error> {
        let now = self.now();
        let starts = now + SignedDuration::from_hours(24 * days);
        let new = Reservation {
            id: ReservationId(Uuid::now_v7()),
            space: self.room,
            user,
            booked_by: user,
            starts,
            ends: starts + SignedDuration::from_hours(1),
            cancelled: None,
            cancelled_by: None,
        };
        self.write(move |tx, tenant| reservation::book(tx, tenant, &new, now)).await
    }

    /// Whether a user has the seat, and how many reservations.
    pub async fn holds(&self, user: ResourceId) -> (bool, usize) {
        let (seat, now) = (self.seat, self.now());
        let all = self.write(move |tx, tenant| {
            let wanted = Wanted {
                space: None,
                user: Some(user),
                from: now,
                to: Timestamp::MAX,
                cancelled: false,
                limit: 100,
            };
            let booked = reservation::list(tx, tenant, &wanted)?.len();
            Ok((assignment::current(tx, tenant, user)?.contains(&seat), booked))
        });
        all.await.unwrap_or_else(|e: workplace::Error| panic!("{e}"))
    }

    /// Who is listed at the location, by name: the engine creates users side by side, in any order.
    pub async fn listed(&self) -> Vec<String> {
        let (location, part) = (self.location, Part { after: None, limit: 100 });
        let all = self.write(move |tx, tenant| Ok(occupant::of_location(tx, tenant, location, part)?));
        let all = all.await.unwrap_or_else(|e: workplace::Error| panic!("{e}"));
        let mut names: Vec<String> = all.into_iter().map(|Listed { display, .. }| display).collect();
        names.sort();
        names
    }

    /// How many count today.
    pub async fn active(&self) -> i64 {
        let now = self.now();
        self.active_at(now).await
    }

    /// How many counted on the day of an instant.
    pub async fn active_at(&self, at: Timestamp) -> i64 {
        let (day, now) = (at.to_zoned(jiff::tz::TimeZone::UTC).date(), self.now());
        self.write(move |tx, tenant| activity::count(tx, tenant, day, now)).await.unwrap()
    }

    async fn write<T: Send + 'static>(
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

async fn tenant(store: &TestStore, now: Timestamp) -> (TenantId, String) {
    let id = TenantId(Uuid::now_v7());
    let tenant = Tenant {
        id,
        name: "contoso".parse().unwrap(),
        application: Application::Workplace,
        created: now,
        settings: Settings::default(),
        schema_version: 0,
    };
    let mut random = [0; MINT_BYTES];
    random[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    let secret = TokenSecret::mint(SecretKind::Scim, &random);
    let token = Token {
        id: secret.public_id().to_owned(),
        tenant: id,
        connection: ConnectionName::default(),
        digest: DigestKey::new(KEY).digest(&secret).to_vec(),
        label: String::new(),
        created: now,
        expires: None,
        revoked: None,
        grant: Grant::default(),
    };
    let create = move |tx: &mut Tx<'_>| {
        store::tenant::create(tx, &tenant)?;
        store::token::insert(tx, &token)
    };
    store.write(create).await.unwrap_or_else(|e: store::Error| panic!("{e}"));
    (id, secret.reveal().to_owned())
}

/// Omaha, with one seat and one room.
async fn furnished(store: &TestStore, tenant: TenantId) -> (LocationId, SpaceId, SpaceId) {
    let omaha = LocationId(Uuid::now_v7());
    let floor = Floor { id: FloorId(Uuid::now_v7()), name: "1".to_owned() };
    let (seat, room) = (SpaceId(Uuid::now_v7()), SpaceId(Uuid::now_v7()));
    let furnish = move |tx: &mut Tx<'_>| {
        location::create(tx, tenant, omaha, NewLocation { name: "Omaha", aliases: &[], region: None })?;
        space::create_floor(tx, tenant, omaha, &floor)?;
        space::create(tx, tenant, floor.id, seat, (Kind::Seat, "1.1"))?;
        space::create(tx, tenant, floor.id, room, (Kind::Room, "Oak"))
    };
    store.write(furnish).await.unwrap_or_else(|e: workplace::Error| panic!("{e}"));
    (omaha, seat, room)
}

async fn job(store: &TestStore, url: &str, token: &str, now: Timestamp) -> JobInstance {
    let text = format!(
        r#"
name = "contoso"
source = {{ kind = "file", path = "unused" }}
target = {{ kind = "scim", url = "{url}", token = "{token}", dialect = "entra" }}
scope = {{ assigned_only = true }}
users = {{ preset = "workplace", mappings = [{{ target = "displayName", source = "[displayName]" }}] }}
"#
    );
    let definition = JobFile::parse(&text).unwrap().resolve().unwrap();
    let job = JobInstance { id: JobId(Uuid::now_v7()), definition, digest: "1".to_owned() };
    let stored = StoredJob {
        id: job.id,
        name: job.definition.name.clone(),
        definition: text,
        digest: job.digest.clone(),
        state: JobState::Off,
        watermark: None,
        created: now,
        modified: now,
    };
    store.write(move |tx| store::job::create(tx, &stored)).await.unwrap();
    job
}
