//! The target is asked as fast as it answers and allows, and as its job says.

use std::sync::atomic::Ordering;
use std::time::Duration;

use connector::Error;
use provisioning::cycle::{self, Options, Report};
use provisioning::progress::Unwatched;
use provisioning::{Ends, on_demand};
use testkit::{Call, Fault, user};

use crate::distant::Distant;
use crate::world::{JOB, World};

const HOUR: Duration = Duration::from_secs(3_600);

async fn cycle(world: &World, target: &Distant) -> Report {
    let ends = Ends { source: Box::new(world.source.clone()), target: Box::new(target.clone()) };
    cycle::run(&world.context, &world.job, &ends, Options::default(), &Unwatched).await.unwrap()
}

fn hire(world: &World, count: usize) {
    for n in 0..count {
        world.source.put(user(&format!("p{n:03}"), &format!("p{n:03}@contoso.com")));
    }
}

#[tokio::test(start_paused = true)]
async fn every_request_counts_against_the_configured_rate() {
    let world = World::with(&JOB.replace("dialect =", "requests_per_second = 20.0, dialect =")).await;
    let target = Distant::new(&world.target);
    hire(&world, 50);
    cycle(&world, &target).await;
    world.source.set("p000", "city", "Omaha");
    let ends = Ends { source: Box::new(world.source.clone()), target: Box::new(target.clone()) };
    on_demand::run(&world.context, &world.job, &ends, "p000").await.unwrap();
    let asked = target.asked.lock().unwrap();
    assert_eq!(asked.len(), 1 + 2 * 50 + 4, "tests, and reads and a write for each");
    for second in asked.windows(22) {
        assert!(second[21] - second[0] >= Duration::from_secs(1), "22 requests within a second");
    }
}

#[tokio::test(start_paused = true)]
async fn many_are_under_way_however_small_the_pages_are() {
    let world = World::new().await;
    let target = Distant::new(&world.target);
    world.source.page_size(1);
    hire(&world, 300);
    cycle(&world, &target).await;
    assert_eq!(world.users().len(), 300);
    let most = target.most.load(Ordering::SeqCst);
    assert!(most >= 4, "{most} at once");
}

#[tokio::test]
async fn a_target_that_wants_to_be_left_alone_for_an_hour_is() {
    let world = World::new().await;
    hire(&world, 20);
    world.target.fail_when(|call| {
        let writes = matches!(call, Call::Export(_));
        writes.then_some(Fault::Fail(Error::RateLimited { retry_after: Some(HOUR) }))
    });
    let error = world.try_cycle(Options::default()).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::Target(Error::RateLimited { .. })), "{error:?}");
    world.target.mend();
    world.target.take_log();
    let error = world.try_cycle(Options::default()).await.unwrap_err();
    assert!(matches!(error, provisioning::Error::Target(Error::RateLimited { .. })), "{error:?}");
    assert_eq!(world.target.take_log(), [], "the next cycle knows of it");
}
