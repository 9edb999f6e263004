//! What the application must hold after each day, thought out from what people want and not from how it is done: the
//! directory decides who works here, by the latest it says; the tenant's policy decides what a leaver keeps; who comes back
//! within the retention is who they were.

use std::collections::{BTreeMap, BTreeSet};

use model::ResourceId;

use crate::directory::{Account, Directory};

/// For how many days a deleted user can come back.
const RETENTION_DAYS: i64 = 30;

/// A user of the application.
#[derive(Clone, Debug)]
pub struct User {
    /// As the application told when the user was new.
    pub id: Option<ResourceId>,
    pub name: String,
    pub city: &'static str,
    pub active: bool,
    /// The day on which the user was deleted.
    pub deleted: Option<i64>,
    /// Seats that the user has, or had when deleted.
    pub seats: BTreeSet<usize>,
    /// Days for which the user has the room, or had it when deleted.
    pub booked: BTreeSet<i64>,
}

/// Whose account a user is.
#[derive(Clone, Copy, Debug)]
struct Link {
    user: usize,
    /// The account was unassigned: since then nothing that happens to it matters, until it is assigned.
    left_alone: bool,
}

/// What a tenant lets a deactivated user keep.
#[derive(Clone, Copy, Debug)]
pub struct Keeps {
    pub seats: bool,
    pub reservations: bool,
}

/// The application as it must be.
#[derive(Debug)]
pub struct Expected {
    pub users: Vec<User>,
    pub keeps: Keeps,
    links: BTreeMap<u32, Link>,
    /// What the directory said last of each account, and whether it was assigned.
    said: BTreeMap<u32, (Account, bool)>,
    /// The members of the group as it said last.
    listed: BTreeSet<u32>,
}

impl Expected {
    pub fn new(keeps: Keeps) -> Self {
        Self {
            users: Vec::new(),
            keeps,
            links: BTreeMap::new(),
            said: BTreeMap::new(),
            listed: BTreeSet::new(),
        }
    }

