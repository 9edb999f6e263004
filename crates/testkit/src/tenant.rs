//! A tenant of an application on a store of its own, and what a client does to its users and groups.

use std::sync::Arc;

use application::api::Call;
use application::resources::{self, Draft, Error, Modification, Operation, Precondition};
use application::{Application, Profile};
use jiff::{SignedDuration, Timestamp};
use model::attribute_key::AttributeKey;
use model::connection::ConnectionName;
use model::resource::Origin;
use model::settings::Settings;
use model::token::DigestKey;
use model::{Clock, ResourceId, TenantId};
use scim::quirks::{ClientKind, Tolerance};
use serde_json::{Value, json};
use store::{Tree, Tx};

use crate::{Database, Hands, Numbers, TestStore};

/// A tenant, its store, and the clock of those who work with it.
pub struct Tenant {
    /// The store, with the tenant alone in it.
    pub store: TestStore,
    /// The tenant.
    pub id: TenantId,
    /// What stands behind it.
    pub application: Arc<dyn Application>,
    /// The time.
    pub hands: Arc<Hands>,
    /// Where ids come from.
    pub ids: Arc<Numbers>,
    profile: Arc<Profile>,
}

impl Tenant {
    /// One on each engine.
    ///
    /// # Panics
    /// If there is no PostgreSQL; the message says how to get one.
    #[must_use]
    pub fn both(application: &Arc<dyn Application>, tables: Tree, now: Timestamp) -> [Self; 2] {
        [Database::sqlite(), Database::postgres()].map(|on| Self::on(on, application, tables, now))
    }

    /// One on a database, at this time.
    #[must_use]
    pub fn on(database: Database, application: &Arc<dyn Application>, tables: Tree, now: Timestamp) -> Self {
        let store = TestStore::open(database, &[tables]);
        let id = store.tenant(application.kind());
        let key = AttributeKey::new(&DigestKey::new([7; 32]), id);
        let profile = Arc::new(application.profile().with_key(&key));
        let application = Arc::clone(application);
        Self { store, id, application, hands: Arc::new(Hands::at(now)), ids: Arc::default(), profile }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.hands.now()
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        self.hands.pass(time);
    }

    /// A client's operation on resources of a type, for example `User`.
    #[must_use]
    pub fn operation(&self, kind: &str) -> Operation {
        Operation {
            tenant: self.id,
            settings: Settings::default(),
            application: Arc::clone(&self.application),
            kind: Arc::clone(self.profile.by_id(kind).expect("a resource type of the application")),
            actor: "token:1".to_owned(),
            origin: Origin::Scim { connection: ConnectionName::default() },
            at: self.now(),
            tolerance: Arc::new(Tolerance::of(ClientKind::Entra)),
            ids: self.ids.clone(),
            precondition: Precondition::default(),
        }
    }

    /// A call of the application's own operations, by a token of this id.
    #[must_use]
    pub fn call(&self, token: &str) -> Call {
        Call {
            tenant: self.id,
            profile: Arc::clone(&self.profile),
            tenant_url: "https://scim.example.com/t/contoso/scim/v2".to_owned(),
            actor: format!("token:{token}"),
            at: self.now(),
            ids: self.ids.clone(),
            application: Arc::clone(&self.application),
            settings: Settings::default(),
        }
    }

    /// Creates a resource, or brings a user back.
    ///
    /// # Errors
    /// What the application's half refuses.
    pub fn create(&self, kind: &str, body: Value) -> Result<ResourceId, Error> {
        let operation = self.operation(kind);
        let draft = Draft::new(&operation.kind, body, &operation.tolerance)?;
        self.store.write_blocking(move |tx| Ok(resources::create(tx, &operation, &draft)?.id))
    }

    /// Changes a resource by the operations of a PATCH.
    ///
    /// # Errors
    /// What the application's half refuses.
    pub fn patch(&self, kind: &str, id: ResourceId, operations: &Value) -> Result<(), Error> {
        let operation = self.operation(kind);
        let body = json!({ "Operations": operations });
        let change = Modification::new(&operation.kind, &body, &operation.tolerance)?;
        self.store.write_blocking(move |tx| resources::patch(tx, &operation, id, &change).map(drop))
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// What the application's half refuses.
    pub fn delete(&self, kind: &str, id: ResourceId) -> Result<(), Error> {
        let operation = self.operation(kind);
        self.store.write_blocking(move |tx| resources::delete(tx, &operation, id))
    }

    /// Does something in a transaction.
    ///
    /// # Errors
    /// Its own.
    pub fn write<T: Send + 'static, E: From<store::Error> + Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>, TenantId) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let tenant = self.id;
        self.store.write_blocking(move |tx| run(tx, tenant))
    }

    /// Reads something that is there.
    ///
    /// # Panics
    /// If it can't be read.
    pub fn read<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>, TenantId) -> Result<T, store::Error> + Send + 'static,
    ) -> T {
        let tenant = self.id;
        self.store.read_blocking(move |tx| run(tx, tenant)).expect("what is there can be read")
    }
}
