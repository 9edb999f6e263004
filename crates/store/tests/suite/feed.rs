//! The change feed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use futures::FutureExt;
use model::{ChangeId, ResourceId, TenantId};
use store::feed::{self, Backlog, Change, ChangeKind, Head, Numbered};
use store::{Error, Store, params};
use testkit::TestStore;

use crate::samples::{self, at, at_once, id, write};

fn change(number: u64) -> Change {
    let kinds = [
        ChangeKind::Created,
        ChangeKind::Updated,
        ChangeKind::Deactivated,
        ChangeKind::Reactivated,
        ChangeKind::Deleted,
    ];
    let kind = kinds[(number % 5) as usize];
    Change {
        id: ChangeId(id(number)),
        resource_type: "User".to_owned(),
        resource: ResourceId(id(7)),
        kind,
        version: number.cast_signed(),
        at: at(number.cast_signed()),
    }
}

fn append(store: &Store, tenant: TenantId, number: u64) {
    write(store, move |tx| feed::append(tx, tenant, &change(number))).unwrap();
}

fn after(store: &Store, tenant: TenantId, sequence: i64, limit: i64) -> Vec<Numbered> {
    write(store, move |tx| feed::read(tx, tenant, sequence, limit)).unwrap()
}

fn numbered(numbers: &[(i64, u64)]) -> Vec<Numbered> {
    numbers
        .iter()
        .map(|(sequence, number)| Numbered { sequence: *sequence, change: change(*number) })
        .collect()
}

pub fn changes_are_numbered_in_order(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    assert_eq!(after(store, tenant, 0, 10), []);
    for number in [12, 11, 13] {
        append(store, tenant, number);
    }
    assert_eq!(after(store, tenant, 0, 2), numbered(&[(1, 11), (2, 12)]));
    assert_eq!(after(store, tenant, 2, 2), numbered(&[(3, 13)]));
    // What was numbered keeps its number, whatever the ids of those that follow.
    append(store, tenant, 10);
    assert_eq!(after(store, tenant, 2, 10), numbered(&[(3, 13), (4, 10)]));
    assert_eq!(after(store, tenant, 0, 10), numbered(&[(1, 11), (2, 12), (3, 13), (4, 10)]));
    assert_eq!(after(store, tenant, 4, 10), []);
    let failed = write(store, move |tx| {
        feed::append(tx, tenant, &change(20))?;
        Err::<(), _>(Error::Conflict)
    });
    assert!(failed.is_err());
    append(store, tenant, 21);
    assert_eq!(after(store, tenant, 4, 10), numbered(&[(5, 21)]), "no gap for what was rolled back");
}

/// The clocks of two servers differ: what one writes later has the lower id.
pub fn changes_of_a_resource_are_numbered_by_its_versions(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let change = |number: u64, resource: u64, kind: ChangeKind, version: i64| Change {
        resource: ResourceId(id(resource)),
        kind,
        version,
        ..change(number)
    };
    let written = [
        change(31, 7, ChangeKind::Created, 1),
        change(20, 7, ChangeKind::Updated, 2),
        change(21, 8, ChangeKind::Created, 1),
        change(12, 7, ChangeKind::Deleted, 2),
        change(22, 9, ChangeKind::Created, 1),
        change(11, 7, ChangeKind::Created, 3),
    ];
    let all = written.clone();
    write(store, move |tx| feed::append_all(tx, tenant, &all)).unwrap();
    let told: Vec<Change> = after(store, tenant, 0, 10).into_iter().map(|one| one.change).collect();
    let [created, updated, of_8, deleted, of_9, returned] = written;
    assert_eq!(told, [created, updated, deleted, of_8, of_9, returned]);
    // Also where more wait than get a number at once.
    let many: Vec<Change> = (0..10_000).map(|n| change(100 + n, 100 + n, ChangeKind::Created, 1)).collect();
    let (late, early) = (change(99, 7, ChangeKind::Updated, 5), change(20_000, 7, ChangeKind::Updated, 4));
    let all = [many, vec![late.clone(), early.clone()]].concat();
    write(store, move |tx| feed::append_all(tx, tenant, &all)).unwrap();
    assert_eq!(after(store, tenant, 6, 1)[0].change, early);
    assert_eq!(write(store, move |tx| feed::end(tx, tenant)).unwrap(), 10_008);
    assert_eq!(after(store, tenant, 10_006, 1)[0].change, late);
}

pub fn readers_miss_nothing_of_concurrent_writers(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let writing = AtomicBool::new(true);
    let read_all = || {
        let mut seen = Vec::new();
        loop {
            // Looked at before the read: the last read then comes after the last write.
            let last = !writing.load(Ordering::SeqCst);
            let from = seen.last().map_or(0, |numbered: &Numbered| numbered.sequence);
            let next = after(store, tenant, from, 7);
            if last && next.is_empty() {
                return seen;
            }
            seen.extend(next);
        }
    };
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(read_all), scope.spawn(read_all));
        at_once(4, |writer| (0..40).for_each(|round| append(store, tenant, writer * 100 + round)));
        writing.store(false, Ordering::SeqCst);
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one, other);
    assert_eq!(
        one.iter().map(|numbered| numbered.sequence).collect::<Vec<_>>(),
        (1..=160).collect::<Vec<_>>()
    );
    assert_eq!(one.iter().map(|numbered| numbered.change.id).collect::<BTreeSet<_>>().len(), 160);
}

