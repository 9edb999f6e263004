//! The schedule: who runs when, what ends a quarantine, and who is told. Time is set forward, and never waited for: the
//! schedule's own clock is paused, so that its looks come as soon as nothing else is to be done.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use connector::{Error, ObjectType};
use jiff::SignedDuration;
use provisioning::Connected;
use provisioning::cycle::Report;
use provisioning::notice::Notice;
use provisioning::nudge::Nudged;
use provisioning::schedule::{self, Host};
use provisioning::standing;
use provisioning::waker::{Objects, Waker};
use store::job::{JobState, StoredJob};
use testkit::{Call, Fault, user};
use tokio::sync::{mpsc, watch};

use crate::world::{JOB, World};

/// What a schedule does, as it happens.
#[derive(Debug, PartialEq)]
enum Event {
    /// A cycle ended: what it created, or why it failed.
    Ended(Result<u64, String>),
    /// A nudge ended: what it updated, or why it failed.
    Nudged(Result<u64, String>),
    /// The source can't be listened to.
    Unheard(String),
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
    /// How often the schedule has looked at what there is.
    looks: watch::Sender<u64>,
}

#[async_trait]
impl Host for TestHost {
    async fn connect(&self, job: &StoredJob) -> Result<Arc<Connected>, String> {
        if job.definition.contains("unready") {
            return Err("the token is not set".into());
        }
        Ok(Arc::new(Connected { job: self.world.job.clone(), ends: self.world.ends() }))
    }

    fn are_on(&self, _: &[StoredJob]) {
        self.looks.send_modify(|looks| *looks += 1);
    }

    fn ended(&self, _: &str, result: &Result<Report, String>) {
        let created = result.as_ref().map(|report| report.cycle.counts.created).map_err(Clone::clone);
        self.events.send(Event::Ended(created)).ok();
    }

    fn nudged(&self, _: &str, result: &Result<Nudged, String>) {
        let updated = result.as_ref().map(|nudged| nudged.counts.updated).map_err(Clone::clone);
        self.events.send(Event::Nudged(updated)).ok();
    }

    fn unheard(&self, _: &str, error: &str) {
        self.events.send(Event::Unheard(error.to_owned())).ok();
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
    looks: watch::Receiver<u64>,
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
        let (looks, looked) = watch::channel(0);
        let failing_mails = Mutex::new(failing_mails);
        let host = TestHost { world: world.clone(), events, failing_mails, looks };
        let waker = Waker::default();
        let stopped = async { drop(stopped.await) };
        tokio::spawn(schedule::run(world.context.clone(), Arc::new(host), waker.clone(), stopped));
        Self { world, waker, told, events: received, looks: looked, notices: Vec::new(), _stop: stop }
    }

