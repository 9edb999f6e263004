//! A tenant with a stream, on a store of its own.

use std::ops::Deref;
use std::sync::Arc;

use application::api::Arguments;
use application::resources::{self, Draft, Error, Modification};
use application::{Application, Applications, GROUP, Plain, USER};
use events::stream::{self, Disabled, Method};
use events::{Deliverer, Hold, Issuer, Numbers, SecretKey, SigningKeys, Stream, StreamId, TABLES};
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use model::ResourceId;
use serde_json::{Value, json};
use store::{Store, Tx};
use testkit::Database;
use uuid::Uuid;

use crate::receiver::Receiver;

/// The keys of security event tokens.
pub fn signing_keys() -> SigningKeys {
    SigningKeys::new([9; 32])
}

/// A tenant of the plain application, and a stream to a receiver.
pub struct Tenant {
    tenant: testkit::Tenant,
    pub stream: StreamId,
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

    /// With a webhook.
    pub async fn on(database: Database) -> Self {
        Self::with(database, |url| Method::Webhook { url }).await
    }

    /// With a stream on each engine.
    pub async fn both_with(method: fn(String) -> Method) -> [Self; 2] {
        [Self::with(Database::sqlite(), method).await, Self::with(Database::postgres(), method).await]
    }

    /// With a stream, of which the receiver's URL is given.
    pub async fn with(database: Database, method: fn(String) -> Method) -> Self {
        let application: Arc<dyn Application> = Arc::new(Plain::default());
        // The real time, because receivers compare.
        let make = move || testkit::Tenant::on(database, &application, TABLES, Timestamp::now());
        let tenant = tokio::task::spawn_blocking(make).await.unwrap();
        let (stream, receiver) = (StreamId(Uuid::now_v7()), Receiver::start().await);
        let method = (method(receiver.url.clone()), String::new());
        let new = Stream::new(stream, tenant.id, method, 0, tenant.now());
        let insert = move |tx: &mut Tx<'_>| stream::insert(tx, &new);
        assert!(tenant.store.write(insert).await.unwrap());
        let deliverer = Deliverer {
            store: Store::clone(&tenant.store),
            clock: tenant.hands.clone(),
            ids: tenant.ids.clone(),
            applications: Applications::new(vec![tenant.application.clone()]),
            egress: egress::Client::with_loopback().unwrap(),
            key: SecretKey::new([7; 32]),
            issuer: Issuer::new(signing_keys(), "https://scim.example.com".to_owned()),
        };
        Self { tenant, stream, receiver, deliverer }
    }

    /// Delivers what is due, as the server's task does.
    pub async fn deliver(&self) {
        self.deliver_holding(&Hold::since(Timestamp::MAX)).await;
    }

    /// Delivers with a lease.
    pub async fn deliver_holding(&self, hold: &Hold) {
        self.deliverer.deliver((self.id, self.stream), hold).await.unwrap();
    }

    /// Goes past an event, if it is what the stream stops at.
    pub async fn skip(&self, event: i64) -> bool {
        let (id, stream, at) = (self.id, self.stream, self.now());
        self.write(move |tx| stream::skip(tx, id, stream, event, at)).await
    }

    /// Lets the time come of the next attempt.
    pub async fn pass_pause(&self) {
        let due = self.stream().await.due;
        self.hands.set(due);
    }

    pub async fn stream(&self) -> Stream {
        let (tenant, id) = (self.id, self.stream);
        self.write(move |tx| stream::get(tx, tenant, id)).await.unwrap()
    }

    pub async fn disabled(&self) -> Option<Disabled> {
        self.stream().await.disabled
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

    pub async fn group(&self, name: &str, members: Vec<Value>) {
        let operation = self.operation(GROUP);
        let group = json!({ "displayName": name, "members": members });
        let draft = Draft::new(&operation.kind, group, &operation.tolerance).unwrap();
        self.store.write(move |tx| resources::create(tx, &operation, &draft).map(drop)).await.unwrap();
    }

    /// Asks one of the operations that applications share.
    pub async fn ask(&self, id: &'static str, arguments: Arguments) -> Result<Value, Error> {
        let call = self.call("backend");
        let operations = [events::operations(), events::polling(&self.deliverer.issuer)];
        let operation = operations.into_iter().flatten().find(|operation| operation.id == id).unwrap();
        self.store.write(move |tx| operation.run(tx, &call, &arguments)).await.map(|reply| reply.body)
    }

    /// Polls the stream.
    pub async fn poll(&self, body: Value) -> Result<Value, Error> {
        let parameters = vec![("id".to_owned(), self.stream.to_string())];
        self.ask("pollEvents", Arguments { parameters, body }).await
    }

    /// What is in a token, if it is one of ours for the audience `app`.
    pub async fn verified(&self, token: &str) -> Option<Value> {
        let numbers = self.write(Numbers::get).await;
        let set = signing_keys().published(numbers, self.now()).unwrap();
        let set: JwkSet = serde_json::from_value(set).unwrap();
        let header = jsonwebtoken::decode_header(token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("secevent+jwt"));
        let key = DecodingKey::from_jwk(set.find(&header.kid?)?).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["app"]);
        validation.required_spec_claims.clear();
        Some(jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims)
    }
}
