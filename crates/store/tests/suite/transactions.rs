//! What becomes of what a closure did.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, mpsc};
use std::task::{Context, Waker};

use model::TenantId;
use store::{Error, Store, Tx, params, setting};
use testkit::TestStore;

use crate::samples::{at, at_once, id, read, write};

fn value(store: &Store, name: &'static str) -> Option<String> {
    read(store, move |tx| setting::get(tx, name)).unwrap()
}

pub fn a_committed_write_is_seen_by_everybody(store: &TestStore) {
    let other = Store::open(&store.database().url()).unwrap();
    for round in 0..20_u32 {
        write(store, move |tx| setting::set(tx, "round", &round.to_string())).unwrap();
        assert_eq!(value(store, "round"), Some(round.to_string()));
        assert_eq!(value(&other, "round"), Some(round.to_string()));
    }
}

pub fn a_failed_closure_leaves_nothing(store: &TestStore) {
    let result = write(store, |tx| {
        setting::set(tx, "name", "value")?;
        assert_eq!(setting::get(tx, "name")?.as_deref(), Some("value"));
        Err::<(), _>(Error::Conflict)
    });
    assert!(matches!(result, Err(Error::Conflict)));
    assert_eq!(value(store, "name"), None);
}

pub fn a_failed_statement_ends_the_transaction(store: &TestStore) {
    let result = write(store, |tx| {
        setting::set(tx, "name", "value")?;
        let twice = tx.execute("INSERT INTO setting (name, value) VALUES ($1, $1)", params!["name"]);
        assert!(matches!(twice, Err(Error::Statement(_))), "{twice:?}");
        // The closure takes no notice; its effects are not kept all the same.
        Ok(())
    });
    assert!(matches!(result, Err(Error::Statement(_))), "{result:?}");
    assert_eq!(value(store, "name"), None);
    write(store, |tx| setting::set(tx, "name", "later")).unwrap();
    assert_eq!(value(store, "name").as_deref(), Some("later"));
}

pub fn a_panic_ends_the_transaction_only(store: &TestStore) {
    let result = write(store, |tx| {
        setting::set(tx, "name", "value")?;
        assert!(setting::get(tx, "name")?.is_none(), "a panic on purpose");
        Ok(())
    });
    assert!(matches!(result, Err(Error::Panicked)), "{result:?}");
    let result = read(store, |tx| {
        assert!(setting::get(tx, "name")?.is_some(), "a panic on purpose");
        Ok(())
    });
    assert!(matches!(result, Err(Error::Panicked)), "{result:?}");
    assert_eq!(value(store, "name"), None);
    write(store, |tx| setting::set(tx, "name", "later")).unwrap();
}

pub fn a_failure_takes_no_neighbour_with_it(store: &TestStore) {
    let results = at_once(60, |number| {
        write(store, move |tx| {
            setting::set(tx, &format!("n{number}"), "value")?;
            match number % 3 {
                0 => Ok(()),
                1 => Err(Error::Conflict),
                _ => tx.execute("INSERT INTO setting (name) VALUES (NULL)", &[]).map(drop),
            }
        })
    });
    for (number, result) in (0_u64..).zip(results) {
        let kept = read(store, move |tx| setting::get(tx, &format!("n{number}"))).unwrap();
        assert_eq!(result.is_ok(), number % 3 == 0, "{number}");
        assert_eq!(kept.is_some(), number % 3 == 0, "{number}");
    }
}

pub fn a_closure_that_another_stood_in_the_way_of_is_run_again(store: &TestStore) {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let result = write(store, move |tx| {
        setting::set(tx, "name", "value")?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 { Err(tx.contended()) } else { Ok(()) }
    });
    // SQLite's writers do not run side by side, so that there is nobody to stand in the way.
    let is_run_again = store.database().url().is_postgres();
    assert_eq!(result.is_ok(), is_run_again, "{result:?}");
    assert_eq!(value(store, "name").is_some(), is_run_again);
    assert_eq!(tries.load(Ordering::SeqCst), if is_run_again { 2 } else { 1 });
}

pub fn a_read_can_not_write(store: &TestStore) {
    let result = read(store, |tx| setting::set(tx, "name", "value"));
    assert!(result.is_err());
    assert_eq!(value(store, "name"), None);
    write(store, |tx| setting::set(tx, "name", "value")).unwrap();
}

pub fn a_snapshot_can_be_read(store: &TestStore) {
    write(store, |tx| setting::set(tx, "name", "before")).unwrap();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let snapshot = {
        let store = Store::clone(store);
        std::thread::spawn(move || {
            read(&store, move |tx| {
                tx.snapshot()?;
                let before = setting::get(tx, "name")?;
                begun.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok((before, setting::get(tx, "name")?))
            })
        })
    };
    has_begun.recv().unwrap();
    write(store, |tx| setting::set(tx, "name", "after")).unwrap();
    go_on.send(()).unwrap();
    let (first, second) = snapshot.join().unwrap().unwrap();
    assert_eq!((first.as_deref(), second.as_deref()), (Some("before"), Some("before")));
    assert_eq!(value(store, "name").as_deref(), Some("after"));
}