    /// Waits until the schedule has looked at what there is now. The next look to end may have begun before.
    async fn looked(&mut self) {
        let seen = *self.looks.borrow_and_update();
        self.looks.wait_for(|looks| *looks >= seen + 2).await.unwrap();
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
                Event::NotTold | Event::Tested | Event::Nudged(_) | Event::Unheard(_) => {}
            }
        }
    }

    /// Waits until the target was tested in vain, whoever is told meanwhile.
    async fn tested(&mut self) {
        loop {
            match self.next().await {
                Event::Tested => return,
                Event::Told(about) => self.notices.push(about),
                event => panic!("{event:?}"),
            }
        }
    }

    /// Waits until people were told this often.
    async fn told(&mut self, times: usize) {
        while self.notices.len() < times {
            match self.next().await {
                Event::Told(about) => self.notices.push(about),
                event => panic!("{event:?}"),
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
    Some(Fault::Fail(Error::credential("GET /Users: answered 401", "renew it")))
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

fn users(anchors: &[&str]) -> Objects {
    anchors.iter().map(|anchor| (ObjectType::User, (*anchor).to_owned())).collect()
}

fn titles(world: &World, anchors: [&str; 2]) {
    for anchor in anchors {
        world.source.set(anchor, "jobTitle", "Analyst");
    }
}

/// Ana and Bo, provisioned.
async fn two_people() -> Running {
    let world = one_person(JOB).await;
    world.source.put(user("b", "bo@contoso.com"));
    let mut running = Running::start(world, 0).await;
    assert_eq!(running.next().await, Event::Ended(Ok(2)));
    running
}

#[tokio::test(start_paused = true)]
async fn whom_the_source_tells_of_is_looked_at_and_nobody_else() {
    let mut running = two_people().await;
    titles(&running.world, ["a", "b"]);
    running.waker.nudge(running.world.job.id, users(&["a"]));
    assert_eq!(running.next().await, Event::Nudged(Ok(1)));
    running.waker.wake(running.world.job.id);
    running.waker.nudge(running.world.job.id, users(&["a"]));
    // The cycle comes first, because it finds more.
    assert_eq!(running.next().await, Event::Ended(Ok(0)));
    assert_eq!(running.next().await, Event::Nudged(Ok(0)));
    assert_eq!(running.world.target.user("bo@contoso.com").unwrap()["title"], "Analyst");
}

#[tokio::test(start_paused = true)]
async fn a_nudge_waits_for_whoever_works_on_the_job_and_is_not_lost() {
    let mut running = two_people().await;
    titles(&running.world, ["a", "b"]);
    let (store, name) = (running.world.store.clone(), format!("cycle:{}", running.world.job.id));
    let (now, day) = (running.world.now(), SignedDuration::from_hours(24));
    let claim = name.clone();
    let claimed = store.write(move |tx| store::lease::claim(tx, &claim, "other", now, day)).await;
    assert!(claimed.unwrap());
    running.waker.nudge(running.world.job.id, users(&["a"]));
    // Longer than a nudge waits before it is put back.
    tokio::time::advance(Duration::from_secs(60)).await;
    store.write(move |tx| store::lease::release(tx, &name, "other")).await.unwrap();
    assert_eq!(running.next().await, Event::Nudged(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_nudge_that_fails_is_followed_by_a_cycle() {
    let mut running = two_people().await;
    titles(&running.world, ["a", "b"]);
    running.world.target.fail_when(unauthorized);
    running.waker.nudge(running.world.job.id, users(&["a"]));
    assert!(matches!(running.next().await, Event::Nudged(Err(why)) if why.contains("401")));
    assert!(is_failure(&running.next().await, "401"));
    assert!(running.world.quarantine().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_off_is_not_nudged() {
    let mut running = two_people().await;
    titles(&running.world, ["a", "b"]);
    running.world.turn(JobState::Off).await;
    running.waker.nudge(running.world.job.id, users(&["a"]));
    running.looked().await;
    running.world.turn(JobState::On).await;
    running.world.hands.pass(SignedDuration::from_mins(40));
    assert_eq!(running.next().await, Event::Ended(Ok(0)), "and its next cycle finds what changed");
    assert_eq!(running.world.target.user("bo@contoso.com").unwrap()["title"], "Analyst");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_tells_of_a_change_wakes_its_job() {
    let mut running = two_people().await;
    running.world.source.put(user("c", "cy@contoso.com"));
    running.world.source.tell();
    assert_eq!(running.next().await, Event::Ended(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_can_not_be_listened_to_is_tried_again() {
    let world = one_person(JOB).await;
    world.source.deafen(2);
    let mut running = Running::start(world, 0).await;
    let events = [running.next().await, running.next().await];
    assert!(events.contains(&Event::Ended(Ok(1))), "{events:?}");
    assert!(events.iter().any(|event| matches!(event, Event::Unheard(_))), "{events:?}");
    running.world.source.put(user("b", "bo@contoso.com"));
    running.world.source.tell();
    assert_eq!(running.next().await, Event::Ended(Ok(1)), "told once of two failures");
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
