//! One person's failure is not everybody's.

use async_trait::async_trait;
use connector::{Error, Interruption, ObjectType, Operation, Page, Request, Target, TargetObject};
use jiff::SignedDuration;
use provisioning::Ends;
use provisioning::cycle::{self, Options};
use provisioning::progress::Unwatched;
use scim::path::Path;
use serde_json::json;
use testkit::{Call, FakeTarget, Fault, user};

use crate::world::{JOB, World, users};

fn creates(call: &Call) -> bool {
    matches!(call, Call::Export(Operation::Create { .. }))
}

#[tokio::test]
async fn a_refused_person_waits_longer_each_time_and_the_others_go_on() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.put(user("b", "bob@contoso.com"));
    world.target.fail_when(|call| {
        let ada = creates(call) && format!("{call:?}").contains("ada@");
        let refusal =
            Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no such city".into() };
        ada.then_some(Fault::Fail(refusal))
    });
    world.expect([1, 0, 0, 0, 0, 1, 0]).await;
    let escrow = world.escrow("a").await.unwrap();
    assert_eq!((escrow.attempts, escrow.code.as_str()), (1, "invalidValue"));
    assert!(escrow.detail.contains("no such city"));
    world.target.take_log();
    world.expect([0; 7]).await;
    assert_eq!(world.target.take_log(), [Call::Test], "not due: not even looked at");
    world.hands.pass(SignedDuration::from_secs(61));
    world.expect([0, 0, 0, 0, 0, 1, 0]).await;
    assert_eq!(world.escrow("a").await.unwrap().attempts, 2);
    world.target.mend();
    world.hands.pass(SignedDuration::from_mins(2));
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.escrow("a").await, None);
    assert_eq!(world.users(), users(&[("ada@contoso.com", true), ("bob@contoso.com", true)]));
}

#[tokio::test]
async fn a_change_of_the_person_ends_the_wait() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.target.fail_call(
        3,
        Fault::Fail(Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() }),
    );
    world.expect([0, 0, 0, 0, 0, 1, 0]).await;
    world.source.set("a", "city", "Lincoln");
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.escrow("a").await, None);
}

#[tokio::test]
async fn a_person_who_is_gone_leaves_escrow() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.target.fail_call(
        3,
        Fault::Fail(Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() }),
    );
    world.expect([0, 0, 0, 0, 0, 1, 0]).await;
    world.source.remove(ObjectType::User, "a");
    world.source.expire_watermarks();
    world.expect([0; 7]).await;
    assert_eq!(world.escrow("a").await, None);
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_user() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.target.fail_call(3, Fault::LoseAnswer);
    world.expect([0, 0, 0, 0, 0, 1, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]), "the target did it");
    world.hands.pass(SignedDuration::from_mins(2));
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    assert_eq!(world.link("a").await.unwrap().target_id, world.id_of("ada@contoso.com"));
}

#[tokio::test]
async fn an_ambiguous_match_is_an_error_and_never_a_guess() {
    let world = World::new().await;
    for _ in 0..2 {
        world.target.put(ObjectType::User, json!({ "userName": "ada@contoso.com" }));
    }
    world.source.put(user("a", "ada@contoso.com"));
    world.expect([0, 0, 0, 0, 0, 1, 0]).await;
    assert_eq!(world.escrow("a").await.unwrap().code, "DuplicateTargetEntries");
    assert_eq!(world.target.exports(), []);
}

#[tokio::test]
async fn two_people_of_one_name_are_never_merged() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.cycle().await;
    world.source.put(user("b", "ada@contoso.com"));
    world.expect([0, 0, 0, 0, 0, 1, 0]).await;
    assert_eq!(world.escrow("b").await.unwrap().code, "DuplicateSourceEntries");
    assert_eq!(world.link("a").await.unwrap().target_id, world.id_of("ada@contoso.com"));
    assert_eq!(world.link("b").await, None);
}

#[tokio::test]
async fn two_newcomers_who_match_one_user_of_the_application_do_not_both_get_it() {
    let world = World::new().await;
    let id = world.target.put(ObjectType::User, json!({ "userName": "ada@contoso.com" }));
    for anchor in ["a", "b"] {
        world.source.put(user(anchor, "ada@contoso.com"));
    }
    world.expect([0, 1, 0, 0, 0, 1, 0]).await;
    let links = [world.link("a").await, world.link("b").await];
    let linked: Vec<_> = links.iter().flatten().map(|link| link.target_id.clone()).collect();
    assert_eq!(linked, [id]);
    let waiting = if links[0].is_some() { "b" } else { "a" };
    assert_eq!(world.escrow(waiting).await.unwrap().code, "DuplicateSourceEntries");
}

#[tokio::test]
async fn two_newcomers_of_one_name_in_one_page_do_not_both_get_the_new_user() {
    let world = World::new().await;
    world.source.page_size(500);
    // Between the two stand more people than are in work at once, so that the first is made when the second is looked at.
    world.source.put(user("a", "ada@contoso.com"));
    for n in 0..100 {
        world.source.put(user(&format!("p{n:03}"), &format!("p{n:03}@contoso.com")));
    }
    world.source.put(user("z", "ADA@contoso.com"));
    world.expect([101, 0, 0, 0, 0, 1, 0]).await;
    let links = [world.link("a").await, world.link("z").await];
    assert_eq!(links.iter().flatten().count(), 1);
    let waiting = if links[0].is_some() { "z" } else { "a" };
    assert_eq!(world.escrow(waiting).await.unwrap().code, "DuplicateSourceEntries");
}

