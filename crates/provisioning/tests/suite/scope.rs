//! Who is in scope, and what becomes of those who leave it.

use connector::{Assignment, ObjectType, Operation};
use jiff::SignedDuration;
use model::link::LinkState;
use provisioning::cycle::Options;
use testkit::{Call, Fault, user};

use crate::world::{JOB, World, users};

#[tokio::test]
async fn who_is_not_assigned_is_skipped_and_never_disabled() {
    let world = World::new().await;
    let mut stranger = user("s", "stranger@contoso.com");
    stranger.assignment = Assignment::Unassigned;
    world.source.put(stranger);
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
    world.source.remove(ObjectType::User, "s");
    world.expect([0; 7]).await;
    assert_eq!(world.users(), []);
}

#[tokio::test]
async fn who_was_disabled_before_being_provisioned_is_not_provisioned() {
    let world = World::new().await;
    let mut leaver = user("a", "ada@contoso.com");
    leaver.enabled = false;
    world.source.put(leaver);
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
    world.source.edit("a", |o| o.enabled = true);
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
}

#[tokio::test]
async fn who_leaves_the_scope_is_disabled_once_and_left_alone_also_when_purged() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("a", |o| o.assignment = Assignment::Unassigned);
    world.source.set("a", "city", "Elsewhere");
    world.expect([0, 0, 1, 0, 0, 0, 0]).await;
    assert_eq!(world.link("a").await.unwrap().state, LinkState::Released);
    assert!(
        world.target.user("ada@contoso.com").unwrap().get("addresses").is_none(),
        "no other change is sent"
    );
    world.source.set("a", "city", "Further");
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
    world.source.remove(ObjectType::User, "a");
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", false)]), "it stays, inactive");
    assert_eq!(world.link("a").await, None);
}

#[tokio::test]
async fn who_comes_back_into_scope_is_enabled_under_the_same_id() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    let id = world.id_of("ada@contoso.com");
    world.source.edit("a", |o| o.assignment = Assignment::Unassigned);
    world.cycle().await;
    world.source.edit("a", |o| o.assignment = Assignment::ByGroup { group: "Staff".into() });
    world.expect([0, 1, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    assert_eq!(world.id_of("ada@contoso.com"), id);
}

#[tokio::test]
async fn a_changed_definition_makes_an_initial_cycle_that_disables_who_is_out_of_the_new_scope() {
    let mut world = World::new().await;
    for (anchor, state) in [("a", "NE"), ("b", "TX")] {
        world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
        world.source.set(anchor, "state", state);
    }
    world.cycle().await;
    let filter = r#"scope = { assigned_only = true, filters = [{ title = "Nebraska", clauses = [{ attribute = "state", operator = "EQUALS", value = "NE" }] }] }"#;
    let file = JOB.replace("scope = { assigned_only = true }", filter);
    world.job.definition = model::job::JobFile::parse(&file).unwrap().resolve().unwrap();
    world.job.digest = "digest-2".into();
    let report = world.expect([0, 0, 1, 0, 1, 0, 0]).await;
    assert_eq!(report.cycle.kind, model::cycle::CycleKind::Initial);
    assert_eq!(world.users(), users(&[("a@contoso.com", true), ("b@contoso.com", false)]));
}

#[tokio::test]
async fn an_initial_cycle_on_request_corrects_what_was_changed_in_the_application() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.set("a", "jobTitle", "Analyst");
    world.cycle().await;
    let id = world.id_of("ada@contoso.com");
    world.target.remove(ObjectType::User, &id);
    world.expect([0; 7]).await;
    let report = world.try_cycle(Options { initial: true, ..Options::default() }).await.unwrap();
    assert_eq!(report.cycle.counts.created, 1);
}

#[tokio::test]
async fn nobody_who_leaves_is_let_in_whatever_active_is_mapped_from() {
    let job = JOB.replace(
        "preset = \"workplace\"",
        r#"preset = "workplace", mappings = [{ target = "active", source = "[accountEnabled]" }]"#,
    );
    let world = World::with(&job).await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("a", |o| o.enabled = false);
    world.source.set("a", "accountEnabled", false);
    world.expect([0, 0, 1, 0, 0, 0, 0]).await;
    world.source.edit("a", |o| {
        o.enabled = true;
        o.assignment = Assignment::Unassigned;
    });
    world.source.set("a", "accountEnabled", true);
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", false)]));
}

#[tokio::test]
async fn a_leaver_whom_the_target_does_not_find_is_looked_for_again() {
    let world = World::new().await;
    world.source.always_full();
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "bob@contoso.com"));
    world.cycle().await;
    let document = world.target.user("ada@contoso.com").unwrap();
    let id = world.id_of("ada@contoso.com");
    world.source.edit("a", |o| o.soft_deleted = true);
    world.target.remove(ObjectType::User, &id);
    world.expect([0, 0, 0, 0, 2, 0, 0]).await;
    assert_eq!(world.link("a").await.unwrap().state, LinkState::Disabled);
    // A gateway had answered 404, and the user is there after all.
    world.target.restore(ObjectType::User, &id, document);
    world.source.set("b", "city", "Lincoln");
    world.expect([0, 1, 1, 0, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", false), ("bob@contoso.com", true)]));
}

#[tokio::test]
async fn who_leaves_is_disabled_also_where_something_else_of_theirs_is_refused() {
    for is_heard in [true, false] {
        let world = World::new().await;
        world.source.put(user("a", "ada@contoso.com"));
        world.cycle().await;
        world.source.edit("a", |o| o.soft_deleted = true);
        world.source.set("a", "userPrincipalName", "anna@contoso.com");
        world.source.put(user("b", "anna@contoso.com"));
        let mut updates = 0;
        world.target.fail_when(move |call| {
            updates += u32::from(matches!(call, Call::Export(Operation::Update { .. })));
            (updates == 2 && !is_heard).then_some(Fault::LoseAnswer)
        });
        world.cycle().await;
        assert_eq!(world.users(), users(&[("ada@contoso.com", false), ("anna@contoso.com", true)]));
        world.target.mend();
        world.hands.pass(SignedDuration::from_mins(1));
        world.cycle().await;
        assert_eq!(world.escrow("a").await, None);
        world.target.take_log();
        world.cycle().await;
        assert_eq!(world.target.exports(), []);
    }
}
