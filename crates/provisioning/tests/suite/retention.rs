//! What is too old is forgotten, and what is needed is not.

use jiff::SignedDuration;
use provisioning::retention::{Kept, forget};
use testkit::user;

use crate::world::World;

#[tokio::test]
async fn old_log_entries_cycles_and_plans_are_forgotten() {
    let kept = Kept { log_days: 30, cycle_days: 90, plan_days: 30 };
    let world = World::new().await;
    for name in ["a", "b"] {
        world.source.put(user(name, &format!("{name}@contoso.com")));
        world.cycle().await;
        provisioning::plan::make(
            &world.context,
            &world.job,
            &world.ends(),
            &provisioning::progress::Unwatched,
        )
        .await
        .unwrap();
        world.hands.pass(SignedDuration::from_hours(24));
    }
    let counts = async |days: i64| {
        let at = world.now() + SignedDuration::from_hours(24 * days);
        forget(&world.store, kept, at).await.unwrap();
        let job = world.job.id;
        let counts = world.store.read(move |tx| {
            Ok::<_, store::Error>([
                store::log::latest(tx, job, None, 9)?.len(),
                store::cycle::latest(tx, job, 9)?.len(),
                store::plan::latest(tx, job, 9)?.len(),
            ])
        });
        counts.await.unwrap()
    };
    assert_eq!(counts(28).await, [2, 2, 2], "30 days old, and no older");
    assert_eq!(counts(29).await, [1, 2, 1]);
    assert_eq!(counts(89).await, [0, 1, 0]);
    assert_eq!(counts(1000).await, [0, 1, 0], "the last cycle is never forgotten");
}
