//! A company whose directory changes from day to day, and the application beside what it must be.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::ResourceId;
use testkit::Database;
use uuid::Uuid;
use workplace::{LocationId, PermissionGroupId, SpaceId, location, permission_group};

use crate::directory::Directory;
use crate::expected::{Expected, Keeps};
use crate::office::{Office, REQUESTS_OF_QUIET_CYCLE};

/// What the directory calls places: a location, one that gets this alias some day, and none.
pub const CITIES: [&str; 3] = ["Omaha", "LNK", "Atlantis"];
/// How many seats there are.
pub const SEATS: usize = 3;

/// What the engine asks of the application for each account of which there is news, at most.
const REQUESTS_OF_NEWS: u64 = 8;
/// What it asks besides, when there is any.
const REQUESTS_OF_BUSY_CYCLE: u64 = 12;

/// The name of the permission group whose members the group Facilities has.
pub const PLANNERS: &str = "Planners";

/// What happens on a day to a person, by number. What the directory's rules don't allow does not happen.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Somebody is hired in one of [`CITIES`], or hired again under a new account.
    Hire(u32, usize),
    /// Somebody marries: another name.
    Marry(u32),
    /// Somebody moves to another of [`CITIES`].
    Move(u32, usize),
    /// Something changes that nothing depends on.
    Title(u32),
    Enable(u32, bool),
    Assign(u32, bool),
    /// The last account is put into the recycle bin.
    Delete(u32),
    Restore(u32),
    /// Somebody joins the group Facilities, or leaves it.
    Join(u32, bool),
    /// By hand, in the application.
    Activate(u32, bool),
    /// Somebody gets a seat.
    Seat(u32, usize),
    /// Somebody books the room, so many days ahead.
    Book(u32, i64),
    /// Somebody tells the application what the directory calls Lincoln.
    Alias,
}

/// The directory, the office, and what the office must hold.
pub struct Firm {
    pub office: Office,
    pub directory: Directory,
    pub expected: Expected,
    pub today: i64,
    began: Timestamp,
    seats: Vec<SpaceId>,
    lincoln: LocationId,
    pub has_alias: bool,
    /// The account that each person had last, and the name it has.
    people: BTreeMap<u32, (u32, String)>,
    marriages: u32,
    /// How many were active at the end of each day.
    bills: Vec<i64>,
}

impl Firm {
    pub async fn on(database: Database, keeps: Keeps) -> Self {
        let office = Office::on(database).await;
        let named = |keeps: bool, otherwise: &'static str| if keeps { "keep" } else { otherwise };
        office.choose(named(keeps.seats, "release"), named(keeps.reservations, "cancel")).await;
        let seats = office.furnish(SEATS).await;
        let lincoln = office.build("Lincoln").await;
        let began = office.now();
        let mut firm = Self {
            office,
            directory: Directory::default(),
            expected: Expected::new(keeps),
            today: 0,
            began,
            seats,
            lincoln,
            has_alias: false,
            people: BTreeMap::new(),
            marriages: 0,
            bills: Vec::new(),
        };
        firm.begin().await;
        firm
    }

    /// The first cycle brings the group, which feeds a permission group from then on.
    async fn begin(&mut self) {
        // An empty directory would be taken for a failed export.
        self.directory.hire("head", CITIES[0]);
        self.cycle().await;
        let groups = self.office.scim("GET", "/Groups", None).await;
        let group: ResourceId = groups["Resources"][0]["id"].as_str().unwrap().parse().unwrap();
        let id = PermissionGroupId(Uuid::now_v7());
        let feed = self.office.write(move |tx, tenant| {
            permission_group::create(tx, tenant, id, PLANNERS)?;
            permission_group::feed(tx, tenant, id, group)
        });
        feed.await.unwrap();
        self.check().await;
    }

    /// Lets days pass on which nothing happens.
    pub async fn days(&mut self, count: i64) {
        for _ in 0..count {
            self.day(&[]).await;
        }
    }

    /// Lets a day pass on which something happens.
    pub async fn day(&mut self, edits: &[Edit]) {
        self.today += 1;
        self.office.pass(1).await;
        self.directory.age(self.today);
        for edit in edits {
            self.edit(edit).await;
        }
        self.cycle().await;
        self.check().await;
    }

    async fn cycle(&mut self) {
        self.directory.write(self.office.folder.path());
        let news = self.expected.cycle(&self.directory, self.today);
        self.office.requests();
        let counts = self.office.watched_cycle().await;
        let requests = self.office.requests();
        let most = match news {
            0 => REQUESTS_OF_QUIET_CYCLE,
            news => REQUESTS_OF_BUSY_CYCLE + REQUESTS_OF_NEWS * news,
        };
        assert!(requests <= most, "day {}: {requests} requests for {news} news", self.today);
        assert_eq!((counts.escrowed, self.office.escrowed().await), (0, 0), "day {}: {counts:?}", self.today);
        assert!(news > 0 || counts.written() + counts.references == 0, "day {}: {counts:?}", self.today);
    }