#[tokio::test]
async fn an_owner_who_returns_in_the_same_page_keeps_the_user() {
    let world = World::new().await;
    world.source.put(user("old", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("old", |o| o.soft_deleted = true);
    world.cycle().await;
    world.source.edit("old", |o| o.soft_deleted = false);
    world.source.put(user("new", "ada@contoso.com"));
    world.expect([0, 1, 0, 0, 0, 1, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
    assert_eq!(world.link("old").await.unwrap().target_id, world.id_of("ada@contoso.com"));
    assert_eq!(world.link("new").await, None);
    assert_eq!(world.escrow("new").await.unwrap().code, "DuplicateSourceEntries");
}

#[tokio::test]
async fn a_leaver_is_deleted_all_the_same_when_taking_over_fails() {
    let world = World::new().await;
    world.source.put(user("old", "ada@contoso.com"));
    world.cycle().await;
    world.source.edit("old", |o| o.soft_deleted = true);
    world.cycle().await;
    world.source.remove(ObjectType::User, "old");
    world.source.put(user("new", "ada@contoso.com"));
    world.target.fail_when(|call| {
        let refusal = Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() };
        matches!(call, Call::Export(Operation::Update { .. })).then_some(Fault::Fail(refusal))
    });
    world.expect([0, 0, 0, 1, 0, 1, 0]).await;
    assert_eq!(world.link("old").await, None);
    world.target.mend();
    world.hands.pass(SignedDuration::from_mins(2));
    world.expect([1, 0, 0, 0, 0, 0, 0]).await;
    assert_eq!(world.users(), users(&[("ada@contoso.com", true)]));
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_no_match() {
    let job = JOB.replace(
        "preset = \"workplace\"",
        r#"preset = "workplace", mappings = [{ target = "userName", source = "[userPrincipalName]" }, { target = "nickName", source = "[mailNickname]", matching = 1 }]"#,
    );
    let world = World::with(&job).await;
    // An application that ignores the filter answers whomever it has.
    let ignoring = IgnoringFilter(world.target.clone());
    world.target.put(ObjectType::User, json!({ "userName": "admin@contoso.com", "nickName": "admin" }));
    world.source.put(user("a", "ada@contoso.com"));
    world.source.set("a", "mailNickname", "ada");
    let ends = Ends { source: Box::new(world.source.clone()), target: Box::new(ignoring) };
    let report = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched).await.unwrap();
    assert_eq!(report.cycle.counts.escrowed, 1);
    assert_eq!(world.target.exports(), []);
}

struct IgnoringFilter(FakeTarget);

#[async_trait]
impl Target for IgnoringFilter {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.0.test(nobody).await
    }

    async fn find(&self, object_type: ObjectType, _: &Path, _: &str) -> Result<Vec<TargetObject>, Error> {
        let all = self.0.objects(object_type).into_iter();
        Ok(all
            .map(|o| TargetObject {
                id: o["id"].as_str().unwrap().to_owned(),
                document: o.as_object().unwrap().clone(),
            })
            .collect())
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.0.get(object_type, id).await
    }

    async fn list(&self, object_type: ObjectType, from: u64) -> Result<Page, Error> {
        self.0.list(object_type, from).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.0.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        self.0.export(operation).await
    }
}

#[tokio::test]
async fn a_person_without_a_name_to_match_by_is_skipped() {
    let world = World::new().await;
    world.source.put(user("a", "ada@contoso.com"));
    world.source.set("a", "userPrincipalName", serde_json::Value::Null);
    world.expect([0, 0, 0, 0, 1, 0, 0]).await;
    assert_eq!(world.users(), []);
}

#[tokio::test]
async fn a_target_that_is_gone_ends_the_cycle_instead_of_filling_escrow() {
    let world = World::new().await;
    world.source.page_size(500);
    for n in 0..200 {
        world.source.put(user(&format!("p{n:03}"), &format!("p{n:03}@contoso.com")));
    }
    let gone = || Some(Fault::Fail(Error::transient(Interruption::Connection, "refused")));
    world.target.fail_when(move |call| if matches!(call, Call::Test) { None } else { gone() });
    let error = world.try_cycle(Options::default()).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::Target(_)), "{error}");
    world.target.mend();
    world.hands.pass(SignedDuration::from_mins(2));
    let report = world.cycle().await;
    assert_eq!(report.cycle.counts.created, 200);
}

#[tokio::test(start_paused = true)]
async fn a_429_is_waited_out_and_nobody_goes_to_escrow() {
    let world = World::new().await;
    for n in 0..3 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    let mut refusals = 4;
    world.target.fail_when(move |call| {
        (creates(call) && refusals > 0).then(|| {
            refusals -= 1;
            Fault::Fail(Error::RateLimited { retry_after: Some(std::time::Duration::from_millis(1)) })
        })
    });
    world.expect([3, 0, 0, 0, 0, 0, 0]).await;
}
