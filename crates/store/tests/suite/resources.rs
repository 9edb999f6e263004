//! Documents and their versions.

use std::sync::mpsc;
use std::time::Duration;

use model::resource::StoredResource;
use model::{ResourceId, TenantId};
use serde_json::{Value, json};
use store::attr::{self, AttributeRow};
use store::{Error, Store, resource, tombstone};
use testkit::TestStore;

use crate::samples::{self, at, at_once, id, read, write};

fn get(store: &Store, tenant: TenantId, number: u64) -> Option<StoredResource> {
    read(store, move |tx| resource::get(tx, tenant, "User", ResourceId(id(number)))).unwrap()
}

pub fn a_resource_comes_back_as_it_was(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let document = json!({
        "userName": "bjensen",
        "name": { "formatted": "Bjørn \"B\" Jensen\n😀" },
        "emails": [{ "value": "b@example.com", "primary": true }],
        "active": false,
    });
    let mut expected = samples::unstored(1, &document);
    samples::resource(store, tenant, "User", 1, &document);
    assert_eq!(get(store, tenant, 1), Some(expected.clone()));

    expected.document.insert("active".to_owned(), Value::Bool(true));
    (expected.version, expected.modified) = (2, at(7));
    let next = expected.clone();
    write(store, move |tx| resource::update(tx, tenant, "User", &next, 1)).unwrap();
    assert_eq!(get(store, tenant, 1), Some(expected.clone()));

    let both = [ResourceId(id(1)), ResourceId(id(9))];
    let versions = write(store, move |tx| resource::bump(tx, tenant, "User", &both, at(8)));
    assert_eq!(versions.unwrap().into_iter().collect::<Vec<_>>(), [(both[0], 3)], "the other does not exist");
    let bumped = StoredResource { version: 3, modified: at(8), ..expected };
    assert_eq!(get(store, tenant, 1), Some(bumped.clone()));

    // A clock that was set back does not set the resource back.
    let versions = write(store, move |tx| resource::bump(tx, tenant, "User", &both, at(6)));
    assert_eq!(versions.unwrap()[&both[0]], 4);
    assert_eq!(get(store, tenant, 1), Some(StoredResource { version: 4, ..bumped }));
}

