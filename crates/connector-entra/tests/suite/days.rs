//! The four days of the sample company, played through Graph and the engine: each must end with exactly the users in its
//! expected file, and with the members of the one group that is assigned.

use connector::{Needs, ObjectType};
use model::cycle::CycleKind;
use provisioning::cycle::{self, Options, Report};
use provisioning::pacing::Paces;
use provisioning::progress::Unwatched;
use provisioning::{Context, Ends, JobInstance};
use testkit::contoso::{self, Comparison, DAYS};
use testkit::graph::{Behaviour, Graph};
use testkit::{FakeTarget, TestStore};

use crate::company::{clock, ids, source};

struct World {
    _store: TestStore,
    context: Context,
    job: JobInstance,
    graph: Graph,
    target: FakeTarget,
}

impl World {
    async fn new(alter: impl FnOnce(String) -> String, behaviour: Behaviour) -> Self {
        let graph = Graph::start().await;
        graph.behave(|known| *known = behaviour);
        let store = testkit::sqlite();
        let file = alter(contoso::job(&graph.source_table(), "http://127.0.0.1/"));
        let (stored, definition) = store.job(&file, clock().now()).await;
        let job = JobInstance { id: stored.id, definition, digest: stored.digest };
        let context =
            Context { store: (*store).clone(), clock: clock(), ids: ids(), paces: Paces::default() };
        Self { _store: store, context, job, graph, target: FakeTarget::new() }
    }

    async fn cycle(&self) -> Report {
        let definition = &self.job.definition;
        let names = definition.users.mappings.attributes().into_iter().map(str::to_owned);
        let groups = definition.groups.is_some();
        let needs = Needs { assignments: true, groups, user_attributes: names.collect(), ..Needs::default() };
        let source = Box::new(source(&self.graph, &needs));
        let ends = Ends { source, target: Box::new(self.target.clone()) };
        cycle::run(&self.context, &self.job, &ends, Options::default(), &Unwatched).await.unwrap()
    }
}

async fn play(world: &World) {
    let mut comparison = Comparison::default();
    for day in DAYS {
        world.graph.load(&contoso::folder(day));
        let report = world.cycle().await;
        let kind = if day == "day1" { CycleKind::Initial } else { CycleKind::Incremental };
        assert_eq!((report.cycle.kind, report.cycle.counts.escrowed), (kind, 0), "{day}: {report:?}");
        let users = world.target.objects(ObjectType::User);
        let groups = world.job.definition.groups.as_ref().map(|_| world.target.objects(ObjectType::Group));
        assert_eq!(comparison.differences(day, &users, groups.as_deref()), [""; 0], "{day}");
        assert!(groups.is_none_or(|groups| groups.len() == 1), "{day}: of nine groups one is assigned");

        world.target.take_log();
        let read = world.cycle().await.cycle.counts;
        assert!(world.target.exports().is_empty(), "{day}, the same again: {read:?}");
    }
}

/// The job's file as it is.
fn unchanged(file: String) -> String {
    file
}

#[tokio::test]
async fn four_days() {
    play(&World::new(unchanged, Behaviour::default()).await).await;
}

#[tokio::test]
async fn four_days_of_a_job_without_groups() {
    let without_groups = |file: String| file.replace("[groups]\n", "");
    play(&World::new(without_groups, Behaviour::default()).await).await;
}

#[tokio::test]
async fn four_days_in_small_parts_twice_and_backwards() {
    let behaviour = Behaviour {
        page_size: 23,
        list_page: 50,
        members_per_record: 5,
        replays: true,
        empty_pages: true,
        reversed: true,
        ..Behaviour::default()
    };
    play(&World::new(unchanged, behaviour).await).await;
}
