//! The workplace of the office: what its tenant chooses, who sits where, what is booked, who is listed and counted.

use jiff::{SignedDuration, Timestamp};
use model::{ResourceId, TenantId};
use serde_json::json;
use store::Tx;
use testkit::TestStore;
use uuid::Uuid;
use workplace::location::NewLocation;
use workplace::occupant::{Listed, Part};
use workplace::policy::Policy;
use workplace::reservation::{self, Reservation, Wanted};
use workplace::space::{self, Floor, Kind};
use workplace::{
    AssignmentId, FloorId, LocationId, ReservationId, SpaceId, activity, assignment, location, occupant,
    policy,
};

use crate::office::Office;

/// All of a list.
pub const ALL: Part = Part { after: None, limit: 100 };

impl Office {
    /// What the tenant chooses.
    pub async fn choose(&self, seats: &str, reservations: &str) {
        let text = json!({ "matchBy": "city", "seats": seats, "reservations": reservations });
        let policy: Policy = serde_json::from_value(text).unwrap();
        self.write(move |tx, tenant| policy::set(tx, tenant, &policy)).await.unwrap();
    }

    /// Gives a user the seat, and books the room for it, `days` from now.
    pub async fn settle(&self, user: ResourceId, days: i64) {
        self.assign(self.seat, user).await.unwrap();
        self.book(user, days).await.unwrap();
    }

    /// Gives a user a seat.
    pub async fn assign(&self, seat: SpaceId, user: ResourceId) -> Result<bool, workplace::Error> {
        let (id, now) = (AssignmentId(Uuid::now_v7()), self.now());
        self.write(move |tx, tenant| assignment::assign(tx, tenant, id, (seat, user), now)).await
    }

    /// A further location.
    pub async fn build(&self, name: &'static str) -> LocationId {
        let id = LocationId(Uuid::now_v7());
        let new = NewLocation { name, aliases: &[], region: None };
        self.write(move |tx, tenant| location::create(tx, tenant, id, new)).await.unwrap();
        id
    }

    /// So many further seats, on a floor of their own.
    pub async fn furnish(&self, seats: usize) -> Vec<SpaceId> {
        let (location, floor) = (self.location, Floor { id: FloorId(Uuid::now_v7()), name: "2".to_owned() });
        let ids: Vec<SpaceId> = (0..seats).map(|_| SpaceId(Uuid::now_v7())).collect();
        let made = ids.clone();
        let furnish = self.write(move |tx, tenant| {
            space::create_floor(tx, tenant, location, &floor)?;
            for (number, id) in made.iter().enumerate() {
                space::create(tx, tenant, floor.id, *id, (Kind::Seat, &format!("2.{number}")))?;
            }
            Ok(())
        });
        furnish.await.unwrap_or_else(|e: workplace::Error| panic!("{e}"));
        ids
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
        let (location, part) = (self.location, ALL);
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
}

/// Omaha, with one seat and one room.
pub async fn furnished(store: &TestStore, tenant: TenantId) -> (LocationId, SpaceId, SpaceId) {
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
