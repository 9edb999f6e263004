//! The schedule: who runs when, what ends a quarantine, and who is told. Time is set forward, and never waited for: the
//! schedule's own clock is paused, so that its looks come as soon as nothing else is to be done.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use connector::Error;
use jiff::SignedDuration;
use provisioning::cycle::Report;
use provisioning::notice::Notice;
use provisioning::schedule::{self, Host};
use provisioning::standing;
use provisioning::waker::Waker;
use provisioning::{Ends, JobInstance};
use store::job::{JobState, StoredJob};
use testkit::{Call, Fault, user};
use tokio::sync::mpsc;

use crate::world::{JOB, World};

/// What a schedule does, as it happens.
#[derive(Debug, PartialEq)]
enum Event {
    /// A cycle ended: what it created, or why it failed.
    Ended(Result<u64, String>),
    /// People were told about this.
    Told(&'static str),
    /// They could not be told.
    NotTold,
    /// The target was tested in vain.
    Tested,
}

struct TestHost {
    world: Arc<World>,
    events: mpsc::UnboundedSender<Event>,
    /// E-mails that fail before one succeeds.
    failing_mails: Mutex<u32>,
}

#[async_trait]
impl Host for TestHost {
    async fn connect(&self, job: &StoredJob) -> Result<(JobInstance, Ends), String> {
        if job.definition.contains("unready") {
            return Err("the token is not set".into());
        }
        Ok((self.world.job.clone(), self.world.ends()))
    }

    fn ended(&self, _: &str, result: &Result<Report, String>) {
        let created = result.as_ref().map(|report| report.cycle.counts.created).map_err(Clone::clone);
        self.events.send(Event::Ended(created)).ok();
    }

    async fn notify(&self, notice: &Notice) -> Result<(), String> {
        let mut failing = self.failing_mails.lock().unwrap();
        if *failing > 0 {
            *failing -= 1;
            self.events.send(Event::NotTold).ok();
            return Err("the mail server is away".into());
        }
        self.events.send(Event::Told(notice.about)).ok();
        Ok(())
    }
}

/// A schedule that runs until the test ends.
struct Running {
    world: Arc<World>,
    waker: Waker,
    told: mpsc::UnboundedSender<Event>,
    events: mpsc::UnboundedReceiver<Event>,
    notices: Vec<&'static str>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Running {
    async fn start(world: World, failing_mails: u32) -> Self {
        world.turn(JobState::On).await;
        let world = Arc::new(world);
        let (events, received) = mpsc::unbounded_channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let told = events.clone();
        let host = TestHost { world: world.clone(), events, failing_mails: Mutex::new(failing_mails) };
        let waker = Waker::default();
        let stopped = async { drop(stopped.await) };
        tokio::spawn(schedule::run(world.context.clone(), Arc::new(host), waker.clone(), stopped));
        Self { world, waker, told, events: received, notices: Vec::new(), _stop: stop }
    }

    async fn next(&mut self) -> Event {
        self.events.recv().await.unwrap()
    }

    /// How the next cycle ends, whoever is told meanwhile.
    async fn ended(&mut self) -> Result<u64, String> {
        loop {
            match self.next().await {
                Event::Ended(result) => return result,
                Event::Told(about) => self.notices.push(about),
                Event::NotTold | Event::Tested => {}
            }
        }
    }

    /// Waits until the target was tested in vain, whoever is told meanwhile.
    async fn tested(&mut self) {
        loop {
            match self.next().await {
                Event::Tested => return,
                Event::Told(about) => self.notices.push(about),
                event @ (Event::Ended(_) | Event::NotTold) => panic!("{event:?}"),
            }
        }
    }

