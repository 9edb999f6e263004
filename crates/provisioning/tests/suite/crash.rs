//! The process dies anywhere; the next cycle ends where an undisturbed one would have.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use connector::{Assignment, ObjectType, Operation};
use jiff::SignedDuration;
use provisioning::cycle::{self, Options};
use provisioning::progress::Unwatched;
use testkit::{Call, Fault, group, user};

use crate::world::{World, with_groups};

/// Polls a future that often and then drops it, as a killed process does. `true`: it came to its end before.
pub async fn die_after(polls: u32, work: impl Future) -> bool {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        work.as_mut().poll(context).map(|_| true)
    })
    .await
}

async fn company() -> World {
    let world = World::new().await;
    world.source.always_full();
    for n in 0..6 {
        world.source.put(user(&format!("p{n}"), &format!("p{n}@contoso.com")));
    }
    world
}

/// A day on which everything happens.
fn a_day(world: &World) {
    world.source.put(user("p7", "p7@contoso.com"));
    world.source.set("p0", "jobTitle", "Analyst");
    world.source.edit("p1", |o| o.enabled = false);
    world.source.edit("p2", |o| o.soft_deleted = true);
    world.source.edit("p3", |o| o.assignment = Assignment::Unassigned);
    world.source.remove(ObjectType::User, "p4");
    world.source.put(user("p4-again", "p4@contoso.com"));
}

/// The same company, and an application that brings back whom it has deleted, under the same id.
async fn company_whose_application_brings_back() -> World {
    let world = company().await;
    world.target.bring_back();
    world
}

/// The application without its ids, which depend on the order of creation.
fn state(world: &World) -> Vec<serde_json::Value> {
    let mut objects = world.target.objects(ObjectType::User);
    for object in &mut objects {
        object.as_object_mut().unwrap().remove("id");
    }
    objects.sort_by_key(|object| object["userName"].to_string());
    objects
}

#[tokio::test]
async fn a_cycle_killed_anywhere_is_finished_by_the_next() {
    Box::pin(killed_anywhere(company)).await;
}

#[tokio::test]
async fn a_cycle_killed_anywhere_is_finished_by_the_next_where_deleted_users_are_brought_back() {
    Box::pin(killed_anywhere(company_whose_application_brings_back)).await;
}

/// The application has deleted a leaver, and the answer was lost. Then it brings that user back for somebody new of the
/// same name, so that the leaver's deletion must not be sent again.
#[tokio::test]
async fn a_user_who_was_brought_back_for_somebody_is_not_deleted_with_the_leaver() {
    let world = company_whose_application_brings_back().await;
    world.cycle().await;
    let id = world.id_of("p4@contoso.com");
    world.source.remove(ObjectType::User, "p4");
    world.source.put(user("p4-again", "p4@contoso.com"));
    let is_deletion = |call: &Call| matches!(call, Call::Export(Operation::Delete { .. }));
    world.target.fail_when(move |call| is_deletion(call).then_some(Fault::LoseAnswer));
    world.cycle().await;
    assert_eq!(world.id_of("p4@contoso.com"), id, "it was brought back");
    world.target.mend();
    world.hands.pass(SignedDuration::from_hours(24));
    world.target.take_log();
    world.cycle().await;
    assert_eq!(world.target.exports(), []);
    assert_eq!(world.users().len(), 6);
    assert_eq!(world.link("p4").await, None);
    assert_eq!(world.link("p4-again").await.map(|link| link.target_id), Some(id));
}

async fn killed_anywhere(company: impl AsyncFn() -> World) {
    let undisturbed = company().await;
    undisturbed.cycle().await;
    a_day(&undisturbed);
    undisturbed.cycle().await;
    let expected = state(&undisturbed);

    let mut ended = false;
    let mut polls = 1;
    while !ended {
        let world = company().await;
        let ends = world.ends();
        let cycle = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched);
        ended = die_after(polls, Box::pin(cycle)).await;
        world.hands.pass(SignedDuration::from_secs(10));
        world.cycle().await;
        a_day(&world);
        let cycle = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched);
        ended &= die_after(polls, Box::pin(cycle)).await;
        world.hands.pass(SignedDuration::from_secs(10));
        let last = world.cycle().await;
        assert_eq!(state(&world), expected, "killed after {polls} polls");
        assert_eq!(last.cycle.counts.escrowed, 0, "killed after {polls} polls");
        world.target.take_log();
        world.cycle().await;
        assert_eq!(
            world.target.exports(),
            [],
            "killed after {polls} polls: a further cycle has nothing to do"
        );
        polls += 1;
    }
    assert!(polls > 10, "a cycle has more than {polls} places to die at");
}

#[tokio::test]
async fn a_live_cycle_is_not_taken_over_and_a_dead_one_is() {
    let world = company().await;
    let ends = world.ends();
    let cycle = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched);
    assert!(!die_after(3, Box::pin(cycle)).await);
    let busy = world.try_cycle(Options::default()).await;
    assert!(matches!(busy, Err(provisioning::Error::Busy { .. })), "{busy:?}");
    world.hands.pass(SignedDuration::from_secs(5));
    world.cycle().await;
    // How many of them the dead cycle had created depends on how far it came.
    assert_eq!(world.users().len(), 6);
}

/// Somebody leaves, comes or is moved, the cycle dies after it has told the application and before it has noted that,
/// and all of it is taken back: then the directory says what it said at last, and the application something else.
#[tokio::test]
async fn what_is_taken_back_while_a_cycle_dies_is_taken_back_in_the_application() {
    let mut ended = false;
    let mut polls = 1;
    while !ended {
        let world = World::with(&with_groups()).await;
        for anchor in ["a", "b", "c"] {
            world.source.put(user(anchor, &format!("{anchor}@contoso.com")));
        }
        world.source.put(group("g", "Sales", &["a", "b"]));
        world.cycle().await;

        world.source.edit("a", |o| o.enabled = false);
        world.source.set("b", "jobTitle", "Analyst");
        world.source.put(group("g", "Sales", &["a", "c"]));
        let ends = world.ends();
        let cycle = cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched);
        ended = die_after(polls, cycle).await;
        world.hands.pass(SignedDuration::from_secs(10));

        world.source.edit("a", |o| o.enabled = true);
        world.source.set("b", "jobTitle", "Manager");
        world.source.put(group("g", "Sales", &["a", "b"]));
        world.cycle().await;
        let killed = format!("killed after {polls} polls");
        assert_eq!(world.target.user("a@contoso.com").unwrap()["active"], true, "{killed}");
        assert_eq!(world.target.user("b@contoso.com").unwrap()["title"], "Manager", "{killed}");
        let mut members = world.target.objects(ObjectType::Group)[0]["members"].as_array().unwrap().clone();
        members.sort_by_key(ToString::to_string);
        assert_eq!(members, [world.id_of("a@contoso.com"), world.id_of("b@contoso.com")], "{killed}");
        polls += 1;
    }
    assert!(polls > 10, "a cycle has more than {polls} places to die at");
}
