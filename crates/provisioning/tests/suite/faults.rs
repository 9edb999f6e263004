//! The property that everything else serves: whatever happened while the directory was edited and both ends failed,
//! once the faults stop, the application is what the directory says.
//!
//! A history is edits of the directory and cycles under faults, drawn at random. Then come some clean cycles, and the
//! application is compared with what follows from the directory alone.

mod company;
mod expected;
mod unsteady;

use std::env;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use connector::{Error, Interruption, ObjectType};
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use provisioning::Ends;
use provisioning::cycle::{self, Options, Report};
use provisioning::progress::Unwatched;
use serde_json::json;
use testkit::Fault;

use crate::world::{World, with_references};
use company::{Company, Edit};
use unsteady::{Lie, UnsteadySource, UnsteadyTarget};

/// What happens next.
#[derive(Clone, Debug)]
enum Event {
    Edit(Edit),
    Cycle(Trouble),
}

/// What goes wrong in a cycle.
#[derive(Clone, Debug, Default)]
struct Trouble {
    /// Calls of the target that go wrong, by number.
    calls: Vec<(usize, Failing)>,
    lie: Option<Lie>,
    /// The process is killed when it was polled that often.
    killed_after: Option<u32>,
    /// Minutes until the next event.
    minutes: i64,
}

#[derive(Clone, Copy, Debug)]
enum Failing {
    TooManyRequests,
    InTrouble,
    NotReached,
    AnswerLost,
    /// The answer is lost, and a create is done after the cycle. (Of a late update or deletion nobody could tell what it
    /// overtakes.)
    Late,
    Refused,
}

impl Failing {
    fn fault(self) -> Fault {
        let transient = |interruption| Fault::Fail(Error::transient(interruption, "no luck"));
        match self {
            Self::TooManyRequests => Fault::Fail(Error::RateLimited { retry_after: None }),
            Self::InTrouble => transient(Interruption::Server),
            Self::NotReached => transient(Interruption::Connection),
            Self::AnswerLost => Fault::LoseAnswer,
            Self::Late => Fault::DelayCreate,
            Self::Refused => {
                Fault::Fail(Error::Rejected { status: 400, code: "invalidValue".into(), detail: "no".into() })
            }
        }
    }
}

fn failing() -> impl Strategy<Value = Failing> {
    prop_oneof![
        1 => Just(Failing::TooManyRequests),
        1 => Just(Failing::InTrouble),
        1 => Just(Failing::NotReached),
        3 => Just(Failing::AnswerLost),
        1 => Just(Failing::Late),
        1 => Just(Failing::Refused),
    ]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let calls = vec((1_usize..30, failing()), 0..5);
    let killed_after = proptest::option::weighted(0.3, 1_u32..60);
    let lie = proptest::option::weighted(0.4, unsteady::lies());
    (calls, lie, killed_after, prop_oneof![Just(1_i64), Just(10), Just(3_000)])
        .prop_map(|(calls, lie, killed_after, minutes)| Trouble { calls, lie, killed_after, minutes })
}

fn history() -> impl Strategy<Value = Vec<Event>> {
    vec(
        prop_oneof![4 => company::edits().prop_map(Event::Edit), 1 => trouble().prop_map(Event::Cycle)],
        5..60,
    )
}

/// A company, an application that has users of its own already, and the engine between them.
struct Run {
    world: World,
    company: Company,
    source: UnsteadySource,
}

impl Run {
    async fn new(tells_changes: bool, brings_back: bool, bulk: Option<usize>) -> Self {
        let world = World::with(&with_references()).await;
        if !tells_changes {
            world.source.always_full();
        }
        if brings_back {
            world.target.bring_back();
        }
        bulk.into_iter().for_each(|most| world.target.take_bulk(most));
        for (object_type, document) in expected::bystanders() {
            world.target.put(object_type, document);
        }
        // Somebody who works here has found the way into the application alone.
        world.target.put(ObjectType::User, json!({ "userName": company::name(0, 0), "active": true }));
        let source = UnsteadySource::new(world.source.clone());
        Self { company: Company::new(world.source.clone()), world, source }
    }

    async fn event(&mut self, event: &Event) {
        match event {
            Event::Edit(edit) => self.company.edit(edit),
            Event::Cycle(trouble) => self.cycle_in(trouble).await,
        }
    }

    async fn cycle_in(&mut self, trouble: &Trouble) {
        self.world.target.take_log();
        for (number, failing) in &trouble.calls {
            self.world.target.fail_call(*number, failing.fault());
        }
        self.source.lie(trouble.lie.clone());
        let ends = self.ends();
        // Somebody looks after deletions that are held back.
        let options = Options { allow_deletions: true, ..Options::default() };
        let cycle = cycle::run(&self.world.context, &self.world.job, &ends, options, &Unwatched);
        match trouble.killed_after {
            Some(polls) => drop(until_killed(polls, cycle).await),
            // Whether it failed is of no interest: the end counts.
            None => drop(cycle.await),
        }
        self.source.lie(None);
        self.world.target.mend();
        // What was late is done by now.
        self.world.target.arrive();
        self.world.hands.pass(SignedDuration::from_mins(trouble.minutes));
    }

    fn ends(&self) -> Ends {
        Ends {
            source: Box::new(self.source.clone()),
            target: Box::new(UnsteadyTarget(self.world.target.clone())),
        }
    }

    async fn clean_cycle(&self) -> Report {
        let options = Options { allow_deletions: true, ..Options::default() };
        let ends = self.ends();
        cycle::run(&self.world.context, &self.world.job, &ends, options, &Unwatched).await.unwrap()
    }

    /// The faults have stopped; time passes, and everything comes to rest.
    async fn come_to_rest(&self) {
        if self.source.has_hidden() {
            // What a source that tells changes has once hidden, it tells only who reads everything.
            self.world.source.expire_watermarks();
        }
        for _ in 0..4 {
            self.world.hands.pass(SignedDuration::from_hours(48));
            self.clean_cycle().await;
        }
        self.world.hands.pass(SignedDuration::from_hours(48));
        self.world.target.take_log();
        let last = self.clean_cycle().await;
        assert_eq!(self.world.target.exports(), [], "there is nothing left to do");
        assert_eq!(last.cycle.counts.escrowed, 0, "nobody waits");
    }
}

/// Polls a future that often and then drops it, as a killed process does. `None`: it was killed.
async fn until_killed<T>(polls: u32, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

fn ends_well(
    (tells_changes, brings_back): (bool, bool),
    bulk: Option<usize>,
    page_size: usize,
    history: &[Event],
) {
    // Waits are not waited for.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let mut run = Run::new(tells_changes, brings_back, bulk).await;
        run.world.source.page_size(page_size);
        for event in history {
            Box::pin(run.event(event)).await;
        }
        run.come_to_rest().await;
        expected::check(&run.world, &run.company).await;
    });
}

/// The same histories each time, and few enough to wait for. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for others.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 32;
    }
    if env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(4);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn once_faults_stop_the_application_is_what_the_directory_says(
        tells_changes in any::<bool>(),
        brings_back in prop_oneof![3 => Just(false), 1 => Just(true)],
        bulk in proptest::option::of(2_usize..8),
        page_size in 1_usize..8,
        history in history(),
    ) {
        ends_well((tells_changes, brings_back), bulk, page_size, &history);
    }
}