    /// Waits until people were told this often.
    async fn told(&mut self, times: usize) {
        while self.notices.len() < times {
            match self.next().await {
                Event::Told(about) => self.notices.push(about),
                event @ (Event::Ended(_) | Event::NotTold | Event::Tested) => panic!("{event:?}"),
            }
        }
    }
}

const NOTIFIED: &str = "notify = { to = [\"it@contoso.com\"] }\n";

async fn one_person(job: &str) -> World {
    let world = World::with(job).await;
    world.source.put(user("a", "ada@contoso.com"));
    world
}

fn unauthorized(_: &Call) -> Option<Fault> {
    Some(Fault::Fail(Error::Credential { detail: "GET /Users: answered 401".into() }))
}

fn is_failure(event: &Event, part: &str) -> bool {
    matches!(event, Event::Ended(Err(why)) if why.contains(part))
}

#[tokio::test(start_paused = true)]
async fn a_woken_job_does_not_wait_for_its_interval() {
    let mut running = Running::start(one_person(JOB).await, 0).await;
    assert_eq!(running.next().await, Event::Ended(Ok(1)));
    running.world.source.put(user("b", "bo@contoso.com"));
    running.waker.wake(running.world.job.id);
    assert_eq!(running.next().await, Event::Ended(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_test_call_that_succeeds_brings_the_next_cycle() {
    let world = one_person(JOB).await;
    world.target.fail_when(unauthorized);
    let mut running = Running::start(world, 0).await;
    assert!(running.ended().await.unwrap_err().contains("401"));
    running.world.target.mend();
    running.world.target.take_log();
    running.world.hands.pass(SignedDuration::from_mins(1));
    assert_eq!(running.ended().await, Ok(1), "long before the six hours");
    assert_eq!(running.world.target.take_log()[..2], [Call::Test, Call::Test]);
    assert_eq!(running.world.quarantine().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_test_call_that_fails_brings_none_and_the_next_one_later() {
    let world = one_person(JOB).await;
    world.target.fail_when(unauthorized);
    let mut running = Running::start(world, 0).await;
    running.ended().await.unwrap_err();
    let told = running.told.clone();
    running.world.target.fail_when(move |call| {
        told.send(Event::Tested).ok();
        unauthorized(call)
    });
    running.world.hands.pass(SignedDuration::from_mins(1));
    running.tested().await;
    let quarantine = running.world.quarantine().await.unwrap();
    assert_eq!(quarantine.tests, 1);
    assert_eq!(quarantine.next_test, Some(running.world.now() + SignedDuration::from_mins(2)));
    running.world.hands.pass(SignedDuration::from_hours(6));
    running.tested().await;
    let attempt = running.ended().await.unwrap_err();
    assert!(attempt.contains("401"), "the attempt of the document's schedule, with its own test call");
}

#[tokio::test(start_paused = true)]
async fn people_are_told_once_and_again_when_the_reason_changes() {
    let world = one_person(&format!("{JOB}{NOTIFIED}guard = {{ deletions = {{ count = 1 }} }}\n")).await;
    let mut running = Running::start(world, 0).await;
    assert_eq!(running.ended().await, Ok(1));
    running.world.source.edit("a", |o| o.enabled = false);
    running.waker.wake(running.world.job.id);
    assert_eq!(running.ended().await, Ok(0));
    running.told(1).await;
    // Left in effect: nobody is told again.
    running.world.hands.pass(SignedDuration::from_hours(6));
    assert_eq!(running.ended().await, Ok(0));
    running.world.target.fail_when(unauthorized);
    running.world.hands.pass(SignedDuration::from_hours(6));
    running.ended().await.unwrap_err();
    running.told(2).await;
    // It ends, and begins again: that is news.
    running.world.hands.pass(SignedDuration::from_secs(1));
    let (job, now) = (running.world.job.id, running.world.now());
    running.world.store.write(move |tx| standing::start(tx, job, now)).await.unwrap();
    running.ended().await.unwrap_err();
    running.told(3).await;
    let exception = "EncounteredQuarantineException";
    assert_eq!(running.notices, ["TooManyDeletes", exception, exception]);
    let audited = running.world.store.read(|tx| store::audit::latest(tx, None, None, 9)).await.unwrap();
    assert!(audited.iter().all(|entry| entry.action == "job.quarantine" && entry.subject == "contoso"));
}

#[tokio::test(start_paused = true)]
async fn who_could_not_be_told_is_told_later() {
    let world = one_person(&format!("{JOB}{NOTIFIED}")).await;
    world.target.fail_when(unauthorized);
    let mut running = Running::start(world, 1).await;
    // The cycle ends, and the first e-mail fails, in any order.
    let events = [running.next().await, running.next().await];
    assert!(events.contains(&Event::NotTold), "{events:?}");
    running.world.hands.pass(SignedDuration::from_mins(1));
    running.told(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_can_not_be_made_ready_is_in_quarantine_when_that_lasts() {
    let world = World::with(&format!("{JOB}# unready\n")).await;
    let mut running = Running::start(world, 0).await;
    for _ in 0..2 {
        assert!(is_failure(&running.next().await, "not set"));
        assert_eq!(running.world.quarantine().await, None);
        running.world.hands.pass(SignedDuration::from_mins(40));
    }
    assert!(is_failure(&running.next().await, "not set"));
    assert_eq!(running.world.quarantine().await.unwrap().cause.code, "NotReady");
}