pub fn parameters_and_columns_keep_their_values(store: &TestStore) {
    let texts = ["", "a", "ä€😀", "x'; DROP TABLE token; --", "$1 ? %", "\u{1}\u{7f}"];
    let tenant = TenantId(id(7));
    for text in texts {
        let read_back = write(store, move |tx| {
            tx.execute("DELETE FROM token", &[])?;
            tx.execute(
                "INSERT INTO token (tenant_id, token_id, digest, label, created, expires, revoked)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![tenant, text, [0_u8, 255, 39].as_slice(), text, at(3), Some(i64::MIN), None::<i64>],
            )?;
            tx.query_one(
                "SELECT tenant_id, token_id, digest, created, expires, revoked FROM token WHERE token_id = $1",
                params![text],
                |row| {
                    assert_eq!(row.get::<TenantId>(0)?, tenant);
                    assert_eq!(row.get::<Vec<u8>>(2)?, [0, 255, 39]);
                    assert_eq!(row.get::<jiff::Timestamp>(3)?, at(3));
                    assert_eq!(row.get::<Option<i64>>(4)?, Some(i64::MIN));
                    assert_eq!(row.get::<Option<jiff::Timestamp>>(5)?, None);
                    assert!(matches!(row.get::<i64>(1), Err(Error::Corrupt { place }) if place.contains("token_id")));
                    row.get::<String>(1)
                },
            )
        });
        assert_eq!(read_back.unwrap(), text);
    }
}

pub fn a_look_up_reads_and_fails_as_a_read_does(store: &TestStore) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    write(store, |tx| setting::set(tx, "name", "value")).unwrap();
    runtime.block_on(async {
        let value = store.look_up(|tx| setting::get(tx, "name"));
        assert_eq!(value.await.unwrap().as_deref(), Some("value"));
        let written = store.look_up(|tx| tx.execute("DELETE FROM setting", &[]));
        assert!(written.await.is_err(), "a look-up can't write");
        let panicked: Result<(), Error> = store.look_up(|_| panic!("a bug")).await;
        assert!(matches!(panicked, Err(Error::Panicked)));
        let value = store.look_up(|tx| setting::get(tx, "name"));
        assert_eq!(value.await.unwrap().as_deref(), Some("value"), "the connection is as good as before");
        store.close();
        let late = store.look_up(|tx| setting::get(tx, "name")).await;
        assert!(matches!(late, Err(Error::Closed)));
    });
}

pub fn what_waits_is_done_before_the_store_closes(store: &TestStore) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = Store::clone(store);
    runtime.block_on(async move {
        let (open, gate) = mpsc::channel::<()>();
        let first = {
            let handle = handle.clone();
            tokio::spawn(async move { handle.write(move |_| gate.recv().map_err(|_| Error::Conflict)).await })
        };
        tokio::task::yield_now().await;
        let others: Vec<_> = (0..20)
            .map(|number| {
                let handle = handle.clone();
                let set =
                    async move { handle.write(move |tx| setting::set(tx, &format!("n{number}"), "")).await };
                tokio::spawn(set)
            })
            .collect();
        tokio::task::yield_now().await;
        let closing = {
            let handle = handle.clone();
            std::thread::spawn(move || handle.close())
        };
        open.send(()).unwrap();
        first.await.unwrap().unwrap();
        for other in others {
            other.await.unwrap().unwrap();
        }
        closing.join().unwrap();
        let late = handle.write(|tx| setting::set(tx, "late", "")).await;
        assert!(matches!(late, Err(Error::Closed)));
    });
    let reopened = Store::open(&store.database().url()).unwrap();
    let count =
        read(&reopened, |tx| tx.query_one("SELECT count(*) FROM setting", &[], |row| row.get::<i64>(0)));
    assert_eq!(count.unwrap(), 20);
}

/// On PostgreSQL, which has connections enough, the second closure would begin at once.
#[test]
fn what_nobody_waits_for_does_not_begin() {
    let store = testkit::sqlite();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = Store::clone(&store);
    runtime.block_on(async move {
        let (open, gate) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let handle = handle.clone();
            async move { handle.write(move |_| gate.recv().map_err(|_| Error::Conflict)).await }
        });
        let second = tokio::spawn({
            let handle = handle.clone();
            async move { handle.write(|tx| setting::set(tx, "name", "")).await }
        });
        tokio::task::yield_now().await;
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        open.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(handle.read(|tx| setting::get(tx, "name")).await.unwrap(), None);
    });
}

