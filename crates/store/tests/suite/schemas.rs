//! The definition of a tenant's schemas, and its version.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use model::TenantId;
use serde_json::json;
use store::schema::{self, Applied};
use store::{Store, tenant};
use testkit::TestStore;

use crate::samples::{self, at, at_once, id, read, write};

fn apply(store: &Store, tenant: TenantId) -> i64 {
    write(store, move |tx| {
        let version = schema::lock(tx, tenant)?.unwrap() + 1;
        let definition = json!({ "number": version });
        schema::set(tx, tenant, &Applied { version, definition, at: at(version) })?;
        Ok(version)
    })
    .unwrap()
}

pub fn a_definition_has_a_version_that_grows(store: &TestStore) {
    let (one, other) = (samples::tenant(store, 1), samples::tenant(store, 2));
    assert_eq!(read(store, move |tx| schema::get(tx, one)).unwrap(), None);
    assert_eq!(write(store, move |tx| schema::hold(tx, one)).unwrap(), Some(0));
    assert_eq!([apply(store, one), apply(store, one)], [1, 2]);
    let expected = Applied { version: 2, definition: json!({ "number": 2 }), at: at(2) };
    assert_eq!(read(store, move |tx| schema::get(tx, one)).unwrap(), Some(expected));
    assert_eq!(read(store, move |tx| schema::get(tx, other)).unwrap(), None);
    let known = read(store, |tx| tenant::by_name(tx, "tenant-1")).unwrap().unwrap();
    assert_eq!(known.schema_version, 2);
    let stranger = TenantId(id(9));
    assert_eq!(write(store, move |tx| schema::hold(tx, stranger)).unwrap(), None);
    assert_eq!(write(store, move |tx| schema::lock(tx, stranger)).unwrap(), None);
}

pub fn a_version_that_is_held_stays(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let (inside, broken) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    at_once(8, |number| {
        for _ in 0..20 {
            let (inside, broken) = (Arc::clone(&inside), Arc::clone(&broken));
            if number == 0 {
                write(store, move |tx| {
                    let version = schema::lock(tx, tenant)?.unwrap() + 1;
                    broken.fetch_or(inside.load(Ordering::SeqCst) != 0, Ordering::SeqCst);
                    schema::set(tx, tenant, &Applied { version, definition: json!({}), at: at(0) })
                })
                .unwrap();
            } else {
                write(store, move |tx| {
                    let before = schema::hold(tx, tenant)?;
                    inside.fetch_add(1, Ordering::SeqCst);
                    let after = schema::hold(tx, tenant);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    broken.fetch_or(before != after?, Ordering::SeqCst);
                    Ok(())
                })
                .unwrap();
            }
        }
    });
    assert!(!broken.load(Ordering::SeqCst), "a version changed while it was held");
}
