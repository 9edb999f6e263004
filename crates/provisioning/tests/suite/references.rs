//! Groups, members and managers.

use connector::{Error, Member, Members, Object, ObjectType, Operation};
use jiff::SignedDuration;
use provisioning::cycle::Options;
use provisioning::plan::Planned;
use provisioning::progress::Unwatched;
use provisioning::{apply, plan};
use serde_json::{Value, json};
use testkit::{Call, Fault, group, user};

use crate::world::{World, counts_of, users, with_references};

async fn world() -> World {
    World::with(&with_references()).await
}

fn with_manager(anchor: &str, name: &str, manager: &str) -> Object {
    let mut user = user(anchor, name);
    user.attributes.insert("manager".into(), Value::from(manager));
    user
}

/// The members of a group of the application by their names, sorted.
fn members(world: &World, name: &str) -> Vec<String> {
    let groups = world.target.objects(ObjectType::Group);
    let group = groups.iter().find(|g| g["displayName"] == name).unwrap();
    let everybody = [ObjectType::User, ObjectType::Group].map(|kind| world.target.objects(kind)).concat();
    let name_of = |id: &Value| {
        let member = everybody.iter().find(|o| o["id"] == *id).unwrap();
        member.get("userName").or(member.get("displayName")).unwrap().as_str().unwrap().to_owned()
    };
    let mut names: Vec<String> =
        group.get("members").and_then(Value::as_array).into_iter().flatten().map(name_of).collect();
    names.sort();
    names
}

fn manager(world: &World, name: &str) -> Option<String> {
    let user = world.target.user(name).unwrap();
    let id = &user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["manager"]["value"];
    let everybody = world.target.objects(ObjectType::User);
    everybody.iter().find(|o| o["id"] == *id).map(|o| o["userName"].as_str().unwrap().to_owned())
}

async fn apply(world: &World, planned: Planned) -> apply::Applied {
    apply::run(&world.context, &world.job, &world.ends(), planned, false, &Unwatched).await.unwrap()
}

fn references(count: u64, counts: [u64; 7]) -> model::cycle::Counts {
    model::cycle::Counts { references: count, ..counts_of(counts) }
}

#[tokio::test]
async fn groups_and_managers_come_when_everybody_is_there() {
    let world = world().await;
    world.source.put(with_manager("a", "ada@contoso.com", "b"));
    world.source.put(user("b", "bob@contoso.com"));
    world.source.put(group("g", "Sales", &["a", "b"]));
    let report = world.cycle().await;
    assert_eq!(report.cycle.counts, references(3, [3, 0, 0, 0, 0, 0, 0]));
    assert_eq!(members(&world, "Sales"), ["ada@contoso.com", "bob@contoso.com"]);
    assert_eq!(manager(&world, "ada@contoso.com").as_deref(), Some("bob@contoso.com"));
    let created = world.target.exports().into_iter().filter_map(|operation| match operation {
        Operation::Create { values, .. } => Some(values),
        Operation::Update { .. } | Operation::Delete { .. } => None,
    });
    for values in created {
        let paths: Vec<String> = values.iter().map(|(path, _)| path.to_string()).collect();
        assert!(
            !paths.iter().any(|p| p == "members" || p.ends_with("manager")),
            "second pass only: {paths:?}"
        );
    }
    world.target.take_log();
    let again = world.cycle().await;
    assert_eq!(again.cycle.counts.references, 0);
    assert_eq!(world.target.exports(), []);
}

/// Entra misses these until a restart.
#[tokio::test]
async fn who_comes_into_scope_later_is_referred_to_then() {
    let world = world().await;
    let mut bob = user("b", "bob@contoso.com");
    bob.assignment = connector::Assignment::Unassigned;
    world.source.put(with_manager("a", "ada@contoso.com", "b"));
    world.source.put(bob.clone());
    world.source.put(group("g", "Sales", &["a", "b"]));
    world.cycle().await;
    assert_eq!(members(&world, "Sales"), ["ada@contoso.com"]);
    assert_eq!(manager(&world, "ada@contoso.com"), None);

    bob.assignment = connector::Assignment::Direct;
    world.source.put(bob);
    let report = world.cycle().await;
    assert_eq!(report.cycle.counts.references, 2, "a membership and a manager; neither object has changed");
    assert_eq!(members(&world, "Sales"), ["ada@contoso.com", "bob@contoso.com"]);
    assert_eq!(manager(&world, "ada@contoso.com").as_deref(), Some("bob@contoso.com"));
}

