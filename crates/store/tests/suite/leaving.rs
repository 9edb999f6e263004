//! Aliases, tombstones, brakes and refusals.

use model::brake::{Brake, BrakeState};
use model::refusal::{Refusal, Refused};
use model::resource::Origin;
use model::{ResourceId, TenantId};
use serde_json::json;
use store::attr::{self, AttributeRow};
use store::brake::{self, Removals};
use store::namesake::{self, Namesake, USER_NAME};
use store::{Error, Tx, refusal, resource, tombstone};
use testkit::TestStore;

use crate::samples;
use crate::samples::{at, at_once, read, write};

fn name(value: &str) -> AttributeRow {
    AttributeRow::new(USER_NAME, value, true)
}

fn external(value: &str) -> AttributeRow {
    AttributeRow::new(namesake::EXTERNAL_ID, value, false)
}

/// A user with rows, and with this alias.
fn user(store: &TestStore, tenant: TenantId, number: u64, rows: &[AttributeRow], alias: &str) -> ResourceId {
    let user = samples::resource(store, tenant, "User", number, &json!({ "n": number }));
    let rows = rows.to_vec();
    let alias = name(alias);
    write(store, move |tx| {
        attr::replace(tx, tenant, "User", user, &[], &rows)?;
        attr::add_alias(tx, tenant, "User", user, &alias).map(drop)
    })
    .unwrap();
    user
}

/// A row in each table that is about leaving, but for tombstones.
pub fn fill(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), Error> {
    let connection = "default";
    brake::count(tx, tenant, connection, 1, 0)?;
    let brake = Brake {
        connection: connection.to_owned(),
        state: BrakeState::Shut,
        since: at(1),
        removed: 1,
        users: 1,
    };
    brake::put(tx, tenant, &brake)?;
    refusal::add(tx, tenant, &refused("a", 1, 1, 1), at(0)).map(drop)
}

fn delete(store: &TestStore, tenant: TenantId, user: ResourceId, second: i64) {
    assert!(write(store, move |tx| resource::delete(tx, tenant, "User", user, at(second))).unwrap());
}

pub fn an_alias_is_a_name_like_any_other(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let one = user(store, tenant, 1, &[name("one")], "alias");
    let two = user(store, tenant, 2, &[name("two")], "alias");
    let add = |user, alias: &'static str| {
        write(store, move |tx| attr::add_alias(tx, tenant, "User", user, &name(alias))).unwrap()
    };
    assert!(!add(two, "alias") && !add(two, "one"), "somebody has it");
    assert!(!add(one, "alias"), "it is there already");
    assert!(add(one, "another"));
    read(store, move |tx| {
        assert_eq!(attr::owner(tx, tenant, "User", &name("alias"))?, Some(one));
        assert_eq!(attr::owner(tx, tenant, "User", &name("two"))?, Some(two));
        assert_eq!(attr::owner(tx, tenant, "Group", &name("two"))?, None);
        let aliases = attr::aliases(tx, tenant, "User", one, USER_NAME)?;
        assert_eq!(aliases, [name("alias"), name("another")]);
        assert_eq!(attr::aliases(tx, tenant, "User", two, USER_NAME)?, []);
        Ok(())
    })
    .unwrap();
    let taken =
        write(store, move |tx| attr::replace(tx, tenant, "User", two, &[name("two")], &[name("alias")]));
    assert!(matches!(taken, Err(Error::Uniqueness { attribute }) if attribute == USER_NAME));
    write(store, move |tx| attr::replace(tx, tenant, "User", one, &[name("one")], &[name("uno")])).unwrap();
    let kept = read(store, move |tx| attr::aliases(tx, tenant, "User", one, USER_NAME)).unwrap();
    assert_eq!(kept.len(), 2, "a rename leaves them");
}

