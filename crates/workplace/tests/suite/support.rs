//! A tenant of the workplace application on a store, and what its administrators and its directory do.

use std::ops::Deref;
use std::sync::Arc;

use application::api::Arguments;
use application::{Application, USER, resources};
use jiff::{SignedDuration, Timestamp};
use model::ResourceId;
use serde_json::{Value, json};
use store::Tx;
use uuid::Uuid;
use workplace::location::{Location, NewLocation};
use workplace::occupant::{Occupant, Part};
use workplace::policy::Policy;
use workplace::reservation::{Reservation, Wanted};
use workplace::space::{Floor, Kind};
use workplace::{
    AssignmentId, Error, FloorId, LocationId, ReservationId, SpaceId, TABLES, Workplace, activity,
    assignment, location, occupant, policy, reservation, space,
};

/// All of a list.
pub const ALL: Part = Part { after: None, limit: 100 };

/// A tenant of the workplace application.
pub struct Tenant(testkit::Tenant);

impl Deref for Tenant {
    type Target = testkit::Tenant;

    fn deref(&self) -> &testkit::Tenant {
        &self.0
    }
}

impl Tenant {
    pub fn on_both_engines() -> [Self; 2] {
        let application: Arc<dyn Application> = Arc::new(Workplace::default());
        let now = "2026-03-02T08:00:00Z".parse().unwrap();
        testkit::Tenant::both(&application, TABLES, now).map(Self)
    }

    /// Lets days pass.
    pub fn pass(&self, days: i64) {
        self.0.pass(SignedDuration::from_hours(24 * days));
    }

    /// So many hours from now.
    pub fn at(&self, hours: i64) -> Timestamp {
        self.now() + SignedDuration::from_hours(hours)
    }

    pub fn hire(&self, name: &str, locality: &str) -> ResourceId {
        self.create(USER, hired(name, locality))
    }

    /// Creates a resource, or brings a user back.
    pub fn create(&self, kind: &str, body: Value) -> ResourceId {
        self.0.create(kind, body).unwrap()
    }

    pub fn patch(&self, user: ResourceId, operations: &Value) {
        self.0.patch(USER, user, operations).unwrap();
    }

    pub fn leave(&self, user: ResourceId) {
        self.leave_as(USER, user);
    }

    /// Deletes a resource of a type.
    pub fn leave_as(&self, kind: &str, id: ResourceId) {
        self.delete(kind, id).unwrap();
    }