#[tokio::test]
async fn members_and_managers_that_went_are_removed() {
    let world = world().await;
    world.source.put(with_manager("a", "ada@contoso.com", "b"));
    world.source.put(user("b", "bob@contoso.com"));
    world.source.put(user("c", "cleo@contoso.com"));
    world.source.put(group("g", "Sales", &["a", "b"]));
    world.cycle().await;

    world.source.put(group("g", "Sales", &["a", "c"]));
    world.source.set("a", "manager", "c");
    world.cycle().await;
    assert_eq!(members(&world, "Sales"), ["ada@contoso.com", "cleo@contoso.com"]);
    assert_eq!(manager(&world, "ada@contoso.com").as_deref(), Some("cleo@contoso.com"));

    world.source.put(group("g", "Sales", &[]));
    world.source.set("a", "manager", Value::Null);
    world.cycle().await;
    assert_eq!(members(&world, "Sales"), [""; 0]);
    assert_eq!(manager(&world, "ada@contoso.com"), None);
}

#[tokio::test]
async fn changed_members_are_taken_as_they_are_told() {
    let world = world().await;
    for (anchor, name) in [("a", "ada@contoso.com"), ("b", "bob@contoso.com"), ("c", "cleo@contoso.com")] {
        world.source.put(user(anchor, name));
    }
    world.source.put(group("g", "Sales", &["a", "b"]));
    world.cycle().await;
    let mut changed = group("g", "Sales", &[]);
    changed.members =
        Some(Members::Changed { added: vec![Member::user("c")], removed: vec![Member::user("a")] });
    world.source.put(changed.clone());
    world.cycle().await;
    assert_eq!(members(&world, "Sales"), ["bob@contoso.com", "cleo@contoso.com"]);

    changed.members = Some(Members::Changed { added: vec![Member::user("a")], removed: Vec::new() });
    world.source.put(changed);
    world.cycle().await;
    assert_eq!(
        members(&world, "Sales"),
        ["ada@contoso.com", "bob@contoso.com", "cleo@contoso.com"],
        "the same attributes, other changes"
    );
}

#[tokio::test]
async fn one_refused_member_does_not_keep_the_others_out() {
    let world = world().await;
    let names: Vec<String> = (0..20).map(|n| format!("u{n:02}")).collect();
    for anchor in &names {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    let anchors: Vec<&str> = names.iter().map(String::as_str).collect();
    world.source.put(group("g", "Sales", &anchors));
    world.target.fail_when(|call| match call {
        Call::Export(Operation::Update { object_type: ObjectType::Group, changes, .. })
            if changes
                .iter()
                .any(|c| c.after.as_ref().is_some_and(|v| v.to_string().contains("t000007"))) =>
        {
            let detail = "no such member".to_owned();
            Some(Fault::Fail(Error::Rejected { status: 400, code: "invalidValue".into(), detail }))
        }
        _ => None,
    });
    world.cycle().await;
    assert_eq!(members(&world, "Sales").len(), 19);
    let entry =
        world.log().await.into_iter().find(|e| e.object_type == "Group" && e.status.as_str() == "failure");
    assert!(entry.unwrap().detail["reason"].as_str().unwrap().contains("no such member"));
    world.target.mend();
    world.cycle().await;
    assert_eq!(members(&world, "Sales").len(), 19, "it waits for its time");
    world.hands.pass(SignedDuration::from_mins(2));
    world.cycle().await;
    assert_eq!(members(&world, "Sales").len(), 20);
}

#[tokio::test]
async fn a_group_that_leaves_is_deleted_and_comes_back_with_its_members() {
    let world = world().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(group("g", "Sales", &["a"]));
    world.cycle().await;
    let mut unassigned = group("g", "Sales", &["a"]);
    unassigned.assignment = connector::Assignment::Unassigned;
    world.source.put(unassigned);
    let report = world.cycle().await;
    assert_eq!(report.cycle.counts.deleted, 1);
    assert_eq!(world.target.objects(ObjectType::Group), Vec::<Value>::new());
    world.source.put(group("g", "Sales", &["a"]));
    world.cycle().await;
    assert_eq!(members(&world, "Sales"), ["ada@contoso.com"]);
}

#[tokio::test]
async fn a_group_that_vanished_from_the_application_is_made_again_with_its_members() {
    let world = world().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "bob@contoso.com"));
    world.source.put(group("g", "Sales", &["a"]));
    world.cycle().await;
    let id = world.target.objects(ObjectType::Group)[0]["id"].as_str().unwrap().to_owned();
    world.target.remove(ObjectType::Group, &id);
    world.source.put(group("g", "Sales", &["a", "b"]));
    world.cycle().await;
    assert_eq!(members(&world, "Sales"), ["ada@contoso.com", "bob@contoso.com"]);
}

#[tokio::test]
async fn a_user_who_is_made_again_is_a_member_again() {
    let world = world().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(group("g", "Sales", &["a"]));
    world.cycle().await;
    let id = world.id_of("ada@contoso.com");
    world.target.remove(ObjectType::User, &id);
    world.source.set("a", "city", "Omaha");
    world.cycle().await;
    let group = &world.target.objects(ObjectType::Group)[0];
    let new = world.id_of("ada@contoso.com");
    assert!(group["members"].as_array().unwrap().contains(&json!(new)), "{group}");
}

