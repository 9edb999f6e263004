//! How long is sent to one receiver, and while what lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use events::Hold;
use events::limits::{BATCH_TIME, LEASE, TURN_TIME};
use events::stream::{self, Disabled};
use jiff::Timestamp;
use model::Clock;
use serde_json::json;
use store::params;
use testkit::{Database, Hands};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::receiver::{Received, Reply};
use crate::tenant::Tenant;

/// Two events of a user, of which the first is not answered until it is released.
async fn held(database: Database) -> Tenant {
    let tenant = Tenant::on(database).await;
    let ana = tenant.user("ana").await;
    tenant.patch(ana, "title", json!("Boss")).await;
    tenant.receiver.answers(&[Reply::Held]);
    tenant
}

fn sequences(tenant: &Tenant) -> Vec<i64> {
    tenant.receiver.take().iter().map(Received::sequence).collect()
}

#[tokio::test]
async fn who_can_not_renew_the_lease_begins_no_further_request() {
    let tenant = held(Database::sqlite()).await;
    let hold = Hold::since(tenant.now());
    let time_passes = async {
        tenant.receiver.wait_for(1).await;
        tenant.pass(LEASE);
        tenant.receiver.release();
    };
    tokio::join!(tenant.deliver_holding(&hold), time_passes);
    assert_eq!(sequences(&tenant), [1]);
    let noted = tenant.stream().await;
    assert_eq!((noted.delivered, noted.failures), (1, 0), "what was confirmed counts");
    tenant.deliver_holding(&hold).await;
    assert_eq!(sequences(&tenant), [0; 0]);
    tenant.deliver().await;
    assert_eq!(sequences(&tenant), [2]);
}

#[tokio::test]
async fn a_stream_that_is_disabled_during_a_slow_batch_is_sent_no_more() {
    for database in [Database::sqlite(), Database::postgres()] {
        let tenant = held(database).await;
        let (id, stream) = (tenant.id, tenant.stream);
        let disabled = async {
            tenant.receiver.wait_for(1).await;
            tenant.write(move |tx| stream::disable(tx, id, stream, Disabled::OnRequest)).await;
            tenant.pass(BATCH_TIME);
            tenant.receiver.release();
        };
        tokio::join!(tenant.deliver(), disabled);
        assert_eq!((sequences(&tenant), tenant.stream().await.delivered), (vec![1], 1));
    }
}

#[tokio::test]
async fn a_slow_receiver_lets_others_have_their_turn() {
    let tenant = held(Database::sqlite()).await;
    let time_passes = async {
        tenant.receiver.wait_for(1).await;
        tenant.pass(TURN_TIME);
        tenant.receiver.release();
    };
    tokio::join!(tenant.deliver(), time_passes);
    assert_eq!((sequences(&tenant), tenant.stream().await.delivered), (vec![1], 1));
    tenant.deliver().await;
    assert_eq!(sequences(&tenant), [2]);
}

/// A clock that tells how often it was looked at.
struct Watched {
    hands: Arc<Hands>,
    looks: AtomicUsize,
    looked: Notify,
}

impl Clock for Watched {
    fn now(&self) -> Timestamp {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.looked.notify_waiters();
        self.hands.now()
    }
}

impl Watched {
    /// Waits until it was looked at so often from now on.
    async fn wait_for(&self, count: usize) {
        let end = self.looks.load(Ordering::SeqCst) + count;
        loop {
            let looked = self.looked.notified();
            if self.looks.load(Ordering::SeqCst) >= end {
                return;
            }
            looked.await;
        }
    }
}

#[tokio::test]
async fn a_lease_that_can_not_be_renewed_for_a_moment_stops_nothing() {
    for database in [Database::sqlite(), Database::postgres()] {
        let tenant = held(database).await;
        let clock = Arc::new(Watched {
            hands: tenant.hands.clone(),
            looks: AtomicUsize::default(),
            looked: Notify::new(),
        });
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let mut deliverer = tenant.deliverer.clone();
        deliverer.clock = clock.clone();
        let server = tokio::spawn(deliverer.run(async { drop(stopped.await) }));
        tenant.receiver.wait_for(1).await;
        let rename = async |sql: &'static str| tenant.write(move |tx| tx.execute(sql, params![])).await;
        rename("ALTER TABLE lease RENAME TO lent").await;
        // The round after the next one begins once the next one has failed.
        clock.wait_for(2).await;
        tenant.receiver.release();
        timeout(Duration::from_secs(10), tenant.receiver.wait_for(2)).await.expect("the second event");
        rename("ALTER TABLE lent RENAME TO lease").await;
        drop(stop);
        server.await.unwrap();
        assert_eq!(sequences(&tenant), [1, 2]);
    }
}
