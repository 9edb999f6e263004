//! Who is assigned, through what, and with which profile.

use connector::{Assignment, Entry, ObjectType, Source};
use serde_json::json;

use crate::world::{World, in_words};

fn by(group: &str) -> Assignment {
    Assignment::ByGroup { group: group.to_owned() }
}

/// `a` is in all three groups, `b` in the last two, `c` in the last; `d` and `a` are not assigned otherwise.
async fn three_groups() -> World {
    let world = World::with_users("abcd").await;
    world.okta.edit(|org| {
        for (group, name, members, priority) in
            [("g", "Sales", "a", 2), ("h", "IT", "ab", 1), ("i", "All", "abc", 7)]
        {
            org.create_group(group, name);
            members.chars().for_each(|user| org.add_member(group, &user.to_string()));
            org.assign_group(group, priority, json!({ "role": name }));
        }
    });
    world
}

/// How users are assigned and with which role, as a full read and as `get` say.
async fn check(world: &World, id: &str, assignment: Assignment, role: Option<&str>) {
    let read = world.user(id).await;
    let Some(Entry::Present(got)) = world.source().get(ObjectType::User, &[id.into()]).await.unwrap().pop()
    else {
        panic!("{id} is not there")
    };
    assert_eq!(read, got);
    let found = read.attributes.get("app").map(|app| app["role"].clone());
    assert_eq!((read.assignment, found), (assignment, role.map(Into::into)), "{id}");
}

#[tokio::test]
async fn of_several_groups_the_lowest_number_wins() {
    let world = three_groups().await;
    check(&world, "a", by("IT"), Some("IT")).await;
    check(&world, "b", by("IT"), Some("IT")).await;
    check(&world, "c", by("All"), Some("All")).await;
    check(&world, "d", Assignment::Unassigned, None).await;
}

#[tokio::test]
async fn an_own_assignment_comes_before_all_groups() {
    let world = three_groups().await;
    world.okta.edit(|org| org.assign_user("a", json!({ "role": "Boss" })));
    check(&world, "a", Assignment::Direct, Some("Boss")).await;
}

#[tokio::test]
async fn another_priority_changes_all_members() {
    let world = three_groups().await;
    let before = world.watermark().await;
    world.okta.edit(|org| org.assign_group("i", 0, json!({ "role": "All" })));
    let read = world.read(Some(&before)).await;
    assert_eq!(in_words(&read), "a b c", "although the log names the group alone");
    check(&world, "a", by("All"), Some("All")).await;
}

#[tokio::test]
async fn who_loses_the_assignment_comes_unassigned() {
    let world = three_groups().await;
    world.okta.edit(|org| org.assign_user("d", json!({})));
    for (change, expect) in [(0, "d"), (1, "c"), (2, "a b")] {
        let before = world.watermark().await;
        world.okta.edit(|org| match change {
            0 => org.unassign_user("d"),
            1 => org.remove_member("i", "c"),
            _ => org.unassign_group("h"),
        });
        let read = world.read(Some(&before)).await;
        assert_eq!(in_words(&read), expect);
        for entry in read.0.values() {
            let Entry::Present(object) = entry else { panic!("{entry:?}") };
            if object.object_type == ObjectType::User && expect.len() == 1 {
                assert_eq!(object.assignment, Assignment::Unassigned, "{}", object.anchor);
            }
        }
    }
    check(&world, "a", by("Sales"), Some("Sales")).await;
    check(&world, "b", by("All"), Some("All")).await;
}

#[tokio::test]
async fn a_deleted_group_takes_its_assignments_along() {
    let world = three_groups().await;
    let before = world.watermark().await;
    world.okta.edit(|org| org.delete_group("i"));
    let expired = world.source().read(Some(&before)).await.err();
    assert!(matches!(expired, Some(connector::Error::WatermarkExpired)), "nobody can tell who was in it");
    check(&world, "c", Assignment::Unassigned, None).await;
}

#[tokio::test]
async fn assignments_elsewhere_touch_nobody() {
    let world = three_groups().await;
    let before = world.watermark().await;
    world.okta.edit(|org| org.assign_elsewhere("a"));
    assert_eq!(in_words(&world.read(Some(&before)).await), "");
}
