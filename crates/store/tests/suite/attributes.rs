//! Attribute rows and uniqueness.

use model::{ResourceId, TenantId};
use serde_json::json;
use store::attr::{self, AttributeRow};
use store::{Error, Store, resource};
use testkit::TestStore;

use crate::samples::{self, at_once, id, write};

type Values = &'static [(&'static str, &'static str, bool)];

fn rows(values: &[(&str, &str, bool)]) -> Vec<AttributeRow> {
    values.iter().map(|(attribute, value, unique)| AttributeRow::new(*attribute, value, *unique)).collect()
}

fn replace(store: &Store, tenant: TenantId, number: u64, old: Values, new: Values) -> Result<(), Error> {
    write(store, move |tx| attr::replace(tx, tenant, "User", ResourceId(id(number)), &rows(old), &rows(new)))
}

fn taken(result: &Result<(), Error>, expected: &str) -> bool {
    matches!(result, Err(Error::Uniqueness { attribute }) if attribute == expected)
}

pub fn a_unique_value_is_had_once(store: &TestStore) {
    let (tenant, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    replace(store, tenant, 1, &[], &[("username", "bjensen", true), ("externalid", "7", true)]).unwrap();
    assert!(taken(&replace(store, tenant, 2, &[], &[("username", "bjensen", true)]), "username"));
    assert!(taken(
        &replace(store, tenant, 2, &[], &[("externalid", "7", true), ("username", "x", true)]),
        "externalid"
    ));
    // Nothing of the refused ones was kept.
    replace(store, tenant, 2, &[], &[("username", "x", true), ("externalid", "bjensen", true)]).unwrap();
    replace(store, other, 3, &[], &[("username", "bjensen", true)]).unwrap();
    let group = write(store, move |tx| {
        attr::replace(tx, tenant, "Group", ResourceId(id(4)), &[], &rows(&[("username", "bjensen", true)]))
    });
    assert!(group.is_ok(), "another type: {group:?}");
}

pub fn only_unique_values_are(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    for number in 1..=3 {
        replace(store, tenant, number, &[], &[("title", "engineer", false), ("active", "true", false)])
            .unwrap();
    }
}

pub fn a_value_that_was_let_go_can_be_taken(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    replace(store, tenant, 1, &[], &[("username", "a", true), ("title", "t", false)]).unwrap();
    replace(store, tenant, 2, &[], &[("username", "b", true)]).unwrap();
    assert!(taken(
        &replace(store, tenant, 2, &[("username", "b", true)], &[("username", "a", true)]),
        "username"
    ));
    // The failed change kept its old value too.
    assert!(taken(&replace(store, tenant, 3, &[], &[("username", "b", true)]), "username"));
    let (old, new): (Values, Values) = (
        &[("username", "a", true), ("title", "t", false)],
        &[("username", "c", true), ("title", "t", false)],
    );
    replace(store, tenant, 1, old, new).unwrap();
    replace(store, tenant, 2, &[("username", "b", true)], &[("username", "a", true)]).unwrap();
    replace(store, tenant, 2, &[("username", "a", true)], &[]).unwrap();
    replace(store, tenant, 3, &[], &[("username", "a", true)]).unwrap();

    samples::resource(store, tenant, "User", 3, &json!({ "userName": "a" }));
    assert!(taken(&replace(store, tenant, 4, &[], &[("username", "a", true)]), "username"));
    let deleted =
        write(store, move |tx| resource::delete(tx, tenant, "User", ResourceId(id(3)), samples::at(2)));
    assert!(deleted.unwrap());
    replace(store, tenant, 4, &[], &[("username", "a", true)]).unwrap();
}

pub fn long_values_are_told_apart(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let put = |number: u64, value: String| {
        write(store, move |tx| {
            let row = AttributeRow::new("username", &value, true);
            attr::replace(tx, tenant, "User", ResourceId(id(number)), &[], &[row])
        })
    };
    let long = "x".repeat(5_000);
    put(1, format!("{long}1")).unwrap();
    put(2, format!("{long}2")).unwrap();
    assert!(taken(&put(3, format!("{long}1")), "username"));
}

pub fn of_many_who_want_a_name_one_gets_it(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let results = at_once(64, |number| {
        write(store, move |tx| {
            let user = samples::unstored(number, &json!({ "userName": "bjensen" }));
            resource::insert(tx, tenant, "User", &user, &samples::origin())?;
            attr::replace(tx, tenant, "User", user.id, &[], &rows(&[("username", "bjensen", true)]))
        })
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(results.iter().filter(|result| taken(result, "username")).count(), 63, "{results:?}");
    let count = store.read_blocking(move |tx| resource::count(tx, tenant, "User"));
    assert_eq!(count.unwrap(), 1);
}
