//! A tenant with a webhook, on a store of its own.

use std::ops::Deref;
use std::sync::Arc;

use application::resources::{self, Draft, Modification};
use application::{Application, Applications, Plain, USER};
use events::webhook::{self, Disabled};
use events::{Deliverer, SecretKey, TABLES, Webhook, WebhookId};
use jiff::Timestamp;
use model::ResourceId;
use serde_json::{Value, json};
use store::{Store, Tx};
use testkit::Database;
use uuid::Uuid;

use crate::receiver::Receiver;

/// A tenant of the plain application, and a webhook at a receiver.
pub struct Tenant {
    tenant: testkit::Tenant,
    pub webhook: WebhookId,
    pub receiver: Receiver,
    pub deliverer: Deliverer,
}

impl Deref for Tenant {
    type Target = testkit::Tenant;

    fn deref(&self) -> &testkit::Tenant {
        &self.tenant
    }
}

impl Tenant {
    pub async fn both() -> [Self; 2] {
        [Self::on(Database::sqlite()).await, Self::on(Database::postgres()).await]
    }

    pub async fn on(database: Database) -> Self {
        let application: Arc<dyn Application> = Arc::new(Plain::default());
        // The real time, because receivers compare.
        let make = move || testkit::Tenant::on(database, &application, TABLES, Timestamp::now());
        let tenant = tokio::task::spawn_blocking(make).await.unwrap();
        let (webhook, receiver) = (WebhookId(Uuid::now_v7()), Receiver::start().await);
        let new = Webhook::new(webhook, tenant.id, (receiver.url.clone(), String::new()), 0, tenant.now());
        let insert = move |tx: &mut Tx<'_>| webhook::insert(tx, &new);
        assert!(tenant.store.write(insert).await.unwrap());
        let deliverer = Deliverer {
            store: Store::clone(&tenant.store),
            clock: tenant.hands.clone(),
            ids: tenant.ids.clone(),
            applications: Applications::new(vec![tenant.application.clone()]),
            egress: egress::Client::with_loopback().unwrap(),
            key: SecretKey::new([7; 32]),
            public_url: "https://scim.example.com".to_owned(),
        };
        Self { tenant, webhook, receiver, deliverer }
    }

    /// Delivers what is due, as the server's task does.
    pub async fn deliver(&self) {
        self.deliverer.deliver(self.id, self.webhook).await.unwrap();
    }

    /// Lets the time come of the next attempt.
    pub async fn pass_pause(&self) {
        let due = self.webhook().await.due;
        self.hands.set(due);
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
        let operation = self.operation(USER);
        let draft = Draft::new(&operation.kind, json!({ "userName": name }), &operation.tolerance).unwrap();
        self.store.write(move |tx| resources::create(tx, &operation, &draft)).await.unwrap().id
    }

    pub async fn patch(&self, id: ResourceId, path: &str, value: Value) {
        let operation = self.operation(USER);
        let body = json!({ "Operations": [{ "op": "replace", "path": path, "value": value }] });
        let change = Modification::new(&operation.kind, &body, &operation.tolerance).unwrap();
        self.store.write(move |tx| resources::patch(tx, &operation, id, &change).map(drop)).await.unwrap();
    }

    pub async fn delete(&self, id: ResourceId) {
        let operation = self.operation(USER);
        self.store.write(move |tx| resources::delete(tx, &operation, id)).await.unwrap();
    }
}
