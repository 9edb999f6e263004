//! The four days of the sample company, through the engine: each must end with exactly the users in its expected file,
//! and with the members of the one group that is assigned.
//!
//! What is Okta's nature shows in nothing that is compared: it deactivates where Graph disables or deletes softly, which
//! comes to the same; and it wants an address of everybody, so that users without mail have their login for one.

use std::sync::Arc;
use std::time::Duration;

use connector::ObjectType;
use model::Clock;
use model::cycle::{Counts, CycleKind};
use provisioning::cycle::{self, Options, Report};
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, JobInstance};
use testkit::contoso::{self, Comparison, DAYS};
use testkit::{FakeTarget, Numbers, TestStore};

use crate::world::World;

/// The engine with a store, between the org and an application in memory.
struct Company {
    world: World,
    target: FakeTarget,
    context: Context,
    job: JobInstance,
    _store: TestStore,
}

impl Company {
    async fn new() -> Self {
        let world = World::new().await;
        let store = testkit::sqlite();
        let clock: Arc<dyn Clock> = Arc::new(world.okta.clone());
        let file = contoso::job(&world.okta.source_table(), "http://127.0.0.1/");
        let (stored, definition) = store.job(&file, clock.now()).await;
        let job = JobInstance { id: stored.id, definition, digest: stored.digest };
        let paces = provisioning::pacing::Paces::default();
        let context = Context { store: (*store).clone(), clock, ids: Arc::new(Numbers::default()), paces };
        Self { world, target: FakeTarget::new(), context, job, _store: store }
    }

    async fn cycle(&self, options: Options) -> Report {
        let ends = Ends { source: Box::new(self.world.source()), target: Box::new(self.target.clone()) };
        let report = cycle::run(&self.context, &self.job, &ends, options, &Unwatched).await.unwrap();
        assert_eq!(report.held, None);
        report
    }
}

#[tokio::test]
async fn four_days() {
    let company = Company::new().await;
    let mut comparison = Comparison::default();
    for day in DAYS {
        company.world.okta.edit(|org| org.load(&contoso::folder(day)));
        let report = company.cycle(Options::default()).await;
        let kind = if day == "day1" { CycleKind::Initial } else { CycleKind::Incremental };
        assert_eq!((report.cycle.kind, report.cycle.counts.escrowed), (kind, 0), "{day}");
        let users = company.target.objects(ObjectType::User);
        let groups = company.target.objects(ObjectType::Group);
        assert_eq!(comparison.differences(day, &users, Some(&groups)), [""; 0], "{day}");
        assert_eq!(groups.len(), 1, "{day}: of nine groups one is assigned");
        let again = company.cycle(Options::default()).await.cycle.counts;
        assert_eq!(again, Counts::default(), "{day}, the same again");
        company.world.okta.pass(Duration::from_secs(24 * 3600));
    }
    // What the log told must be what a full read finds.
    let before = company.target.exports().len();
    company.cycle(Options { initial: true, ..Options::default() }).await;
    assert_eq!(company.target.exports().len(), before, "an initial cycle has nothing left to write");
}