pub fn a_resource_is_nobody_elses(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let user = samples::resource(store, tenant, "User", 1, &json!({}));
    let stranger = samples::unstored(1, &json!({ "stolen": true }));
    let name = [AttributeRow::new("username", "bjensen", true)];
    write(store, {
        let name = name.clone();
        move |tx| attr::replace(tx, tenant, "User", user, &[], &name)
    })
    .unwrap();
    write(store, move |tx| {
        for (tenant, kind) in [(other, "User"), (tenant, "Group")] {
            assert_eq!(resource::get(tx, tenant, kind, user)?, None);
            assert_eq!(resource::get_for_update(tx, tenant, kind, user)?, None);
            assert_eq!(resource::get_many::<String>(tx, tenant, kind, &[user])?, []);
            assert_eq!(resource::count(tx, tenant, kind)?, 0);
            assert!(matches!(resource::update(tx, tenant, kind, &stranger, 1), Err(Error::Conflict)));
            assert_eq!(resource::get_for_delete(tx, tenant, kind, user)?, None);
            assert!(resource::bump(tx, tenant, kind, &[user], at(1))?.is_empty());
            assert!(!resource::delete(tx, tenant, kind, user, at(1))?);
            assert_eq!(tombstone::get(tx, tenant, kind, user)?, None);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(get(store, tenant, 1), Some(samples::unstored(1, &json!({}))));
    let again = write(store, move |tx| attr::replace(tx, tenant, "User", ResourceId(id(2)), &[], &name));
    assert!(matches!(again, Err(Error::Uniqueness { .. })), "it keeps its attributes: {again:?}");
}

pub fn an_update_needs_the_version_it_expects(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    samples::resource(store, tenant, "User", 1, &json!({}));
    for (expected, fits) in [(0, false), (2, false), (1, true), (1, false)] {
        let next =
            StoredResource { version: expected + 1, ..samples::unstored(1, &json!({ "v": expected })) };
        let result = write(store, move |tx| resource::update(tx, tenant, "User", &next, expected));
        assert_eq!(result.is_ok(), fits, "{expected}");
        assert!(fits || matches!(result, Err(Error::Conflict)), "{result:?}");
    }
    assert_eq!(get(store, tenant, 1).unwrap().version, 2);
}

pub fn one_of_many_updates_of_a_version_wins(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    samples::resource(store, tenant, "User", 1, &json!({}));
    let results = at_once(16, |number| {
        let next = StoredResource { version: 2, ..samples::unstored(1, &json!({ "by": number })) };
        write(store, move |tx| resource::update(tx, tenant, "User", &next, 1))
    });
    let winners: Vec<_> = (0_u64..).zip(&results).filter(|(_, result)| result.is_ok()).collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    assert!(results.iter().all(|r| matches!(r, Ok(()) | Err(Error::Conflict))), "{results:?}");
    assert_eq!(get(store, tenant, 1).unwrap().document["by"], json!(winners[0].0));
}

pub fn locked_updates_lose_nothing(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let user = samples::resource(store, tenant, "User", 1, &json!({ "count": 0 }));
    at_once(8, |_| {
        for _ in 0..20 {
            write(store, move |tx| {
                let mut next = resource::get_for_update(tx, tenant, "User", user)?.unwrap();
                let count = next.document["count"].as_i64().unwrap();
                next.document.insert("count".to_owned(), json!(count + 1));
                next.version += 1;
                resource::update(tx, tenant, "User", &next, next.version - 1)
            })
            .unwrap();
        }
    });
    let end = get(store, tenant, 1).unwrap();
    assert_eq!((end.document["count"].as_i64(), end.version), (Some(160), 161));
}

pub fn a_deleted_resource_leaves_a_tombstone(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let document = json!({ "userName": "bjensen" });
    let user = samples::resource(store, tenant, "User", 1, &document);
    assert!(write(store, move |tx| resource::delete(tx, tenant, "User", user, at(5))).unwrap());
    assert!(!write(store, move |tx| resource::delete(tx, tenant, "User", user, at(6))).unwrap());
    assert_eq!(get(store, tenant, 1), None);
    let stone = read(store, move |tx| tombstone::get(tx, tenant, "User", user)).unwrap().unwrap();
    assert_eq!((stone.id, stone.deleted), (user, at(5)));
    assert_eq!(Value::Object(stone.document), document);
    assert_eq!(write(store, move |tx| tombstone::purge(tx, tenant, at(5), 9)).unwrap().len(), 0);
    assert_eq!(write(store, move |tx| tombstone::purge(tx, tenant, at(6), 9)).unwrap().len(), 1);
}

pub fn pages_are_in_the_order_of_creation(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    for number in [5, 3, 1, 4, 2] {
        samples::resource(store, tenant, "User", number, &json!({ "n": number }));
    }
    samples::resource(store, tenant, "Group", 6, &json!({}));
    let numbers = |found: Vec<StoredResource>| -> Vec<i64> {
        found.iter().map(|resource| resource.document["n"].as_i64().unwrap()).collect()
    };
    for (after, expected) in
        [(None, vec![1, 2]), (Some(2), vec![3, 4]), (Some(4), vec![5]), (Some(5), vec![])]
    {
        let after = after.map(|number| ResourceId(id(number)));
        let next = read(store, move |tx| resource::after(tx, tenant, "User", after, 2)).unwrap();
        assert_eq!(numbers(next), expected, "{after:?}");
    }
    let many = [9, 4, 1].map(|number| ResourceId(id(number)));
    assert_eq!(
        numbers(read(store, move |tx| resource::get_many(tx, tenant, "User", &many)).unwrap()),
        [1, 4]
    );
    assert_eq!(read(store, move |tx| resource::count(tx, tenant, "User")).unwrap(), 5);
}

/// On the engine with more than one writer at a time.
#[test]
fn those_who_keep_a_resource_do_not_wait_for_each_other() {
    let store = testkit::postgres();
    let tenant = samples::tenant(&store, 1);
    let user = samples::resource(&store, tenant, "User", 1, &json!({}));
    let (locked, is_locked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let first = {
        let store = Store::clone(&store);
        std::thread::spawn(move || {
            write(&store, move |tx| {
                resource::lock_many(tx, tenant, "User", &[user])?;
                locked.send(()).unwrap();
                Ok(may_go_on.recv_timeout(Duration::from_secs(10)).is_ok())
            })
        })
    };
    is_locked.recv().unwrap();
    let second = write(&store, move |tx| resource::lock_many(tx, tenant, "User", &[user]));
    assert_eq!(second.unwrap(), [user]);
    go_on.send(()).unwrap();
    assert!(first.join().unwrap().unwrap(), "the second waited for the end of the first");
}