pub fn namesakes_are_found_there_and_deleted(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let users: Vec<ResourceId> = (1..=3)
        .map(|number| {
            let rows = [name("same"), external("X")];
            let found = user(store, tenant, number, &rows, &format!("alias{number}"));
            delete(store, tenant, found, i64::try_from(number).unwrap() * 10);
            found
        })
        .collect();
    let there = user(store, tenant, 4, &[name("same"), external("X")], "alias4");
    user(store, other, 5, &[name("same"), external("X")], "alias1");
    let find = |rows: Vec<AttributeRow>, since| {
        read(store, move |tx| namesake::find(tx, tenant, "User", &rows, at(since))).unwrap()
    };
    let one = |id, by_name, deleted: Option<i64>| Namesake { id, by_name, deleted: deleted.map(at) };
    let found = find(vec![name("same")], 20);
    let expected = [one(there, true, None), one(users[2], true, Some(30)), one(users[1], true, Some(20))];
    assert_eq!(found, expected);
    let found = find(vec![name("alias1"), external("X")], 30);
    assert_eq!(found, [one(there, false, None), one(users[2], false, Some(30))]);
    assert_eq!(find(vec![name("alias1")], 0), [one(users[0], true, Some(10))]);
    assert_eq!(find(vec![external("x"), name("nobody")], 0), [], "case counts");
    assert_eq!(find(vec![], 0), []);
}

pub fn a_lifted_tombstone_gives_all_back_once(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let user = user(store, tenant, 1, &[name("one"), external("X")], "alias");
    delete(store, tenant, user, 9);
    assert_eq!(read(store, move |tx| tombstone::count(tx, tenant, "User")).unwrap(), 1);
    let lifted = at_once(4, |_| write(store, move |tx| tombstone::lift(tx, tenant, "User", user)).unwrap());
    let stone = lifted.iter().flatten().collect::<Vec<_>>();
    assert_eq!(stone.len(), 1, "{lifted:?}");
    assert_eq!((stone[0].version, stone[0].created, stone[0].deleted), (1, at(1), at(9)));
    assert_eq!(stone[0].origin, samples::origin());
    read(store, move |tx| {
        assert_eq!(attr::aliases(tx, tenant, "User", user, USER_NAME)?, [name("alias")]);
        assert_eq!(namesake::find(tx, tenant, "User", &[name("one"), external("X")], at(0))?, []);
        Ok(())
    })
    .unwrap();
}

pub fn tombstones_are_purged_the_oldest_first(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    for number in 1..=5 {
        let user = user(store, tenant, number, &[name(&format!("u{number}"))], &format!("a{number}"));
        delete(store, tenant, user, i64::try_from(number).unwrap());
    }
    let purge = |before, limit| {
        write(store, move |tx| tombstone::purge(tx, tenant, at(before), limit)).unwrap().len()
    };
    assert_eq!((purge(5, 3), purge(5, 3), purge(5, 3)), (3, 1, 0));
    let find = |row: AttributeRow| {
        read(store, move |tx| namesake::find(tx, tenant, "User", std::slice::from_ref(&row), at(0))).unwrap()
    };
    assert_eq!(find(name("u4")), []);
    assert_eq!(find(name("u5")).len(), 1);
}

/// On PostgreSQL they really are lifted while they are purged.
pub fn whoever_comes_back_is_not_purged(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    for round in 0..10 {
        let users: Vec<ResourceId> = (1..=7)
            .map(|number| {
                let name = name(&format!("u{round}.{number}"));
                let user = user(store, tenant, round * 10 + number, &[name], &format!("a{round}.{number}"));
                delete(store, tenant, user, 1);
                user
            })
            .collect();
        let gone = at_once(8, |thread| match users.get(usize::try_from(thread).unwrap()) {
            Some(user) => {
                let user = *user;
                let lifted = write(store, move |tx| tombstone::lift(tx, tenant, "User", user)).unwrap();
                lifted.into_iter().map(|stone| stone.id).collect()
            }
            None => write(store, move |tx| tombstone::purge(tx, tenant, at(2), 9)).unwrap(),
        });
        let mut gone = gone.concat();
        gone.sort();
        assert_eq!(gone, users, "round {round}: each came back or is purged, and none both");
    }
}

pub fn an_origin_is_kept(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let origins =
        [Origin::Scim { connection: "okta-2".parse().unwrap() }, Origin::Administrator, Origin::Application];
    for (number, origin) in (1..).zip(origins) {
        let user = samples::unstored(number, &json!({}));
        let (id, made_by) = (user.id, origin.clone());
        write(store, move |tx| resource::insert(tx, tenant, "User", &user, &made_by)).unwrap();
        let kept = read(store, move |tx| resource::origin(tx, tenant, "User", id)).unwrap();
        assert_eq!(kept, Some(origin));
    }
}

