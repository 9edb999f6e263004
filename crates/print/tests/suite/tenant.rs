//! A tenant of the print application, for one test.

use std::ops::Deref;
use std::sync::Arc;

use application::api::{Arguments, Reply};
use application::resources::{Error, Operation};
use application::{Application, USER};
use model::ResourceId;
use print::owner::Owner;
use print::unresolved::Unresolved;
use print::{PRINT_USER_URN, Print, TABLES, card, limits, owner, pin, unresolved};
use serde_json::{Value, json};
use store::Tx;

/// A tenant and its clock.
pub struct Tenant(testkit::Tenant);

impl Deref for Tenant {
    type Target = testkit::Tenant;

    fn deref(&self) -> &testkit::Tenant {
        &self.0
    }
}

impl Tenant {
    pub fn on_both_engines() -> [Self; 2] {
        let application: Arc<dyn Application> = Arc::new(Print::default());
        let now = "2026-11-22T08:00:00Z".parse().unwrap();
        testkit::Tenant::both(&application, TABLES, now).map(Self)
    }

    /// Does something as an operation on users.
    pub fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>, &Operation) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let operation = self.operation(USER);
        self.store.write_blocking(move |tx| run(tx, &operation))
    }

    /// Creates an active user with these print attributes.
    pub fn hire(&self, name: &str, print: Value) -> ResourceId {
        self.create(json!({ "userName": name, "active": true, PRINT_USER_URN: print })).unwrap()
    }

    pub fn create(&self, body: Value) -> Result<ResourceId, Error> {
        self.0.create(USER, body)
    }

    pub fn set(&self, user: ResourceId, path: &str, value: Value) {
        self.patch(USER, user, &json!([{ "op": "Replace", "path": path, "value": value }])).unwrap();
    }

    pub fn leave(&self, user: ResourceId) {
        self.delete(USER, user).unwrap();
    }

    /// Lets the time pass in which somebody who was deleted can come back.
    pub fn purged(&self, user: ResourceId) {
        let application = Arc::clone(&self.application);
        self.0.write(move |tx, tenant| application.purged(tx, tenant, &[user])).unwrap();
    }

    /// Asks whose something is, as a token of the backend does.
    pub fn resolve(&self, token: &str, asked: Value) -> Result<Value, u16> {
        let (call, arguments) = (self.call(token), Arguments { parameters: Vec::new(), body: asked });
        let answer = self.store.write_blocking(move |tx| {
            let operations = call.application.operations();
            let resolve = operations.iter().find(|one| one.id == "resolveOwner").unwrap();
            resolve.run(tx, &call, &arguments)
        });
        answer.map(|Reply { body, .. }| body["owner"]["userName"].clone()).map_err(status)
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
        let (application, now) = (Arc::clone(&self.application), self.now());
        self.0.write(move |tx, tenant| application.forget(tx, tenant, now)).unwrap();
    }
}

/// The status of a refusal.
pub fn status(error: Error) -> u16 {
    match error {
        Error::Refused(refusal) => refusal.status,
        Error::Store(error) => panic!("{error}"),
    }
}
