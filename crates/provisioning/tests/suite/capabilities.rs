//! What was learned of a target is remembered, and forgotten when it may not be true any more.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use connector::{
    Capabilities, Capability, Error, Learned, ObjectType, Operation, Page, Request, Target, TargetObject,
};
use jiff::SignedDuration;
use model::job::TargetSettings;
use provisioning::cycle::{self, Options};
use provisioning::progress::Unwatched;
use provisioning::restart::{ResetScope, restart};
use provisioning::{Ends, capabilities};
use scim::path::Path;
use testkit::{FakeTarget, Fault, user};

use crate::world::World;

/// A target that finds out that the application knows no PATCH.
struct Learning(FakeTarget, Arc<Mutex<Option<Capabilities>>>);

#[async_trait]
impl Target for Learning {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        self.0.test(nobody).await
    }

    async fn find(
        &self,
        kind: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        self.0.find(kind, attribute, value).await
    }

    async fn get(&self, kind: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        self.0.get(kind, id).await
    }

    async fn list(&self, kind: ObjectType, from: u64) -> Result<Page, Error> {
        self.0.list(kind, from).await
    }

    async fn members(&self, id: &str, known: Option<&str>) -> Result<Option<Vec<String>>, Error> {
        self.0.members(id, known).await
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.0.preview(operation)
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        self.0.export(operation).await
    }

    fn capabilities(&self) -> Option<Capabilities> {
        Some(Capabilities { patch: learned(), ..Capabilities::default() })
    }

    fn recall(&self, known: Option<Capabilities>) {
        *self.1.lock().unwrap() = known;
    }
}

fn learned() -> Capability {
    Capability::off(Learned::Tried, "PATCH /Users/… answered 501")
}

/// Runs a cycle, however it ends, and answers what its target has begun with.
async fn cycle(world: &World) -> Option<Capabilities> {
    let begun_with = Arc::default();
    let target = Box::new(Learning(world.target.clone(), Arc::clone(&begun_with)));
    let ends = Ends { source: Box::new(world.source.clone()), target };
    drop(cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched).await);
    begun_with.lock().unwrap().clone()
}

async fn recall(world: &World, target: &TargetSettings) -> Option<Capabilities> {
    let (job, target, now) = (world.job.id, target.clone(), world.now());
    world.store.read(move |tx| capabilities::recall(tx, job, &target, now)).await.unwrap()
}

async fn known(world: &World) -> Option<Capabilities> {
    recall(world, &world.job.definition.target).await
}

#[tokio::test]
async fn what_a_cycle_has_learned_is_remembered_for_a_day_also_if_it_fails() {
    for fails in [false, true] {
        let world = World::new().await;
        world.source.put(user("a", "ada@contoso.com"));
        if fails {
            world.target.fail_call(2, Fault::Fail(Error::credential("401", "renew it")));
        }
        assert_eq!(known(&world).await, None);
        assert_eq!(cycle(&world).await, None);
        let remembered = known(&world).await.unwrap();
        assert_eq!((remembered.since, remembered.patch.since), (Some(world.now()), Some(world.now())));
        assert_eq!(Capability { since: None, ..remembered.patch }, learned());
        world.hands.pass(SignedDuration::from_hours(23));
        assert!(known(&world).await.is_some());
        world.hands.pass(SignedDuration::from_hours(1));
        assert_eq!(known(&world).await, None);
    }
}

#[tokio::test]
async fn a_cycle_begins_with_what_the_last_one_has_learned() {
    let world = World::new().await;
    cycle(&world).await;
    world.hands.pass(SignedDuration::from_hours(12));
    let begun_with = cycle(&world).await;
    assert_eq!(begun_with.map(|known| known.patch.on), Some(false));
    world.hands.pass(SignedDuration::from_hours(24));
    assert_eq!(cycle(&world).await, None);
}

#[tokio::test]
async fn what_was_learned_is_of_these_settings() {
    let world = World::new().await;
    cycle(&world).await;
    let same = &world.job.definition.target;
    let TargetSettings::Scim { url, token, dialect, requests_per_second, members_per_request, bulk } =
        same.clone();
    let other = TargetSettings::Scim {
        url,
        token,
        dialect,
        requests_per_second,
        members_per_request,
        bulk: bulk.is_none().then_some(false),
    };
    assert_eq!(recall(&world, &other).await, None);
    assert!(recall(&world, same).await.is_some());
    let text = same.without_secret().to_string();
    assert!(text.contains("127.0.0.1") && !text.contains("\"t\""), "{text}");
}

#[tokio::test]
async fn a_restart_learns_anew() {
    let world = World::new().await;
    cycle(&world).await;
    assert!(known(&world).await.is_some());
    let (stored, now) = (world.stored().await, world.now());
    world.store.write(move |tx| restart(tx, &stored, ResetScope::default(), "restart", now)).await.unwrap();
    assert_eq!(known(&world).await, None);
}
