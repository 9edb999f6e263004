//! Leases, with the clock as an argument.

use jiff::SignedDuration;
use store::lease;
use testkit::TestStore;

use crate::samples::{at, at_once, read, write};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn claim(store: &TestStore, holder: &'static str, now: i64) -> bool {
    write(store, move |tx| lease::claim(tx, "job", holder, at(now), MINUTE)).unwrap()
}

fn renew(store: &TestStore, holder: &'static str, now: i64) -> bool {
    write(store, move |tx| lease::renew(tx, "job", holder, at(now), MINUTE)).unwrap()
}

fn holder(store: &TestStore, now: i64) -> Option<String> {
    read(store, move |tx| lease::holder(tx, "job", at(now))).unwrap()
}

pub fn a_lease_is_held_by_one(store: &TestStore) {
    assert!(claim(store, "one", 0));
    assert!(!claim(store, "two", 0));
    assert!(claim(store, "one", 30), "its holder may extend it");
    assert!(!claim(store, "two", 61));
    assert_eq!(holder(store, 61).as_deref(), Some("one"));
    write(store, |tx| lease::release(tx, "job", "two")).unwrap();
    assert!(!claim(store, "two", 61), "nobody releases another's");
    write(store, |tx| lease::release(tx, "job", "one")).unwrap();
    assert!(claim(store, "two", 61));
    assert!(write(store, |tx| lease::claim(tx, "another", "one", at(61), MINUTE)).unwrap());
}

pub fn an_expired_lease_can_be_taken(store: &TestStore) {
    assert!(claim(store, "one", 0));
    assert!(!claim(store, "two", 59));
    assert_eq!(holder(store, 60), None);
    assert!(claim(store, "two", 60));
    assert!(!claim(store, "one", 61));
}

pub fn a_lost_lease_can_not_be_renewed(store: &TestStore) {
    assert!(!renew(store, "one", 0));
    assert!(claim(store, "one", 0));
    assert!(renew(store, "one", 50));
    assert!(!claim(store, "two", 100));
    assert!(claim(store, "two", 110));
    assert!(!renew(store, "one", 111));
    assert!(renew(store, "two", 111));
}

pub fn of_many_who_want_a_lease_one_gets_it(store: &TestStore) {
    let claims = at_once(16, |number| {
        write(store, move |tx| lease::claim(tx, "job", &format!("holder {number}"), at(0), MINUTE)).unwrap()
    });
    assert_eq!(claims.into_iter().filter(|claimed| *claimed).count(), 1);
}
