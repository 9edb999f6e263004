//! People who join, move, leave and return.

use connector::{Assignment, ObjectType};
use model::cycle::CycleKind;
use model::link::LinkState;
use provisioning::progress::Unwatched;
use provisioning::step::Decision;
use serde_json::{Value, json};
use testkit::{Call, user};

use crate::world::{World, users};

#[tokio::test]
async fn joiners_are_created_and_the_next_cycle_writes_nothing() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "bob@contoso.com"));
    let first = world.expect([2, 0, 0, 0, 0, 0, 0]).await;
    assert_eq!(first.cycle.kind, CycleKind::Initial);
    assert_eq!(world.users(), users(&[("ada@contoso.com", true), ("bob@contoso.com", true)]));
    world.target.take_log();
    let second = world.expect([0; 7]).await;
    assert_eq!(second.cycle.kind, CycleKind::Incremental);
    assert_eq!(world.target.take_log(), [Call::Test]);
}

#[tokio::test]
async fn a_source_that_can_only_be_read_whole_sends_nothing_for_who_has_not_changed() {
    let world = World::new().await;
    world.source.always_full();
    for (anchor, name) in [("a", "ada@contoso.com"), ("b", "bob@contoso.com"), ("c", "cy@contoso.com")] {
        world.source.put(user(anchor, name));
    }
    world.expect([3, 0, 0, 0, 0, 0, 0]).await;
    world.source.set("b", "jobTitle", "Analyst");
    world.expect([0, 1, 0, 0, 2, 0, 0]).await;
    assert_eq!(world.target.user("bob@contoso.com").unwrap()["title"], "Analyst");
}

#[tokio::test]
async fn only_what_differs_is_sent() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.set("a", "city", "Lincoln");
    world.source.set("a", "preferredLanguage", "en");
    world.target.take_log();
    world.expect([0, 1, 0, 0, 0, 0, 0]).await;
    let exports = serde_json::to_value(world.target.exports()).unwrap();
    let changes = &exports[0]["update"]["changes"];
    assert_eq!(changes.as_array().unwrap().len(), 1);
    assert_eq!(changes[0]["after"], "Lincoln");
}

#[tokio::test]
async fn a_pure_change_of_letter_case_reaches_the_target() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.set("a", "userPrincipalName", "Ada@contoso.com");
    world.expect([0, 1, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("Ada@contoso.com", true)]));
}

#[tokio::test]
async fn somebody_the_application_has_already_is_matched_and_kept() {
    let world = World::new().await;
    let id = world
        .target
        .put(ObjectType::User, json!({ "userName": "ADA@contoso.com", "nickName": "Ada", "active": true }));
    world.source.put(user("a", "ada@contoso.com"));
    world.expect([0, 1, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.id_of("ada@contoso.com"), id);
    assert_eq!(world.target.user("ada@contoso.com").unwrap()["nickName"], "Ada");
}

#[tokio::test]
async fn a_disabled_person_is_disabled_and_comes_back_under_the_same_id() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    let id = world.id_of("ada@contoso.com");
    world.source.edit("a", |o| o.enabled = false);
    world.expect([0, 0, 1, 0, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", false)]));
    world.source.edit("a", |o| o.enabled = true);
    world.expect([0, 1, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    assert_eq!(world.id_of("ada@contoso.com"), id);
}

#[tokio::test]
async fn soft_deleted_restored_and_deleted_for_good() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("a", |o| {
        o.soft_deleted = true;
        o.assignment = Assignment::Unassigned;
    });
    world.expect([0, 0, 1, 0, 0, 0, 0]).await;
    assert_eq!(
        world.link("a").await.unwrap().state,
        LinkState::Disabled,
        "a directory takes assignments away"
    );
    world.source.edit("a", |o| {
        o.soft_deleted = false;
        o.assignment = Assignment::Direct;
    });
    world.expect([0, 1, 0, 0, 0, 0, 0]).await;
    world.source.remove(ObjectType::User, "a");
    world.expect([0, 0, 0, 1, 0, 0, 0]).await;
    assert_eq!(world.users(), []);
    assert_eq!(world.link("a").await, None);
}

#[tokio::test]
async fn absence_from_a_whole_read_deletes() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "bob@contoso.com"));
    world.cycle().await;
    world.source.remove(ObjectType::User, "a");
    world.source.expire_watermarks();
    world.expect([0, 0, 0, 1, 1, 0, 0]).await;
    assert_eq!(world.users(), users(&[("bob@contoso.com", true)]));
}