    pub fn build(&self, name: &'static str, aliases: &'static [&'static str]) -> Result<LocationId, Error> {
        let id = LocationId(Uuid::now_v7());
        let new = NewLocation { name, aliases, region: None };
        self.write(move |tx, tenant| location::create(tx, tenant, id, new))?;
        Ok(id)
    }

    pub fn alias(&self, id: LocationId, alias: &'static str) -> Result<(), Error> {
        self.write(move |tx, tenant| location::add_alias(tx, tenant, id, alias))
    }

    pub fn counts(&self) -> Vec<(String, i64)> {
        let all = self.read(location::list).into_iter();
        all.map(|Location { name, occupants, .. }| (name, occupants)).collect()
    }

    pub fn waiting(&self) -> Vec<(String, Option<String>)> {
        let all = self.read(|tx, tenant| occupant::unmatched(tx, tenant, ALL)).into_iter();
        all.map(|Occupant { display, locality, .. }| (display, locality)).collect()
    }

    pub fn location_of(&self, user: ResourceId) -> Option<String> {
        self.read(move |tx, tenant| occupant::get(tx, tenant, user)).unwrap().location
    }

    /// Sets a user active or inactive.
    pub fn set_active(&self, user: ResourceId, active: bool) {
        self.patch(user, &json!([{ "op": "replace", "path": "active", "value": active }]));
    }

    pub fn choose(&self, text: Value) {
        self.try_to_choose(text).unwrap();
    }

    /// What is chosen, if it can be.
    pub fn try_to_choose(&self, text: Value) -> Result<Policy, Error> {
        let policy: Policy = serde_json::from_value(text).unwrap();
        self.write(move |tx, tenant| policy::set(tx, tenant, &policy))
    }

    /// What an operation without a body answers, as the application's backend calls it.
    pub fn ask(&self, id: &'static str, parameters: &[(&str, String)]) -> Result<Value, resources::Error> {
        let call = self.call("1");
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let arguments = Arguments { parameters, body: Value::Null };
        self.write(move |tx, _| {
            let all = Workplace::default().operations();
            let operation = all.iter().find(|operation| operation.id == id).unwrap();
            Ok(operation.run(tx, &call, &arguments)?.body)
        })
    }

    /// A floor of a location with these seats and rooms.
    pub fn furnish(&self, location: LocationId, spaces: &[(Kind, &'static str)]) -> Vec<SpaceId> {
        let floor = Floor { id: FloorId(Uuid::now_v7()), name: "Ground floor".to_owned() };
        let spaces: Vec<_> = spaces.iter().map(|told| (SpaceId(Uuid::now_v7()), *told)).collect();
        let ids = spaces.iter().map(|(id, _)| *id).collect();
        self.write(move |tx, tenant| {
            space::create_floor(tx, tenant, location, &floor)?;
            spaces.iter().try_for_each(|(id, told)| space::create(tx, tenant, floor.id, *id, *told))
        })
        .unwrap();
        ids
    }

    pub fn assign(&self, seat: SpaceId, user: ResourceId) -> Result<(), Error> {
        let (id, now) = (AssignmentId(Uuid::now_v7()), self.now());
        self.write(move |tx, tenant| assignment::assign(tx, tenant, id, (seat, user), now)).map(drop)
    }

    pub fn seats(&self, user: ResourceId) -> Vec<SpaceId> {
        self.read(move |tx, tenant| assignment::current(tx, tenant, user))
    }

    /// Why each seat of a user ended, the latest first.
    pub fn seat_history(&self, user: ResourceId) -> Vec<Option<String>> {
        let all = self.read(move |tx, tenant| assignment::history(tx, tenant, user, 100));
        all.into_iter().map(|one| one.ended_by).collect()
    }

    /// Books from one hour from now to another.
    pub fn book(&self, space: SpaceId, user: ResourceId, hours: (i64, i64)) -> Result<ReservationId, Error> {
        self.book_by(space, user, user, hours)
    }

    pub fn book_by(
        &self,
        space: SpaceId,
        user: ResourceId,
        booked_by: ResourceId,
        (from, to): (i64, i64),
    ) -> Result<ReservationId, Error> {
        let id = ReservationId(Uuid::now_v7());
        let (starts, ends, now) = (self.at(from), self.at(to), self.now());
        let new =
            Reservation { id, space, user, booked_by, starts, ends, cancelled: None, cancelled_by: None };
        self.write(move |tx, tenant| reservation::book(tx, tenant, &new, now))?;
        Ok(id)
    }

    /// What is booked for a user and not over, and why not any more: the first first.
    pub fn booked(&self, user: ResourceId) -> Vec<(ReservationId, Option<String>)> {
        let (from, to) = (self.now(), self.at(24 * 500));
        let wanted = Wanted { space: None, user: Some(user), from, to, cancelled: true, limit: 100 };
        let all = self.read(move |tx, tenant| reservation::list(tx, tenant, &wanted));
        all.into_iter().map(|one| (one.id, one.cancelled_by)).collect()
    }

    /// How many were active at the end of a day.
    pub fn active_on(&self, day: &str) -> Result<i64, Error> {
        let (day, now) = (day.parse().unwrap(), self.now());
        self.write(move |tx, tenant| activity::count(tx, tenant, day, now))
    }

    /// Forgets what is too old.
    pub fn forget(&self) {
        let now = self.now();
        self.write(move |tx: &mut Tx<'_>, tenant| Workplace::default().forget(tx, tenant, now)).unwrap();
    }

    /// Forgets these users for good.
    pub fn purge(&self, user: ResourceId) {
        let purge = move |tx: &mut Tx<'_>, tenant| Workplace::default().purged(tx, tenant, &[user]);
        self.write(purge).unwrap();
    }
}

/// A new user's document.
pub fn hired(name: &str, locality: &str) -> Value {
    json!({ "userName": name, "active": true, "addresses": [{ "type": "work", "locality": locality }] })
}
