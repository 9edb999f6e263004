//! What a read of changes costs does not depend on the size of the company.

use serde_json::json;
use testkit::graph::Graph;

use crate::company::{assigned, changes, company, full, id, source, user};

const CHANGED: u32 = 50;

async fn of_size(users: u32) -> Graph {
    let graph = company(&[]).await;
    let names: Vec<String> = (0..users).map(|n| format!("{:x}", 0x10_0000 + n)).collect();
    for name in &names {
        graph.put_user(&user(name));
    }
    let members: Vec<String> = names.iter().map(|name| id(name)).collect();
    let group = json!({ "id": id("91"), "displayName": "All", "securityEnabled": true, "members": members });
    graph.put_group(&group);
    graph.assign(&id("91"));
    graph.behave(|behaviour| behaviour.page_size = 1000);
    graph
}

/// The number of requests, inside batches and in all, of a read of changes.
async fn requests(users: u32) -> (usize, usize) {
    let graph = of_size(users).await;
    let source = source(&graph, &assigned());
    let first = full(&source).await;
    assert_eq!(first.entries.len(), users as usize);
    for n in 0..CHANGED {
        graph.edit_user(&id(&format!("{:x}", 0x10_0000 + n)), &json!({ "city": "Omaha" }));
    }
    graph.take_log();
    let second = changes(&source, &first).await;
    assert_eq!(second.entries.len(), CHANGED as usize);
    assert!(second.told().iter().all(|told| told.ends_with("ByGroup(All)")));
    let log = graph.take_log();
    (log.iter().filter(|asked| asked.in_batch).count(), log.len())
}

#[tokio::test]
async fn of_50_000_users_50_changed() {
    // Users, groups and assignments are asked for what changed; each user for its state, and for its groups.
    let (in_batches, all) = requests(50_000).await;
    assert_eq!(in_batches, 2 * CHANGED as usize);
    assert!(all - in_batches <= 3 + 2 * CHANGED.div_ceil(20) as usize, "{all}");
}

#[tokio::test]
async fn where_groups_are_small_they_are_read_instead() {
    let (in_batches, all) = requests(500).await;
    assert_eq!((in_batches, all), (CHANGED as usize, CHANGED as usize + 4 + CHANGED.div_ceil(20) as usize));
}