#[test]
fn a_full_disk_is_told_and_survived() {
    let store = testkit::sqlite();
    let page_limit = |limit: &'static str| {
        write(&store, move |tx| tx.query_one(limit, &[], |row| row.get::<i64>(0))).unwrap();
    };
    page_limit("PRAGMA max_page_count = 60");
    let large = "x".repeat(1_000_000);
    let result = write(&store, move |tx| setting::set(tx, "large", &large));
    assert!(matches!(result, Err(Error::Full)), "{result:?}");
    assert!(result.unwrap_err().hint().is_some());
    page_limit("PRAGMA max_page_count = 100000");
    write(&store, |tx| setting::set(tx, "small", "x")).unwrap();
    assert_eq!(value(&store, "large"), None);
    assert_eq!(value(&store, "small").as_deref(), Some("x"));
}

#[test]
fn a_deadlock_is_run_again() {
    let store = testkit::postgres();
    for name in ["a", "b"] {
        write(&store, move |tx| setting::set(tx, name, "0")).unwrap();
    }
    let both_hold_one = Arc::new(Barrier::new(2));
    let results = at_once(2, |number| {
        let (first, second) = if number == 0 { ("a", "b") } else { ("b", "a") };
        let both_hold_one = Arc::clone(&both_hold_one);
        let tries = AtomicUsize::new(0);
        write(&store, move |tx| {
            let add = "UPDATE setting SET value = value || '1' WHERE name = $1";
            tx.execute(add, params![first])?;
            if tries.fetch_add(1, Ordering::SeqCst) == 0 {
                both_hold_one.wait();
            }
            tx.execute(add, params![second]).map(drop)
        })
    });
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(value(&store, "a").as_deref(), Some("011"));
    assert_eq!(value(&store, "b").as_deref(), Some("011"));
}

#[test]
fn a_broken_connection_is_made_again() {
    let store = testkit::postgres();
    write(&store, |tx| setting::set(tx, "name", "before")).unwrap();
    let ended = read(&store, |tx| {
        tx.query(
            "SELECT pg_terminate_backend(pid)::int::bigint FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
            &[],
            |row| row.get::<bool>(0),
        )
    });
    ended.unwrap();
    // More than there are connections, so that each of them is used.
    let results = at_once(32, |number| {
        write(&store, move |tx| setting::set(tx, &format!("n{number}"), ""))
            .and_then(|()| read(&store, |tx| setting::get(tx, "name")))
    });
    for result in results {
        assert_eq!(result.unwrap().as_deref(), Some("before"));
    }
}

#[test]
fn two_processes_write_one_file() {
    let store = testkit::sqlite();
    let other = Store::open(&store.database().url()).unwrap();
    let results = at_once(8, |number| {
        let store = if number % 2 == 0 { &*store } else { &other };
        (0..25)
            .try_for_each(|round| write(store, move |tx| setting::set(tx, &format!("n{number}-{round}"), "")))
    });
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let count = read(&store, |tx| tx.query_one("SELECT count(*) FROM setting", &[], |row| row.get::<i64>(0)));
    assert_eq!(count.unwrap(), 200);
}

/// Without statistics a look-up among the users of a first cycle is a scan.
#[test]
fn statistics_are_made_before_autovacuum_looks() {
    let store = testkit::postgres();
    at_once(4, |thread| {
        for round in 0..25 {
            write(&store, move |tx| setting::set(tx, &format!("n{thread}-{round}"), "")).unwrap();
        }
    });
    store.close();
    let reopened = Store::open(&store.database().url()).unwrap();
    let known = read(&reopened, |tx| {
        tx.query_one("SELECT reltuples::bigint FROM pg_class WHERE oid = 'setting'::regclass", &[], |row| {
            row.get::<i64>(0)
        })
    });
    assert!(known.unwrap() > 50);
}

/// Row D8: one tenant's reads hold all threads that they can get, and another one's is answered.
pub fn one_tenant_does_not_hold_up_another(store: &TestStore) {
    let (greedy, modest) = (store.of_tenant(TenantId(id(1))), store.of_tenant(TenantId(id(2))));
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let mut held: Vec<_> = (0..32)
        .map(|_| {
            let (greedy, gate) = (greedy.clone(), Arc::clone(&gate));
            Box::pin(async move {
                let wait = move |_: &mut Tx<'_>| {
                    let opened = gate.0.lock().unwrap();
                    drop(gate.1.wait_while(opened, |opened| !*opened).unwrap());
                    Ok::<_, Error>(())
                };
                greedy.read(wait).await
            })
        })
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    for read in &mut held {
        assert!(read.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(modest.read_blocking(|_| Ok::<_, Error>(7)).unwrap(), 7);
    assert_eq!(store.read_blocking(|_| Ok::<_, Error>(8)).unwrap(), 8, "nor the installation itself");
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
}