pub fn tenants_have_feeds_of_their_own(store: &TestStore) {
    let (one, two) = (samples::tenant(store, 1), samples::tenant(store, 2));
    append(store, one, 1);
    append(store, two, 1);
    append(store, two, 2);
    assert_eq!(after(store, one, 0, 10), numbered(&[(1, 1)]));
    assert_eq!(after(store, two, 0, 10), numbered(&[(1, 1), (2, 2)]));
}

pub fn whoever_waits_knows_how_far_feeds_go(store: &TestStore) {
    let tenants = [samples::tenant(store, 1), samples::tenant(store, 2), samples::tenant(store, 3)];
    let [one, two, _] = tenants;
    let heads = |store: &Store| {
        let mut heads = store.read_blocking(move |tx| feed::heads(tx, &tenants[..2])).unwrap();
        heads.sort_by_key(|head| head.tenant);
        heads
    };
    let head = |tenant, sequence, waiting| Head { tenant, sequence, waiting };
    assert_eq!(heads(store), [head(one, 0, false), head(two, 0, false)]);
    append(store, two, 1);
    append(store, two, 2);
    assert_eq!(heads(store), [head(one, 0, false), head(two, 0, true)]);
    assert!(heads(store)[1].is_beyond(0) && !heads(store)[0].is_beyond(0));
    assert_eq!(write(store, move |tx| feed::end(tx, two)).unwrap(), 2);
    assert_eq!(heads(store), [head(one, 0, false), head(two, 2, false)]);
    assert!(heads(store)[1].is_beyond(1) && !heads(store)[1].is_beyond(2));
}

/// What numbers given at the time of writing would get wrong: the first to write commits last.
#[test]
fn who_commits_late_is_not_missed() {
    let store = testkit::postgres();
    let tenant = samples::tenant(&store, 1);
    let (wrote, has_written) = mpsc::channel();
    let (commit, may_commit) = mpsc::channel();
    let late = {
        let store = Store::clone(&store);
        std::thread::spawn(move || {
            write(&store, move |tx| {
                feed::append(tx, tenant, &change(1))?;
                wrote.send(()).unwrap();
                may_commit.recv().unwrap();
                tx.query("SELECT count(*) FROM change WHERE tenant_id = $1", params![tenant], |_| Ok(()))
            })
        })
    };
    has_written.recv().unwrap();
    append(&store, tenant, 2);
    assert_eq!(after(&store, tenant, 0, 10), numbered(&[(1, 2)]));
    commit.send(()).unwrap();
    late.join().unwrap().unwrap();
    assert_eq!(after(&store, tenant, 1, 10), numbered(&[(2, 1)]));
}

pub fn old_changes_are_forgotten_from_the_beginning_on(store: &TestStore) {
    let tenant = samples::tenant(store, 1);
    let forget = |before, up_to| write(store, move |tx| feed::forget(tx, tenant, at(before), up_to)).unwrap();
    let first = || write(store, move |tx| feed::first(tx, tenant)).unwrap();
    let backlog = |after| write(store, move |tx| feed::backlog(tx, tenant, after)).unwrap();
    assert_eq!((first(), forget(100, 100)), (1, 0));
    for number in 11..16 {
        append(store, tenant, number);
    }
    assert_eq!(backlog(0), Backlog { changes: 5, since: Some(at(11)) });
    assert_eq!(forget(13, 100), 2, "what is not old stays");
    assert_eq!(forget(100, 3), 1, "and what somebody is still to be told");
    assert_eq!((first(), forget(100, 3)), (4, 0));
    assert_eq!(after(store, tenant, 0, 10), numbered(&[(4, 14), (5, 15)]));
    assert_eq!(backlog(4), Backlog { changes: 1, since: Some(at(15)) });
    assert_eq!((forget(100, 100), first()), (2, 6));
    assert_eq!(backlog(5), Backlog::default());
    append(store, tenant, 16);
    assert_eq!(backlog(5), Backlog { changes: 1, since: Some(at(16)) });
    assert_eq!(after(store, tenant, 5, 10), numbered(&[(6, 16)]));
}

pub fn whoever_listens_hears_of_commits_alone(store: &TestStore) {
    let [tenant, other] = [samples::tenant(store, 1), samples::tenant(store, 2)];
    let mut listener = store.listen();
    let mut heard = |tenant| listener.of(tenant).now_or_never().is_some();
    append(store, other, 11);
    assert!(!heard(tenant));
    let lost: Result<(), Error> = write(store, move |tx| {
        feed::append(tx, tenant, &change(12))?;
        Err(Error::Full)
    });
    assert!(lost.is_err() && !heard(tenant));
    append(store, tenant, 13);
    assert!(heard(tenant) && !heard(tenant));
    let many = (14..16).map(change).collect::<Vec<_>>();
    write(store, move |tx| feed::append_all(tx, tenant, &many)).unwrap();
    assert!(heard(tenant) && !heard(tenant));
}