    async fn edit(&mut self, edit: &Edit) {
        match *edit {
            Edit::Hire(who, city) => self.hire(who, CITIES[city]),
            Edit::Marry(who) => self.marry(who),
            Edit::Move(who, city) => self.change(who, |account| account.city = CITIES[city]),
            Edit::Title(who) => self.change(who, |account| account.title += 1),
            Edit::Enable(who, on) => self.change(who, |account| account.enabled = on),
            Edit::Assign(who, on) => self.change(who, |account| account.assigned = on),
            Edit::Delete(who) => {
                let today = self.today;
                self.change(who, |account| account.deleted = Some(today));
            }
            Edit::Restore(who) => {
                if let Some(id) = self.account(who) {
                    self.directory.restore(id);
                }
            }
            Edit::Join(who, on) => self.join(who, on),
            Edit::Activate(who, on) => self.activate(who, on).await,
            Edit::Seat(who, seat) => self.seat(who, seat).await,
            Edit::Book(who, ahead) => self.book(who, self.today + ahead).await,
            Edit::Alias => self.name_lincoln().await,
        }
    }

    fn hire(&mut self, who: u32, city: &'static str) {
        let known = self.people.get(&who).map(|(_, name)| name.clone());
        let name = known.unwrap_or_else(|| format!("person{who}"));
        if let Some(id) = self.directory.hire(&name, city) {
            self.people.insert(who, (id, name));
        }
    }

    fn marry(&mut self, who: u32) {
        let Some(id) = self.account(who) else { return };
        let Some(account) = self.directory.present(id) else { return };
        self.marriages += 1;
        account.name = format!("person{who}-{}", self.marriages);
        self.people.insert(who, (id, account.name.clone()));
    }

    fn join(&mut self, who: u32, on: bool) {
        let Some(id) = self.account(who) else { return };
        if self.directory.present(id).is_none() {
            return;
        }
        if on {
            self.directory.members.insert(id)
        } else {
            self.directory.members.remove(&id)
        };
    }

    fn account(&self, who: u32) -> Option<u32> {
        self.people.get(&who).map(|(id, _)| *id)
    }

    fn change(&mut self, who: u32, change: impl FnOnce(&mut crate::directory::Account)) {
        if let Some(account) = self.account(who).and_then(|id| self.directory.present(id)) {
            change(account);
        }
    }

    /// The user that somebody has in the application, and its place in what is expected.
    pub fn user(&self, who: u32) -> Option<(usize, ResourceId)> {
        let (_, name) = self.people.get(&who)?;
        let index = self.expected.called(name)?;
        Some((index, self.expected.users[index].id?))
    }

    async fn activate(&mut self, who: u32, on: bool) {
        let Some((index, id)) = self.user(who) else { return };
        self.office.set_active(id, on).await;
        if on {
            self.expected.users[index].active = true
        } else {
            self.expected.deactivate(index, self.today)
        }
    }

    async fn seat(&mut self, who: u32, seat: usize) {
        let Some((index, id)) = self.user(who) else { return };
        let can = self.office.assign(self.seats[seat], id).await.is_ok();
        assert_eq!(can, self.expected.seat(index, seat), "day {}: seat {seat} for {who}", self.today);
    }

    async fn book(&mut self, who: u32, day: i64) {
        let Some((index, id)) = self.user(who) else { return };
        let can = self.office.book(id, day - self.today).await.is_ok();
        assert_eq!(can, self.expected.book(index, day), "day {}: the room for {who}", self.today);
    }

    async fn name_lincoln(&mut self) {
        let lincoln = self.lincoln;
        if !self.has_alias {
            let add =
                self.office.write(move |tx, tenant| location::add_alias(tx, tenant, lincoln, CITIES[1]));
            add.await.unwrap();
        }
        self.has_alias = true;
    }

    /// The day of an instant, as days are counted here.
    pub fn day_of(&self, at: Timestamp) -> i64 {
        self.began.duration_until(at).as_hours() / 24
    }

    /// The number of a seat.
    pub fn seat_number(&self, seat: SpaceId) -> usize {
        self.seats.iter().position(|one| *one == seat).unwrap()
    }

    /// Notes how many are active today.
    pub fn bill(&mut self, active: i64) {
        self.bills.push(active);
    }

    /// Every day that was is paid for as it was then.
    pub async fn check_bills(&self) {
        for (day, active) in (0..).zip(&self.bills) {
            let at = self.began + SignedDuration::from_hours(24 * day);
            assert_eq!(self.office.active_at(at).await, *active, "on day {day}");
        }
    }
}
