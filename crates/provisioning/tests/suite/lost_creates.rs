//! A user was created, and nobody heard of it. Whatever the directory says of the person by then, the user is not
//! forgotten in the application, and not made twice.

use std::collections::BTreeSet;
use std::time::Duration;

use connector::{Assignment, Error, Interruption, ObjectType, Operation};
use jiff::SignedDuration;
use model::creation::Creation;
use model::link::LinkState;
use provisioning::cycle::{self, Options};
use provisioning::progress::Unwatched;
use provisioning::{apply, nudge, on_demand, plan};
use serde_json::json;
use testkit::{Call, Fault, user};

use crate::deadly::{deadly, die_at};
use crate::world::{World, users};

/// How the answer is lost.
#[derive(Clone, Copy, Debug)]
enum Lost {
    /// On its way back.
    Answer,
    /// The application does it after the time is over.
    Late,
}

/// What happens to the person then.
#[derive(Clone, Copy, Debug)]
enum Then {
    Renamed,
    LeftScope,
    Disabled,
    Deleted,
}

const THEN: [Then; 4] = [Then::Renamed, Then::LeftScope, Then::Disabled, Then::Deleted];

impl Then {
    fn happens(self, world: &World) {
        match self {
            Self::Renamed => world.source.set("a", "userPrincipalName", "anna@contoso.com"),
            Self::LeftScope => world.source.edit("a", |o| o.assignment = Assignment::Unassigned),
            Self::Disabled => world.source.edit("a", |o| o.enabled = false),
            Self::Deleted => world.source.remove(ObjectType::User, "a"),
        }
    }

    /// The application's users at the end, if it had created the person.
    fn expected(self) -> Vec<(String, bool)> {
        match self {
            Self::Renamed => users(&[("anna@contoso.com", true)]),
            Self::LeftScope | Self::Disabled => users(&[("ana@contoso.com", false)]),
            Self::Deleted => Vec::new(),
        }
    }
}

fn is_create(call: &Call) -> bool {
    matches!(call, Call::Export(Operation::Create { .. }))
}

async fn company(always_full: bool) -> World {
    let world = World::new().await;
    if always_full {
        world.source.always_full();
    }
    world.source.put(user("z", STAYS));
    world.cycle().await;
    world.source.put(user("a", "ana@contoso.com"));
    world
}

/// Somebody who is there all the time: a directory that holds nobody is not believed.
const STAYS: &str = "zoe@contoso.com";

fn others(world: &World) -> Vec<(String, bool)> {
    world.users().into_iter().filter(|(name, _)| name != STAYS).collect()
}

/// The cycle in which creates go wrong.
async fn cycle_with(world: &World, fault: fn() -> Fault) {
    world.target.fail_when(move |call| is_create(call).then(fault));
    let report = world.cycle().await;
    world.target.mend();
    assert_eq!(report.cycle.counts.escrowed, 1);
    world.hands.pass(SignedDuration::from_secs(61));
}

async fn lose(world: &World, lost: Lost) {
    match lost {
        Lost::Answer => cycle_with(world, || Fault::LoseAnswer).await,
        Lost::Late => {
            cycle_with(world, || Fault::DelayCreate).await;
            assert_eq!(others(world), []);
            world.target.arrive();
        }
    }
    assert_eq!(others(world), users(&[("ana@contoso.com", true)]));
    assert_eq!(world.link("a").await, None);
}

async fn creations(world: &World) -> Vec<Creation> {
    let job = world.job.id;
    world.store.read(move |tx| store::creation::all(tx, job)).await.unwrap()
}

#[tokio::test]
async fn whose_answer_was_lost_is_found_whatever_the_directory_says_by_then() {
    for always_full in [false, true] {
        for lost in [Lost::Answer, Lost::Late] {
            for then in THEN {
                let world = company(always_full).await;
                lose(&world, lost).await;
                let id = world.id_of("ana@contoso.com");
                then.happens(&world);
                world.cycle().await;
                let what = format!("{lost:?}, {then:?}, always full: {always_full}");
                assert_eq!(others(&world), then.expected(), "{what}");
                let link = world.link("a").await.map(|link| (link.target_id, link.state));
                let state = match then {
                    Then::Renamed => Some(LinkState::Managed),
                    Then::LeftScope => Some(LinkState::Released),
                    Then::Disabled => Some(LinkState::Disabled),
                    Then::Deleted => None,
                };
                assert_eq!(link, state.map(|state| (id, state)), "{what}");
                assert_eq!((creations(&world).await, world.escrow("a").await), (vec![], None), "{what}");
                world.target.take_log();
                world.cycle().await;
                assert_eq!(world.target.exports(), [], "{what}");
            }
        }
    }
}

async fn die_while_creating(world: &World, does_it: bool) {
    let (ends, reached) = deadly(world, does_it);
    let cycle = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched);
    die_at(world, &reached, Box::pin(cycle)).await;
    assert_eq!((others(world).len(), world.link("a").await), (usize::from(does_it), None));
}

#[tokio::test]
async fn who_was_created_by_a_cycle_that_died_is_found_whatever_the_directory_says_by_then() {
    for then in THEN {
        let world = company(false).await;
        die_while_creating(&world, true).await;
        then.happens(&world);
        world.cycle().await;
        assert_eq!((others(&world), creations(&world).await), (then.expected(), vec![]), "{then:?}");
    }
}