#[tokio::test]
async fn hired_again_under_a_new_account_in_the_cycle_of_the_deletion() {
    let world = World::new().await;
    world.source.put(user("b-old", "ada@contoso.com"));
    world.cycle().await;
    let old = world.id_of("ada@contoso.com");
    world.source.remove(ObjectType::User, "b-old");
    // Sorted before the old account, so that it is read first.
    world.source.put(user("a-new", "ada@contoso.com"));
    world.expect([1, 0, 0, 1, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    assert_ne!(world.id_of("ada@contoso.com"), old);
}

#[tokio::test]
async fn hired_again_while_the_old_account_is_in_the_recycle_bin_takes_the_user_over() {
    let world = World::new().await;
    world.source.put(user("old", "ada@contoso.com"));
    world.cycle().await;
    let id = world.id_of("ada@contoso.com");
    world.source.edit("old", |o| o.soft_deleted = true);
    world.cycle().await;
    world.source.put(user("new", "ada@contoso.com"));
    world.expect([0, 1, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    assert_eq!(world.id_of("ada@contoso.com"), id, "the same person, with everything kept");
    // The purge of the old account must not delete the person who returned.
    world.source.remove(ObjectType::User, "old");
    world.cycle().await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
}

#[tokio::test]
async fn purged_and_hired_again_in_one_cycle_after_a_soft_delete() {
    // The old account's deletion and the new account come in either order, and in one page.
    for anchor in ["a-new", "z-new"] {
        let world = World::new().await;
        world.source.put(user("old", "ada@contoso.com"));
        world.cycle().await;
        let id = world.id_of("ada@contoso.com");
        world.source.edit("old", |o| o.soft_deleted = true);
        world.cycle().await;
        world.source.remove(ObjectType::User, "old");
        world.source.put(user(anchor, "ada@contoso.com"));
        world.expect([0, 1, 0, 0, 0, 0, 0]).await;
        assert_eq!(world.users(), users(&[("ada@contoso.com", true)]), "{anchor}");
        assert_eq!(world.id_of("ada@contoso.com"), id, "{anchor}");
        assert_eq!(world.link("old").await, None);
        world.expect([0; 7]).await;
        assert_eq!(world.users(), users(&[("ada@contoso.com", true)]), "{anchor}");
    }
}

#[tokio::test]
async fn a_plan_does_not_delete_whom_it_takes_over() {
    let world = World::new().await;
    world.source.put(user("old", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("old", |o| o.soft_deleted = true);
    world.cycle().await;
    world.source.remove(ObjectType::User, "old");
    world.source.put(user("new", "ada@contoso.com"));
    let planned =
        provisioning::plan::make(&world.context, &world.job, &world.ends(), &Unwatched).await.unwrap();
    let decisions: Vec<_> = planned.steps.iter().map(|step| step.decision).collect();
    assert_eq!(decisions, [Decision::Update]);
}

#[tokio::test]
async fn who_is_taken_over_while_having_news_of_their_own_loses_the_link() {
    let world = World::new().await;
    world.source.put(user("old", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("old", |o| o.soft_deleted = true);
    world.cycle().await;
    world.source.set("old", "jobTitle", "Analyst");
    world.source.put(user("new", "ada@contoso.com"));
    world.cycle().await;
    assert_eq!(world.link("old").await, None);
    assert_eq!(world.link("new").await.unwrap().target_id, world.id_of("ada@contoso.com"));
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
}

#[tokio::test]
async fn a_user_deleted_in_the_application_is_made_anew() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.target.remove(ObjectType::User, &world.id_of("ada@contoso.com"));
    world.source.set("a", "city", "Lincoln");
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.log().await[0].code.as_deref(), Some("InvalidAnchor"));
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
}

#[tokio::test]
async fn an_emptied_value_keeps_or_clears() {
    for (empty, expected) in [("keep", json!("Lincoln")), ("clear", Value::Null)] {
        let job = crate::world::JOB
            .replace("preset = \"workplace\"", &format!("preset = \"workplace\", empty = \"{empty}\""));
        let world = World::with(&job).await;
        world.source.put(user("a", "ada@contoso.com"));
        world.source.set("a", "city", "Lincoln");
        world.cycle().await;
        world.source.set("a", "city", Value::Null);
        world.cycle().await;
        let held = world.target.user("ada@contoso.com").unwrap();
        let city = held["addresses"][0]["locality"].clone();
        assert_eq!(city, expected, "{empty}");
    }
}

#[tokio::test]
async fn the_log_tells_each_change_with_old_and_new_value() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.set("a", "jobTitle", "Analyst");
    world.cycle().await;
    world.source.set("a", "jobTitle", "Manager");
    world.cycle().await;
    let entry = &world.log().await[0];
    assert_eq!((entry.action.as_str(), entry.status.as_str()), ("update", "success"));
    assert_eq!(entry.display, "ada@contoso.com");
    assert_eq!(entry.target_id, Some(world.id_of("ada@contoso.com")));
    assert_eq!(
        entry.detail["modifiedProperties"],
        json!([{ "displayName": "title", "oldValue": "Analyst", "newValue": "Manager" }])
    );
}