    /// Those who are there, active or not.
    pub fn there(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|user| user.deleted.is_none())
    }

    /// Those who are there and active.
    pub fn active(&self) -> impl Iterator<Item = &User> {
        self.there().filter(|user| user.active)
    }

    /// Whose account is a member of the group, by name.
    pub fn members(&self, directory: &Directory) -> BTreeSet<&str> {
        let members = directory.listed_members();
        let linked = self.links.iter().filter(|(id, _)| members.contains(id));
        linked.filter_map(|(_, link)| self.users.get(link.user)).map(|user| user.name.as_str()).collect()
    }

    /// A cycle on a day. Answers of how many accounts and memberships there was news.
    pub fn cycle(&mut self, directory: &Directory, today: i64) -> u64 {
        let now: BTreeMap<u32, (Account, bool)> = directory
            .accounts
            .iter()
            .map(|(id, account)| (*id, (account.clone(), directory.is_assigned(*id))))
            .collect();
        let news: Vec<u32> =
            now.iter().filter(|(id, said)| self.said.get(id) != Some(said)).map(|(id, _)| *id).collect();
        let gone: Vec<u32> = self.said.keys().filter(|id| !now.contains_key(id)).copied().collect();
        let (wanted, others): (Vec<u32>, Vec<u32>) = news.iter().partition(|id| directory.is_wanted(**id));
        self.said = now;
        for id in &wanted {
            self.provision(*id, today);
        }
        for id in &others {
            self.disable(*id, today);
        }
        for id in &gone {
            self.delete(*id, today);
        }
        let listed = directory.listed_members();
        let joined_or_left = listed.symmetric_difference(&self.listed).count();
        self.listed = listed;
        (news.len() + gone.len() + joined_or_left) as u64
    }

    /// Whoever is wanted is there and active: the user of the account, else one of the name, else a new one.
    fn provision(&mut self, id: u32, today: i64) {
        let Some((account, _)) = self.said.get(&id).cloned() else { return };
        let linked = self.links.get(&id).map(|link| link.user);
        let found = linked.or_else(|| self.called(&account.name));
        let index = found.or_else(|| self.bring_back(&account.name, today)).unwrap_or(self.users.len());
        if index == self.users.len() {
            self.users.push(User {
                id: None,
                name: account.name.clone(),
                city: account.city,
                active: true,
                deleted: None,
                seats: BTreeSet::new(),
                booked: BTreeSet::new(),
            });
        }
        // Whose it was, in the recycle bin, has it no more.
        self.links.retain(|other, link| *other == id || link.user != index);
        self.links.insert(id, Link { user: index, left_alone: false });
        self.bring_in_line(index, &account);
        self.users[index].active = true;
    }

    fn disable(&mut self, id: u32, today: i64) {
        let Some((account, assigned)) = self.said.get(&id).cloned() else { return };
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.left_alone) else { return };
        let index = link.user;
        if assigned || account.deleted.is_some() {
            self.bring_in_line(index, &account);
        } else {
            link.left_alone = true;
        }
        self.deactivate(index, today);
    }

    fn delete(&mut self, id: u32, today: i64) {
        let Some(Link { user, left_alone: false }) = self.links.remove(&id) else { return };
        self.users[user].deleted = Some(today);
    }

    /// The user is as the directory says; but a leaver does not get a name that somebody has.
    fn bring_in_line(&mut self, index: usize, account: &Account) {
        let is_taken = self.called(&account.name).is_some_and(|other| other != index);
        let user = &mut self.users[index];
        if !is_taken {
            user.name.clone_from(&account.name);
        }
        user.city = account.city;
    }

    pub fn called(&self, name: &str) -> Option<usize> {
        self.users.iter().position(|user| user.deleted.is_none() && user.name == name)
    }

    /// Brings a deleted user back, with what is still free of what it had.
    fn bring_back(&mut self, name: &str, today: i64) -> Option<usize> {
        let retained = |day: i64| today - day <= RETENTION_DAYS;
        let can = |user: &User| user.name == name && user.deleted.is_some_and(retained);
        let those = self.users.iter().enumerate().filter(|(_, user)| can(user));
        let (index, _) = those.max_by_key(|(_, user)| user.deleted)?;
        let (seats, booked): (BTreeSet<usize>, BTreeSet<i64>) = {
            let others = || self.there();
            let user = &self.users[index];
            let seats = user.seats.iter().filter(|seat| !others().any(|other| other.seats.contains(seat)));
            let booked = user.booked.iter().filter(|day| !others().any(|other| other.booked.contains(day)));
            (seats.copied().collect(), booked.filter(|day| **day >= today).copied().collect())
        };
        let user = &mut self.users[index];
        user.deleted = None;
        user.seats = seats;
        user.booked = booked;
        Some(index)
    }

    /// Somebody is inactive from now on.
    pub fn deactivate(&mut self, index: usize, today: i64) {
        let Keeps { seats, reservations } = self.keeps;
        let user = &mut self.users[index];
        if !user.active {
            return;
        }
        user.active = false;
        if !seats {
            user.seats.clear();
        }
        if !reservations {
            user.booked.retain(|day| *day < today);
        }
    }

    /// Whether somebody can have a seat, who has it then.
    pub fn seat(&mut self, index: usize, seat: usize) -> bool {
        let is_taken =
            self.there().any(|other| other.seats.contains(&seat) && other.name != self.users[index].name);
        let user = &mut self.users[index];
        let can = user.active && !is_taken;
        can.then(|| user.seats.insert(seat));
        can
    }

    /// Whether somebody can have the room on a day, who has it then.
    pub fn book(&mut self, index: usize, day: i64) -> bool {
        let is_taken = self.there().any(|other| other.booked.contains(&day));
        let user = &mut self.users[index];
        let can = user.active && !is_taken;
        can.then(|| user.booked.insert(day));
        can
    }
}
