//! A tenant of the print application, for one test.

use std::sync::{Arc, Mutex};

use application::resources::{self, Draft, Error, Modification, Operation, Precondition};
use application::{Application, Profile, USER};
use jiff::{SignedDuration, Timestamp};
use model::attribute_key::AttributeKey;
use model::resource::Origin;
use model::settings::Settings;
use model::token::DigestKey;
use model::{ResourceId, TenantId};
use print::owner::Owner;
use print::unresolved::Unresolved;
use print::{PRINT_USER_URN, Print, TABLES, card, limits, owner, pin, unresolved};
use scim::quirks::{ClientKind, Tolerance};
use serde_json::{Value, json};
use store::Tx;
use testkit::{Database, Numbers, TestStore};
use uuid::Uuid;

/// A tenant and its clock.
pub struct Tenant {
    pub store: TestStore,
    pub id: TenantId,
    application: Arc<Print>,
    profile: Profile,
    now: Mutex<Timestamp>,
    ids: Arc<Numbers>,
}

impl Tenant {
    pub fn on_both_engines() -> [Self; 2] {
        [Database::sqlite(), Database::postgres()].map(|database| {
            let store = TestStore::open(database, &[TABLES]);
            let id = TenantId(Uuid::now_v7());
            let tenant = model::tenant::Tenant {
                id,
                name: "contoso".parse().unwrap(),
                application: model::tenant::Application::Print,
                created: Timestamp::UNIX_EPOCH,
                settings: Settings::default(),
                schema_version: 0,
            };
            store.write_blocking(move |tx| store::tenant::create(tx, &tenant)).unwrap();
            let application = Arc::new(Print::default());
            let profile = application.profile().with_key(&AttributeKey::new(&DigestKey::new([7; 32]), id));
            let now = Mutex::new("2026-11-22T08:00:00Z".parse().unwrap());
            Self { store, id, application, profile, now, ids: Arc::default() }
        })
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        *self.now.lock().unwrap() += time;
    }

    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    pub fn operation(&self) -> Operation {
        Operation {
            tenant: self.id,
            settings: Settings::default(),
            application: self.application.clone(),
            kind: Arc::clone(self.profile.by_id(USER).unwrap()),
            actor: "cli".into(),
            origin: Origin::Administrator,
            at: self.now(),
            tolerance: Arc::new(Tolerance::of(ClientKind::Entra)),
            ids: self.ids.clone(),
            precondition: Precondition::default(),
        }
    }

    /// Does something as an operation on users.
    pub fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>, &Operation) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let operation = self.operation();
        self.store.write_blocking(move |tx| run(tx, &operation))
    }

    /// Creates an active user with these print attributes.
    pub fn hire(&self, name: &str, print: Value) -> ResourceId {
        self.create(json!({ "userName": name, "active": true, PRINT_USER_URN: print })).unwrap()
    }

    pub fn create(&self, body: Value) -> Result<ResourceId, Error> {
        let operation = self.operation();
        let draft = Draft::new(&operation.kind, body, &operation.tolerance)?;
        self.write(move |tx, on| Ok(resources::create(tx, on, &draft)?.id))
    }

    pub fn set(&self, user: ResourceId, path: &str, value: Value) {
        let body = json!({ "Operations": [{ "op": "Replace", "path": path, "value": value }] });
        let operation = self.operation();
        let change = Modification::new(&operation.kind, &body, &operation.tolerance).unwrap();
        self.write(move |tx, on| resources::patch(tx, on, user, &change)).unwrap();
    }

    pub fn leave(&self, user: ResourceId) {
        self.write(move |tx, on| resources::delete(tx, on, user)).unwrap();
    }

    pub fn by_name(&self, name: &'static str) -> Option<Owner> {
        self.write(move |tx, on| Ok(owner::by_name(tx, on, name)?)).unwrap()
    }

    pub fn by_card(&self, number: &'static str) -> Option<ResourceId> {
        self.write(move |tx, on| Ok(owner::by_card(tx, on, number)?)).unwrap().map(|owner| owner.user)
    }

    /// Whether it is somebody's PIN, or what the refusal's status is.
    pub fn pin(&self, name: &'static str, given: &'static str) -> Result<bool, u16> {
        let checked = self.write(move |tx, on| {
            let owner = owner::by_name(tx, on, name)?.unwrap();
            pin::is_of(tx, on, &owner, given)
        });
        checked.map_err(status)
    }

    pub fn swap(&self, user: ResourceId, number: &'static str) -> Result<(), Error> {
        self.write(move |tx, on| card::swap(tx, on, user, number))
    }

    pub fn register(&self, code: &'static str, number: &'static str) -> Result<Option<ResourceId>, Error> {
        self.write(move |tx, on| card::register(tx, on, code, number))
    }

    /// Asks for a name in vain.
    pub fn miss(&self, name: &str) {
        let name = name.to_owned();
        self.write(move |tx, on| Ok(unresolved::note_name(tx, on, &name)?)).unwrap();
    }

    pub fn unresolved(&self) -> Vec<Unresolved> {
        self.write(move |tx, on| Ok(unresolved::list(tx, on.tenant, on.at, limits::MAX_UNRESOLVED)?)).unwrap()
    }

    /// How many rows a table has.
    pub fn rows(&self, sql: &'static str) -> i64 {
        self.store.read_blocking(move |tx| tx.query_one(sql, &[], |row| row.get::<i64>(0))).unwrap()
    }

    /// What is done now and then.
    pub fn tidy(&self) {
        let (application, tenant, now) = (Arc::clone(&self.application), self.id, self.now());
        self.store.write_blocking(move |tx| application.forget(tx, tenant, now)).unwrap();
    }
}

/// The status of a refusal.
pub fn status(error: Error) -> u16 {
    match error {
        Error::Refused(refusal) => refusal.status,
        Error::Store(error) => panic!("{error}"),
    }
}
