//! Reading what changed: the lifecycle, and a log that is late or repeats itself.

use std::time::Duration;

use connector::{Coverage, Entry, Error, Members, ObjectType, Source, Watermark};
use serde_json::json;

use crate::world::{World, in_words, read};

/// Reads what changed since a watermark, compares it, and moves the watermark.
async fn expect(world: &World, watermark: &mut Watermark, users: &str) {
    let read = world.read(Some(watermark)).await;
    assert_eq!(in_words(&read), users);
    assert_eq!(read.1.coverage, Coverage::Changes);
    *watermark = read.1.watermark;
}

#[tokio::test]
async fn a_life() {
    let world = World::with_users("ab").await;
    let mut watermark = world.watermark().await;
    expect(&world, &mut watermark, "").await;
    world.create_user("c");
    expect(&world, &mut watermark, "c").await;
    world.okta.edit(|org| org.update_profile("c", json!({ "title": "Engineer" })));
    expect(&world, &mut watermark, "c").await;
    world.okta.edit(|org| org.suspend("c"));
    expect(&world, &mut watermark, "c").await;
    world.okta.edit(|org| org.deactivate("c"));
    expect(&world, &mut watermark, "c?").await;
    world.okta.edit(|org| org.activate("c"));
    expect(&world, &mut watermark, "c").await;
    world.okta.edit(|org| org.delete_user("c"));
    expect(&world, &mut watermark, "c!").await;
    expect(&world, &mut watermark, "").await;
}

#[tokio::test]
async fn a_read_without_changes_asks_the_log_alone() {
    let world = World::with_users("abc").await;
    let watermark = world.watermark().await;
    world.okta.pass(Duration::from_secs(3600));
    world.asked();
    world.read(Some(&watermark)).await;
    assert!(world.asked().iter().all(|path| path == "/api/v1/logs"));
}

#[tokio::test]
async fn an_event_that_comes_late_is_not_missed() {
    let world = World::with_users("ab").await;
    let mut watermark = world.watermark().await;
    world.okta.edit(|org| {
        org.delay_log(true);
        org.update_profile("a", json!({ "title": "Engineer" }));
    });
    world.okta.pass(Duration::from_secs(60));
    expect(&world, &mut watermark, "").await;
    world.okta.edit(|org| org.delay_log(false));
    world.okta.edit(|org| org.update_profile("b", json!({ "title": "Engineer" })));
    expect(&world, &mut watermark, "a b").await;

    // One that is older than another, which was seen before.
    world.okta.edit(|org| {
        org.delay_log(true);
        org.update_profile("a", json!({ "title": "Manager" }));
    });
    world.okta.pass(Duration::from_secs(600));
    world.okta.edit(|org| org.delay_log(false));
    expect(&world, &mut watermark, "a").await;
    expect(&world, &mut watermark, "").await;
}

#[tokio::test]
async fn what_happens_during_a_full_read_comes_in_the_next() {
    let world = World::with_users("abc").await;
    world.okta.edit(|org| org.page_size(1));
    let source = world.source();
    let mut reading = source.read(None).await.unwrap();
    reading.next_page().await.unwrap();
    world.okta.edit(|org| {
        org.update_profile("a", json!({ "title": "Engineer" }));
        org.deactivate("c");
    });
    while reading.next_page().await.unwrap().is_some() {}
    let mut watermark = reading.finish().unwrap().watermark;
    expect(&world, &mut watermark, "a c?").await;
}

#[tokio::test]
async fn an_event_that_is_told_twice_is_one_change() {
    let world = World::with_users("ab").await;
    let mut watermark = world.watermark().await;
    world.okta.edit(|org| {
        org.repeat_log();
        org.page_size(1);
        org.deactivate("a");
        org.activate("a");
    });
    expect(&world, &mut watermark, "a").await;
    expect(&world, &mut watermark, "").await;
}

#[tokio::test]
async fn the_log_of_months_ago_is_not_trusted() {
    let world = World::with_users("a").await;
    let watermark = world.watermark().await;
    world.okta.pass(Duration::from_secs(88 * 24 * 3600));
    assert_eq!(in_words(&world.read(Some(&watermark)).await), "");
    world.okta.pass(Duration::from_secs(2 * 24 * 3600));
    let error = read(&world.source(), Some(&watermark)).await.unwrap_err();
    assert!(matches!(error, Error::WatermarkExpired), "{error}");
}

#[tokio::test]
async fn more_changes_than_are_worth_it_are_a_full_read() {
    let world = World::with_users("a").await;
    let watermark = world.watermark().await;
    world
        .okta
        .edit(|org| (0..5001).for_each(|n| org.record("user.lifecycle.create", &[("User", &n.to_string())])));
    let error = read(&world.source(), Some(&watermark)).await.unwrap_err();
    assert!(matches!(error, Error::WatermarkExpired), "{error}");
}

#[tokio::test]
async fn who_comes_back_is_in_the_groups_again() {
    let mut world = World::with_users("ab").await;
    world.okta.edit(|org| {
        for group in ["g", "h"] {
            org.create_group(group, group);
            org.add_member(group, "a");
        }
        org.assign_group("g", 0, json!({}));
        org.deactivate("a");
    });
    let watermark = world.watermark().await;
    world.okta.edit(|org| org.activate("a"));
    let (entries, _) = world.read(Some(&watermark)).await;
    assert_eq!(entries.len(), 2, "the other group's members don't matter: {entries:?}");
    let Entry::Present(group) = &entries[&(ObjectType::Group, "g".into())] else { panic!("{entries:?}") };
    assert_eq!(group.members, Some(Members::All(vec![connector::Member::user("a")])));
    world.needs.assignments = false;
    assert_eq!(world.read(Some(&watermark)).await.0.len(), 3);
    world.needs.groups = false;
    assert_eq!(world.read(Some(&watermark)).await.0.len(), 1);
}

#[tokio::test]
async fn a_group_comes_with_its_present_members() {
    let world = World::with_users("abc").await;
    world.okta.edit(|org| {
        org.create_group("g", "Sales");
        org.assign_group("g", 0, json!({}));
        org.add_member("g", "a");
    });
    let watermark = world.watermark().await;
    world.okta.edit(|org| {
        org.remove_member("g", "a");
        org.add_member("g", "b");
        org.rename_group("g", "Selling");
    });
    let (entries, completed) = world.read(Some(&watermark)).await;
    let Entry::Present(group) = &entries[&(ObjectType::Group, "g".into())] else { panic!("{entries:?}") };
    assert_eq!(group.display, "Selling");
    assert_eq!(group.members, Some(Members::All(vec![connector::Member::user("b")])));
    assert_eq!(entries.len(), 3, "and those whose assignment that changed");

    let mut world = world;
    (world.app, world.needs.assignments) = (None, false);
    world.okta.edit(|org| org.delete_group("g"));
    let (entries, _) = world.read(Some(&completed.watermark)).await;
    assert!(matches!(entries[&(ObjectType::Group, "g".into())], Entry::Removed { .. }), "{entries:?}");
}
