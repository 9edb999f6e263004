//! Push: what the source tells of is looked at at once.

use std::collections::BTreeSet;
use std::time::Duration;

use connector::ObjectType;
use provisioning::nudge::{self, Nudged};
use testkit::{Call, group, user};

use crate::world::{World, counts_of, users};

async fn nudge(world: &World, anchors: &[&str]) -> Nudged {
    let objects: BTreeSet<_> =
        anchors.iter().map(|anchor| (ObjectType::User, (*anchor).to_owned())).collect();
    nudge::run(&world.context, &world.job, &world.ends(), &objects, Duration::ZERO).await.unwrap()
}

#[tokio::test]
async fn only_those_who_are_told_of_are_looked_at() {
    let world = World::new().await;
    for anchor in ["a", "b", "c"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    world.cycle().await;
    let watermark = world.watermark().await;
    world.source.set("a", "jobTitle", "Analyst");
    world.source.set("b", "jobTitle", "Analyst");
    world.source.remove(ObjectType::User, "c");
    world.source.put(user("d", "d@contoso.com"));
    world.target.take_log();
    let told = nudge(&world, &["a", "c", "d"]).await;
    assert_eq!(told.counts, counts_of([1, 1, 0, 1, 0, 0, 0]));
    assert_eq!(
        world.users(),
        users(&[("a@contoso.com", true), ("b@contoso.com", true), ("d@contoso.com", true)])
    );
    assert_eq!(world.target.user("b@contoso.com").unwrap().get("title"), None);
    assert!(
        !world.target.take_log().contains(&Call::Test),
        "a nudge does not ask whether the target is there"
    );
    assert_eq!(world.watermark().await, watermark);
    assert!(world.log().await[0].detail["initiatedBy"]["type"] == "nudge");

    let rest = world.cycle().await;
    assert_eq!(rest.cycle.counts.written(), 1, "what the nudge did is not done again");
}

#[tokio::test]
async fn a_nudge_does_not_take_away_more_than_the_threshold_allows() {
    let world =
        World::with(&format!("{}\nguard = {{ deletions = {{ count = 2 }} }}", crate::world::JOB)).await;
    for anchor in ["a", "b", "c"] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    world.cycle().await;
    for anchor in ["a", "b"] {
        world.source.remove(ObjectType::User, anchor);
    }
    let told = nudge(&world, &["a", "b"]).await;
    assert_eq!((told.counts.held, told.counts.deleted), (2, 0));
    assert!(told.held.is_some());
    assert_eq!(world.users().len(), 3);
}

#[tokio::test]
async fn a_new_member_is_in_the_group_at_once() {
    let world = World::with(&format!("{}\ngroups = {{}}", crate::world::JOB)).await;
    world.source.put(group("g", "Sales", &["a"]));
    world.cycle().await;
    world.source.put(user("a", "ada@contoso.com"));
    assert_eq!(nudge(&world, &["a"]).await.counts.references, 1);
}