#[tokio::test]
async fn who_was_not_created_by_a_cycle_that_died_is_created_if_the_directory_has_them_still() {
    for (then, minutes) in
        [(None, 0), (Some(Then::Renamed), 10), (Some(Then::LeftScope), 10), (Some(Then::Deleted), 10)]
    {
        let world = company(false).await;
        die_while_creating(&world, false).await;
        then.inspect(|then| then.happens(&world));
        // Nobody knows whether it is under way, and whoever is renamed waits until it can't be any more.
        world.hands.pass(SignedDuration::from_mins(minutes));
        world.cycle().await;
        let expected = match then {
            None => users(&[("ana@contoso.com", true)]),
            Some(Then::Renamed) => users(&[("anna@contoso.com", true)]),
            Some(Then::LeftScope | Then::Disabled | Then::Deleted) => vec![],
        };
        assert_eq!((others(&world), creations(&world).await), (expected, vec![]), "{then:?}");
    }
}

#[tokio::test]
async fn who_is_renamed_waits_for_a_create_that_may_still_be_done() {
    for arrives in [true, false] {
        let world = company(false).await;
        cycle_with(&world, || Fault::DelayCreate).await;
        Then::Renamed.happens(&world);
        world.cycle().await;
        assert_eq!(others(&world), []);
        assert_eq!(world.escrow("a").await.unwrap().code, "CreationUnheard");
        if arrives {
            world.target.arrive();
            world.hands.pass(SignedDuration::from_mins(2));
        } else {
            world.hands.pass(SignedDuration::from_mins(10));
        }
        world.cycle().await;
        assert_eq!(others(&world), users(&[("anna@contoso.com", true)]));
        assert_eq!((creations(&world).await, world.escrow("a").await), (vec![], None));
    }
}

#[tokio::test]
async fn a_create_that_is_done_after_the_next_look_is_found_by_a_later_one() {
    for then in [Then::LeftScope, Then::Deleted] {
        let world = company(false).await;
        cycle_with(&world, || Fault::DelayCreate).await;
        then.happens(&world);
        world.cycle().await;
        assert_eq!(others(&world), []);
        world.target.arrive();
        world.cycle().await;
        assert_eq!(others(&world), then.expected(), "{then:?}");
        assert_eq!(creations(&world).await, []);
    }
}

/// The create never reached the application, and the name is somebody else's now.
#[tokio::test]
async fn what_is_linked_to_somebody_else_is_not_taken() {
    let world = company(false).await;
    cycle_with(&world, || Fault::Fail(Error::transient(Interruption::Connection, "not reached"))).await;
    Then::Renamed.happens(&world);
    world.source.put(user("b", "ana@contoso.com"));
    world.cycle().await;
    let id = world.id_of("ana@contoso.com");
    world.hands.pass(SignedDuration::from_mins(10));
    world.cycle().await;
    assert_eq!(world.link("b").await.unwrap().target_id, id);
    assert_eq!(others(&world), users(&[("ana@contoso.com", true), ("anna@contoso.com", true)]));
    assert_eq!(creations(&world).await, []);
}

#[tokio::test]
async fn who_is_another_by_external_id_is_not_taken() {
    let world = company(false).await;
    world.source.set("a", "mailNickname", "ana");
    world.source.set("a", "objectId", "a");
    cycle_with(&world, || Fault::Fail(Error::transient(Interruption::Connection, "not reached"))).await;
    let stranger = json!({ "userName": "ana@contoso.com", "externalId": "somebody", "active": true });
    world.target.put(ObjectType::User, stranger);
    Then::LeftScope.happens(&world);
    world.cycle().await;
    assert_eq!(others(&world), users(&[("ana@contoso.com", true)]), "nobody out of scope is touched");
}

#[tokio::test]
async fn a_create_that_is_answered_or_refused_leaves_nothing_to_look_for() {
    let world = company(false).await;
    let refused =
        || Fault::Fail(Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() });
    cycle_with(&world, refused).await;
    assert_eq!(creations(&world).await, []);
    Then::Renamed.happens(&world);
    world.cycle().await;
    assert_eq!((others(&world), creations(&world).await), (users(&[("anna@contoso.com", true)]), vec![]));
}

/// A user that was deleted in the application is made anew, and the answer to that is lost.
#[tokio::test]
async fn who_is_made_anew_without_an_answer_is_found_too() {
    for then in THEN {
        let world = company(false).await;
        world.cycle().await;
        world.target.remove(ObjectType::User, &world.id_of("ana@contoso.com"));
        world.source.set("a", "jobTitle", "Analyst");
        cycle_with(&world, || Fault::LoseAnswer).await;
        let id = world.id_of("ana@contoso.com");
        then.happens(&world);
        world.cycle().await;
        assert_eq!(others(&world), then.expected(), "{then:?}");
        if let Some(link) = world.link("a").await {
            assert_eq!(link.target_id, id, "{then:?}");
        }
    }
}

#[tokio::test]
async fn a_plan_a_nudge_and_a_person_find_it_too() {
    let renamed = async || {
        let world = company(false).await;
        lose(&world, Lost::Answer).await;
        Then::Renamed.happens(&world);
        world
    };
    let check = |world: &World| assert_eq!(others(world), Then::Renamed.expected());

    let world = renamed().await;
    let ends = world.ends();
    let planned = plan::make(&world.context, &world.job, &ends, &Unwatched).await.unwrap();
    assert_eq!(others(&world), users(&[("ana@contoso.com", true)]));
    let applied = apply::run(&world.context, &world.job, &ends, planned, false, &Unwatched).await.unwrap();
    assert_eq!(applied.refused, []);
    check(&world);

    let world = renamed().await;
    let objects = BTreeSet::from([(ObjectType::User, "a".to_owned())]);
    nudge::run(&world.context, &world.job, &world.ends(), &objects, Duration::ZERO).await.unwrap();
    check(&world);

    let world = renamed().await;
    on_demand::run(&world.context, &world.job, &world.ends(), "anna@contoso.com").await.unwrap();
    check(&world);
}
