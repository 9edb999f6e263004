//! The request log.

use jiff::Timestamp;
use model::request_log::RequestEntry;
use model::{RequestId, TenantId};
use store::request_log::{self, Wanted};
use testkit::TestStore;

use crate::samples::{self, at, id, read, write};

const ALL: Wanted = Wanted { since: Timestamp::UNIX_EPOCH, lowest: 0, highest: 999 };

/// A request that the store's tests can tell by its number.
pub fn entry(tenant: TenantId, number: u64, status: u16) -> RequestEntry {
    RequestEntry {
        id: RequestId(id(number)),
        tenant,
        at: at(number.cast_signed()),
        method: "PATCH".to_owned(),
        path: "/Users/1?filter=userName eq \"…\"".to_owned(),
        status,
        scim_type: (status == 409).then(|| "uniqueness".to_owned()),
        client_kind: Some("entra".to_owned()),
        connection: None,
        token: "abc".to_owned(),
        user_agent: None,
        quirks: vec!["string_boolean".to_owned(), "capital_op".to_owned()],
        duration_us: 1234,
        request_bytes: 7,
        response_bytes: 0,
        request: None,
        response: Some("{\"a\":\"\\u0001 ü\"}".to_owned()),
    }
}

fn without_bodies(entry: RequestEntry) -> RequestEntry {
    RequestEntry { request: None, response: None, ..entry }
}

pub fn requests_are_logged_and_found(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let gone = TenantId(id(99));
    let entries =
        [entry(one, 1, 200), entry(one, 2, 409), entry(two, 3, 200), entry(one, 4, 500), entry(gone, 5, 200)];
    write(store, {
        let entries = entries.clone();
        move |tx| request_log::append(tx, &entries)
    })
    .unwrap();
    write(store, |tx| request_log::append(tx, &[])).unwrap();
    let [ok, conflict, foreign, failed, of_gone] = entries;
    read(store, move |tx| {
        let numbers =
            |found: Vec<RequestEntry>| found.iter().map(|entry| entry.id.0.as_u128()).collect::<Vec<_>>();
        let listed = request_log::latest(tx, one, &ALL, None, 10)?;
        assert_eq!(listed, [&failed, &conflict, &ok].map(|entry| without_bodies(entry.clone())));
        let refused = Wanted { lowest: 400, highest: 499, ..ALL };
        assert_eq!(numbers(request_log::latest(tx, one, &refused, None, 10)?), [2]);
        let late = Wanted { since: at(2), ..ALL };
        assert_eq!(numbers(request_log::latest(tx, one, &late, None, 10)?), [4, 2]);
        assert_eq!(numbers(request_log::latest(tx, one, &ALL, Some(failed.id), 1)?), [2]);
        assert_eq!(request_log::get(tx, one, ok.id)?, Some(ok.clone()));
        assert_eq!(request_log::get(tx, one, foreign.id)?, None, "another tenant's");
        assert_eq!(request_log::get(tx, gone, of_gone.id)?, None, "a tenant that is gone");
        Ok(())
    })
    .unwrap();
}

pub fn old_requests_are_purged_in_parts(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    let entries: Vec<_> =
        (1..=10).map(|number| entry(one, number, 200)).chain([entry(two, 11, 200)]).collect();
    write(store, move |tx| request_log::append(tx, &entries)).unwrap();
    let purge =
        |before, limit| write(store, move |tx| request_log::purge(tx, one, at(before), limit)).unwrap();
    assert_eq!([purge(6, 3), purge(6, 3), purge(6, 3)], [3, 2, 0]);
    let left = |tenant| read(store, move |tx| request_log::latest(tx, tenant, &ALL, None, 99)).unwrap().len();
    assert_eq!((left(one), left(two)), (5, 1));
}