#[tokio::test]
async fn a_nested_group_is_a_member_as_a_group() {
    let world = world().await;
    world.source.put(user("a", "ada@contoso.com"));
    let mut outer = group("o", "Everybody", &["a"]);
    outer.members = Some(Members::All(vec![Member::group("i"), Member::user("a")]));
    world.source.put(outer);
    world.source.put(group("i", "Inner", &["a"]));
    world.cycle().await;
    assert_eq!(members(&world, "Everybody"), ["Inner", "ada@contoso.com"]);
}

#[tokio::test]
async fn lost_memberships_count_against_the_deletion_threshold() {
    let world =
        World::with(&format!("{}guard = {{ deletions = {{ count = 3 }} }}\n", with_references())).await;
    let names: Vec<String> = (0..5).map(|n| format!("u{n}")).collect();
    for anchor in &names {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
    }
    let anchors: Vec<&str> = names.iter().map(String::as_str).collect();
    world.source.put(group("g", "Sales", &anchors));
    world.cycle().await;
    world.source.put(group("g", "Sales", &anchors[..1]));
    let report = world.cycle().await;
    assert!(report.held.unwrap().starts_with("4 of 6 managed"));
    assert_eq!(members(&world, "Sales").len(), 5);
    let allowed = world.try_cycle(Options { allow_deletions: true, ..Options::default() }).await.unwrap();
    assert_eq!(allowed.held, None);
    assert_eq!(members(&world, "Sales").len(), 1);
}

#[tokio::test]
async fn a_plan_shows_references_between_objects_that_are_yet_to_be_made() {
    let world = world().await;
    world.source.put(with_manager("a", "ada@contoso.com", "b"));
    world.source.put(user("b", "bob@contoso.com"));
    world.source.put(group("g", "Sales", &["a", "b", "nobody"]));
    let planned = plan::make(&world.context, &world.job, &world.ends(), &Unwatched).await.unwrap();
    let told: Vec<(&str, usize)> =
        planned.steps.iter().map(|s| (s.display.as_str(), s.references.len())).collect();
    assert_eq!(
        told,
        [("ada@contoso.com", 0), ("bob@contoso.com", 0), ("Sales", 0), ("ada@contoso.com", 1), ("Sales", 2)]
    );
    assert_eq!(world.target.exports(), []);
    let applied = apply(&world, planned).await;
    assert_eq!(applied.refused, []);
    assert_eq!(applied.counts, references(3, [3, 0, 0, 0, 0, 0, 0]));
    assert_eq!(members(&world, "Sales"), ["ada@contoso.com", "bob@contoso.com"]);
    assert_eq!(manager(&world, "ada@contoso.com").as_deref(), Some("bob@contoso.com"));
    world.target.take_log();
    world.cycle().await;
    assert_eq!(world.target.exports(), [], "the cycle knows what the plan did");
}

#[tokio::test]
async fn a_plan_shows_what_is_removed() {
    let world = world().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "bob@contoso.com"));
    world.source.put(group("g", "Sales", &["a", "b"]));
    world.cycle().await;
    world.source.put(group("g", "Sales", &["b"]));
    let planned = plan::make(&world.context, &world.job, &world.ends(), &Unwatched).await.unwrap();
    assert_eq!(planned.steps.len(), 1, "{:?}", planned.steps);
    assert!(planned.steps[0].references[0].removed);
    assert_eq!(apply(&world, planned).await.refused, []);
    assert_eq!(members(&world, "Sales"), ["bob@contoso.com"]);
    assert_eq!(world.users(), users(&[("ada@contoso.com", true), ("bob@contoso.com", true)]));
}

/// The person has returned under a new account, and is a member no more: the resource must leave the group.
#[tokio::test]
async fn who_takes_over_a_resource_does_not_inherit_its_memberships() {
    let world = world().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(group("g", "Sales", &["a"]));
    world.cycle().await;
    world.source.edit("a", |ada| ada.soft_deleted = true);
    world.source.put(user("n", "ada@contoso.com"));
    world.source.put(group("g", "Sales", &[]));
    world.cycle().await;
    world.cycle().await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    assert_eq!(members(&world, "Sales"), [""; 0]);
}

/// An application may go on naming somebody as manager whom it has deleted.
#[tokio::test]
async fn a_manager_who_is_deleted_for_good_is_removed_from_who_reported_to_them() {
    let world = world().await;
    world.source.put(with_manager("a", "ada@contoso.com", "b"));
    world.source.put(user("b", "bob@contoso.com"));
    world.cycle().await;
    world.source.remove(ObjectType::User, "b");
    world.source.set("a", "manager", Value::Null);
    world.cycle().await;
    let ada = world.target.user("ada@contoso.com").unwrap();
    assert_eq!(ada["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["manager"], Value::Null);
}
