//! The application beside what it must be.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::{ResourceId, TenantId};
use store::Tx;
use workplace::reservation::{self, Wanted};
use workplace::{SpaceId, assignment, location, occupant, permission_group};

use crate::desks::ALL;
use crate::expected::User;
use crate::firm::{CITIES, Firm, PLANNERS};

/// What the workplace has of a user.
struct Held {
    seats: Vec<SpaceId>,
    booked: Vec<Timestamp>,
    location: Option<String>,
    permissions: Vec<String>,
}

impl Firm {
    /// Asserts that the application is what it must be.
    pub async fn check(&mut self) {
        self.check_users().await;
        for user in self.expected.there() {
            self.check_user(user).await;
        }
        self.check_locations().await;
        let active = self.expected.active().count() as i64;
        assert_eq!(self.office.active().await, active, "day {}: active users", self.today);
        self.bill(active);
    }

    /// There are these users and no others, each the one it was.
    async fn check_users(&mut self) {
        let answer = self.office.scim("GET", "/Users?count=200", None).await;
        let all = answer["Resources"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let found: BTreeMap<String, bool> =
            all.clone().map(|one| (text(&one["userName"]), one["active"].as_bool().unwrap())).collect();
        let name = |user: &User| format!("{}@contoso.com", user.name);
        let expected: BTreeMap<String, bool> =
            self.expected.there().map(|user| (name(user), user.active)).collect();
        assert_eq!(found, expected, "day {}", self.today);
        assert_eq!(all.len(), expected.len(), "day {}: a name has one user", self.today);
        let ids: BTreeMap<String, ResourceId> =
            all.map(|one| (text(&one["userName"]), text(&one["id"]).parse().unwrap())).collect();
        for user in self.expected.users.iter_mut().filter(|user| user.deleted.is_none()) {
            let id = ids[&name(user)];
            assert_eq!(*user.id.get_or_insert(id), id, "day {}: {} is who they were", self.today, user.name);
        }
    }

    async fn check_user(&self, user: &User) {
        let (id, now) = (user.id.unwrap(), self.office.now());
        let held = self.office.write(move |tx, tenant| held(tx, tenant, id, now)).await.unwrap();
        let told = format!("day {}: {}", self.today, user.name);
        let seats: BTreeSet<usize> = held.seats.into_iter().map(|seat| self.seat_number(seat)).collect();
        assert_eq!(seats, user.seats, "{told}");
        let booked: BTreeSet<i64> = held.booked.into_iter().map(|at| self.day_of(at)).collect();
        let expected: BTreeSet<i64> = user.booked.iter().copied().filter(|day| *day >= self.today).collect();
        assert_eq!(booked, expected, "{told}");
        if user.active {
            assert_eq!(held.location.as_deref(), self.location_of(user), "{told}");
            let is_planner = self.expected.members(&self.directory).contains(user.name.as_str());
            assert_eq!(held.permissions, if is_planner { vec![PLANNERS] } else { vec![] }, "{told}");
        }
    }

    /// Those who are active are counted where they are, and the others wait.
    async fn check_locations(&self) {
        let listed = self.office.write(|tx, tenant| {
            let waiting = occupant::unmatched(tx, tenant, ALL)?.len();
            let all = location::list(tx, tenant)?.into_iter();
            Ok::<_, workplace::Error>((
                all.map(|one| (one.name, one.occupants)).collect::<BTreeMap<_, _>>(),
                waiting,
            ))
        });
        let (counts, waiting) = listed.await.unwrap();
        let at = |place: Option<&str>| {
            self.expected.active().filter(|user| self.location_of(user) == place).count()
        };
        for (name, count) in counts {
            assert_eq!(count, at(Some(&name)) as i64, "day {}: {name}", self.today);
        }
        assert_eq!(waiting, at(None), "day {}: waiting", self.today);
    }

    fn location_of(&self, user: &User) -> Option<&'static str> {
        match user.city {
            city if city == CITIES[0] => Some(CITIES[0]),
            city if city == CITIES[1] => self.has_alias.then_some("Lincoln"),
            _ => None,
        }
    }
}

fn held(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: ResourceId,
    now: Timestamp,
) -> Result<Held, workplace::Error> {
    let wanted =
        Wanted { space: None, user: Some(user), from: now, to: Timestamp::MAX, cancelled: false, limit: 100 };
    Ok(Held {
        seats: assignment::current(tx, tenant, user)?,
        booked: reservation::list(tx, tenant, &wanted)?.into_iter().map(|one| one.starts).collect(),
        location: occupant::get(tx, tenant, user)?.and_then(|one| one.location),
        permissions: permission_group::of_user(tx, tenant, user)?,
    })
}
