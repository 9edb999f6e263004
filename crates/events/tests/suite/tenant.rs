//! A tenant with a webhook, on a store of its own.

use std::sync::{Arc, Mutex};

use application::resources::{self, Draft, Modification, Operation, Precondition};
use application::{Application, Applications, Plain, USER};
use events::webhook::{self, Disabled};
use events::{Deliverer, SecretKey, TABLES, Webhook, WebhookId};
use jiff::{SignedDuration, Timestamp};
use model::resource::Origin;
use model::settings::Settings;
use model::{Clock, IdSource, ResourceId, TenantId};
use scim::quirks::{ClientKind, Tolerance};
use serde_json::{Value, json};
use store::{Store, Tx};
use testkit::{Database, TestStore};
use uuid::Uuid;

use crate::receiver::Receiver;

pub struct Ids;

impl IdSource for Ids {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A clock that goes forward when it is told to.
pub struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A tenant of the plain application, and a webhook at a receiver.
pub struct Tenant {
    pub store: TestStore,
    pub id: TenantId,
    pub webhook: WebhookId,
    pub receiver: Receiver,
    pub deliverer: Deliverer,
    clock: Arc<TestClock>,
}

impl Tenant {
    pub async fn both() -> [Self; 2] {
        [Self::on(Database::sqlite()).await, Self::on(Database::postgres()).await]
    }

    pub async fn on(database: Database) -> Self {
        let store = TestStore::open(database, &[TABLES]);
        // The real time, because receivers compare.
        let clock = Arc::new(TestClock(Mutex::new(Timestamp::now())));
        let (id, webhook, receiver) =
            (TenantId(Uuid::now_v7()), WebhookId(Uuid::now_v7()), Receiver::start().await);
        let tenant = model::tenant::Tenant {
            id,
            name: "contoso".parse().unwrap(),
            application: model::tenant::Application::Plain,
            created: Timestamp::UNIX_EPOCH,
            settings: Settings::default(),
            schema_version: 0,
        };
        let new = Webhook::new(webhook, id, (receiver.url.clone(), String::new()), 0, clock.now());
        let create = move |tx: &mut Tx<'_>| {
            store::tenant::create(tx, &tenant)?;
            webhook::insert(tx, &new)
        };
        assert!(store.write(create).await.map_err(|error: store::Error| error).unwrap());
        let deliverer = Deliverer {
            store: Store::clone(&store),
            clock: clock.clone(),
            ids: Arc::new(Ids),
            applications: Applications::new(vec![Arc::new(Plain::default())]),
            egress: egress::Client::with_loopback().unwrap(),
            key: SecretKey::new([7; 32]),
            public_url: "https://scim.example.com".to_owned(),
        };
        Self { store, id, webhook, receiver, deliverer, clock }
    }

    /// Delivers what is due, as the server's task does.
    pub async fn deliver(&self) {
        self.deliverer.deliver(self.id, self.webhook).await.unwrap();
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        *self.clock.0.lock().unwrap() += time;
    }

    /// Lets the time come of the next attempt.
    pub async fn pass_pause(&self) {
        let due = self.webhook().await.due;
        *self.clock.0.lock().unwrap() = due;
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn webhook(&self) -> Webhook {
        let (tenant, id) = (self.id, self.webhook);
        self.write(move |tx| webhook::get(tx, tenant, id)).await.unwrap()
    }

    pub async fn disabled(&self) -> Option<Disabled> {
        self.webhook().await.disabled
    }

    pub async fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<T, store::Error> + Send + 'static,
    ) -> T {
        self.store.write(run).await.unwrap()
    }

    pub async fn user(&self, name: &str) -> ResourceId {
        let operation = self.operation();
        let draft = Draft::new(&operation.kind, json!({ "userName": name }), &operation.tolerance).unwrap();
        self.store.write(move |tx| resources::create(tx, &operation, &draft)).await.unwrap().id
    }

    pub async fn patch(&self, id: ResourceId, path: &str, value: Value) {
        let operation = self.operation();
        let body = json!({ "Operations": [{ "op": "replace", "path": path, "value": value }] });
        let change = Modification::new(&operation.kind, &body, &operation.tolerance).unwrap();
        self.store.write(move |tx| resources::patch(tx, &operation, id, &change).map(drop)).await.unwrap();
    }

    pub async fn delete(&self, id: ResourceId) {
        let operation = self.operation();
        self.store.write(move |tx| resources::delete(tx, &operation, id)).await.unwrap();
    }

    fn operation(&self) -> Operation {
        let application = Arc::new(Plain::default());
        let kind = Arc::clone(application.profile().by_id(USER).unwrap());
        Operation {
            tenant: self.id,
            settings: Settings::default(),
            application,
            kind,
            actor: "test".to_owned(),
            origin: Origin::Administrator,
            at: self.clock.now(),
            tolerance: Arc::new(Tolerance::of(ClientKind::Rfc)),
            ids: Arc::new(Ids),
            precondition: Precondition::default(),
        }
    }
}