pub fn removals_are_counted_by_the_minute(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    for number in 1..=3 {
        samples::resource(store, tenant, "User", number, &json!({}));
    }
    let count = |connection: &'static str, minute| {
        write(store, move |tx| brake::count(tx, tenant, connection, minute, 5)).unwrap();
    };
    for (connection, minute) in [("a", 3), ("a", 10), ("a", 10), ("b", 10), ("a", 12)] {
        count(connection, minute);
    }
    let removals = |connection: &'static str, from| {
        read(store, move |tx| brake::removals(tx, tenant, connection, from)).unwrap()
    };
    assert_eq!(removals("a", 0), Removals { removed: 3, users: 3 }, "what is too old is forgotten");
    assert_eq!(removals("a", 11), Removals { removed: 1, users: 3 });
    assert_eq!(removals("c", 0), Removals { removed: 0, users: 0 });
    at_once(8, |_| count("a", 12));
    assert_eq!(removals("a", 12).removed, 9);
}

pub fn brakes(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let brake = |connection: &str, state| Brake {
        connection: connection.to_owned(),
        state,
        since: at(1),
        removed: 7,
        users: 30,
    };
    let allowed = BrakeState::Allowed { until: at(99), remaining: Some(3) };
    for new in [
        brake("b", BrakeState::Shut),
        brake("a", BrakeState::Shut),
        brake("a", BrakeState::Rejected),
        brake("a", allowed),
    ] {
        let expected = Some(new.clone());
        write(store, move |tx| brake::put(tx, tenant, &new)).unwrap();
        let connection = expected.as_ref().unwrap().connection.clone();
        assert_eq!(write(store, move |tx| brake::get(tx, tenant, &connection)).unwrap(), expected);
    }
    let list = |tenant| read(store, move |tx| brake::list(tx, tenant)).unwrap();
    assert_eq!(list(tenant), [brake("a", allowed), brake("b", BrakeState::Shut)]);
    assert_eq!(list(other), []);
    write(store, move |tx| {
        brake::count(tx, tenant, "b", 1, 0)?;
        brake::release(tx, tenant, "b")
    })
    .unwrap();
    assert_eq!(list(tenant).len(), 1);
    let removals = read(store, move |tx| brake::removals(tx, tenant, "b", 0)).unwrap();
    assert_eq!(removals.removed, 0);
}

fn refused(subject: &str, count: i64, first: i64, last: i64) -> Refusal {
    Refusal {
        refused: Refused {
            connection: "default".to_owned(),
            method: "POST".to_owned(),
            resource_type: "User".to_owned(),
            subject: subject.to_owned(),
            status: 409,
            scim_type: Some("uniqueness".to_owned()),
        },
        detail: format!("detail of {last}"),
        first_seen: at(first),
        last_seen: at(last),
        count,
    }
}

pub fn refusals_add_up(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let add = |new: Refusal, forgotten| {
        write(store, move |tx| refusal::add(tx, tenant, &new, at(forgotten))).unwrap()
    };
    let list = |at_least, limit| read(store, move |tx| refusal::list(tx, tenant, at_least, limit)).unwrap();
    assert_eq!(add(refused("a", 1, 10, 10), 0), (0, 1));
    assert_eq!(add(refused("a", 3, 20, 25), 5), (1, 4));
    assert_eq!(add(refused("b", 2, 30, 30), 5), (0, 2));
    let other_status = Refused { status: 400, scim_type: None, ..refused("a", 1, 1, 1).refused };
    assert_eq!(add(Refusal { refused: other_status.clone(), ..refused("a", 1, 40, 40) }, 5), (0, 1));
    assert_eq!(list(2, 9), [refused("b", 2, 30, 30), refused("a", 4, 10, 25)]);
    assert_eq!(list(1, 1)[0].refused, other_status);
    // The last one is long ago: it begins anew.
    assert_eq!(add(refused("a", 2, 100, 110), 50), (0, 2));
    assert_eq!(list(2, 9)[0], refused("a", 2, 100, 110));
    assert_eq!(write(store, move |tx| refusal::purge(tx, tenant, at(31), 9)).unwrap(), 1);
    assert_eq!(list(1, 9).len(), 2);
    assert_eq!(write(store, move |tx| refusal::purge(tx, tenant, at(0), 1)).unwrap(), 1);
    assert_eq!(list(1, 9), [refused("a", 2, 100, 110)], "what happened most often stays");
}
