//! Several servers on one database: one of them delivers.

use std::future::pending;

use testkit::Database;

use crate::receiver::Received;
use crate::tenant::Tenant;

async fn once_each(database: Database) {
    let tenant = Tenant::on(database).await;
    let servers: Vec<_> = (0..3).map(|_| tokio::spawn(tenant.deliverer.clone().run(pending()))).collect();
    for number in 0..40 {
        tenant.user(&format!("user{number}")).await;
    }
    tenant.receiver.wait_for(40).await;
    let mut sequences: Vec<i64> = tenant.receiver.take().iter().map(Received::sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=40).collect::<Vec<_>>());
    servers.iter().for_each(|server| server.abort());
}

#[tokio::test]
async fn of_three_servers_one_delivers_on_sqlite() {
    once_each(Database::sqlite()).await;
}

#[tokio::test]
async fn of_three_servers_one_delivers_on_postgres() {
    once_each(Database::postgres()).await;
}
