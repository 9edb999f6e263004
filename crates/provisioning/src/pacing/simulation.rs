//! The pace against targets that are computed, in computed time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// What a target does with requests.
trait Bears {
    /// The wait that it asks for, if it refuses a request that comes now.
    fn refuses(&mut self, now: Duration) -> Option<Duration>;

    /// How long it takes for one of so many.
    fn latency(&self, under_way: usize) -> Duration;
}

/// What came of a run.
#[derive(Default, Debug)]
struct Run {
    answered: u64,
    refused: u64,
    sent_at: Vec<Duration>,
}

/// Asks from then on for so long, with as much to do as there is room for.
fn run(pace: &mut Pace, target: &mut dyn Bears, from: Duration, length: Duration) -> Run {
    let mut run = Run::default();
    let mut under_way: BinaryHeap<Reverse<(Duration, Duration, Option<Duration>)>> = BinaryHeap::new();
    let mut now = from;
    while now < from + length {
        let turn = pace.take(now, 1.0);
        if turn == When::Now {
            run.sent_at.push(now);
            let refusal = target.refuses(now);
            let latency = if refusal.is_some() { 10 * MILLISECOND } else { target.latency(pace.under_way()) };
            under_way.push(Reverse((now + latency, now, refusal)));
            continue;
        }
        let turn = if let When::At(turn) = turn { turn } else { Duration::MAX };
        match under_way.peek() {
            Some(Reverse((end, sent, refusal))) if *end <= turn => {
                now = *end;
                let outcome = refusal.map_or(Outcome::Answered, |wait| Outcome::Refused(Some(wait)));
                *(if refusal.is_some() { &mut run.refused } else { &mut run.answered }) += 1;
                pace.ended(now, *sent, outcome);
                under_way.pop();
            }
            // Timers are late.
            _ => now = turn + MILLISECOND,
        }
    }
    while let Some(Reverse((_, sent, _))) = under_way.pop() {
        pace.ended(now, sent, Outcome::Answered);
    }
    run
}

/// A target that lets `burst` through at once, and `rate` in a second; beyond, it asks to wait for a second.
struct Bucket {
    rate: f64,
    burst: f64,
    level: f64,
    seen: Duration,
}

impl Bucket {
    fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, level: burst, seen: Duration::ZERO }
    }
}

impl Bears for Bucket {
    fn refuses(&mut self, now: Duration) -> Option<Duration> {
        self.level = (self.level + (now - self.seen).as_secs_f64() * self.rate).min(self.burst);
        self.seen = now;
        let room = self.level >= 1.0;
        self.level -= f64::from(u8::from(room));
        (!room).then_some(SECOND)
    }

    fn latency(&self, _: usize) -> Duration {
        50 * MILLISECOND
    }
}

/// A target that counts the requests of each span of time.
struct Spans {
    allowed: u64,
    span: Duration,
    counted: (u128, u64),
}

impl Bears for Spans {
    fn refuses(&mut self, now: Duration) -> Option<Duration> {
        let number = now.as_nanos() / self.span.as_nanos();
        let count = if self.counted.0 == number { self.counted.1 } else { 0 };
        self.counted = (number, count + 1);
        let left = self.span.as_nanos() - now.as_nanos() % self.span.as_nanos();
        let seconds = u64::try_from(left.div_ceil(SECOND.as_nanos())).unwrap();
        (count >= self.allowed).then(|| Duration::from_secs(seconds))
    }

    fn latency(&self, _: usize) -> Duration {
        50 * MILLISECOND
    }
}

/// A target that answers so many at once, each in that time; the others wait.
struct Workers {
    count: u32,
    time: Duration,
}

impl Bears for Workers {
    fn refuses(&mut self, _: Duration) -> Option<Duration> {
        None
    }

    fn latency(&self, under_way: usize) -> Duration {
        let under_way = u32::try_from(under_way).unwrap();
        self.time * under_way.max(self.count) / self.count
    }
}

#[track_caller]
fn uses(share: f64, pace: &mut Pace, target: &mut dyn Bears, allowed: f64, length: Duration) -> Run {
    let run = run(pace, target, Duration::ZERO, length);
    let used = run.answered as f64 / (allowed * length.as_secs_f64());
    assert!(used >= share, "{used} of the allowance, {} refused", run.refused);
    run
}

#[test]
fn an_allowance_is_used_without_knowing_it() {
    let length = 180 * SECOND;
    for burst in [2.0, 5.0, 25.0, 100.0] {
        let run = uses(0.95, &mut Pace::default(), &mut Bucket::new(25.0, burst), 25.0, length);
        assert!(run.refused < 40, "{} refused, burst {burst}", run.refused);
    }
    let mut seconds = Spans { allowed: 25, span: SECOND, counted: (0, 0) };
    let run = uses(0.95, &mut Pace::default(), &mut seconds, 25.0, length);
    assert!(run.refused < 40, "{} refused", run.refused);
    let mut minutes = Spans { allowed: 1_500, span: 60 * SECOND, counted: (0, 0) };
    uses(0.95, &mut Pace::default(), &mut minutes, 25.0, 10 * length);
}

#[test]
fn a_configured_allowance_is_used_and_never_passed() {
    for allowed in [0.5, 25.0, 400.0] {
        let mut pace = Pace::new(Some(allowed));
        let mut target = Bucket::new(1e9, 1e9);
        let run = uses(0.95, &mut pace, &mut target, allowed, 60 * SECOND);
        let most = (allowed + 1.0 + allowed * LATENESS.as_secs_f64()) as usize;
        for second in run.sent_at.windows(most + 1) {
            assert!(second[most] - second[0] >= SECOND, "more than {most} within a second");
        }
    }
}

#[test]
fn what_was_learned_is_kept() {
    let mut pace = Pace::default();
    let mut target = Bucket::new(25.0, 5.0);
    let first = run(&mut pace, &mut target, Duration::ZERO, 120 * SECOND);
    let later = run(&mut pace, &mut target, 3_600 * SECOND, 120 * SECOND);
    assert!(later.refused <= first.refused / 2, "{} after {}", later.refused, first.refused);
}

#[test]
fn a_larger_allowance_is_found() {
    let mut pace = Pace::default();
    run(&mut pace, &mut Bucket::new(25.0, 5.0), Duration::ZERO, 120 * SECOND);
    let mut target = Bucket::new(100.0, 20.0);
    run(&mut pace, &mut target, 120 * SECOND, 240 * SECOND);
    let later = run(&mut pace, &mut target, 360 * SECOND, 60 * SECOND);
    assert!(later.answered >= 60 * 90, "{} of 6,000", later.answered);
}

#[test]
fn as_many_are_under_way_as_the_target_answers() {
    for (count, time, most) in [(2, 2, 6), (10, 50, 20), (60, 100, 100)] {
        let mut pace = Pace::default();
        let mut target = Workers { count, time: time * MILLISECOND };
        let best = f64::from(count) / target.time.as_secs_f64();
        uses(0.9, &mut pace, &mut target, best, 120 * SECOND);
        assert!(pace.bound() <= most, "{} under way where {count} are answered at once", pace.bound());
    }
}

#[test]
fn requests_under_way_are_bounded() {
    let mut pace = Pace::default();
    run(&mut pace, &mut Workers { count: 100_000, time: 100 * MILLISECOND }, Duration::ZERO, 60 * SECOND);
    assert_eq!(pace.bound(), crate::limits::MAX_IN_FLIGHT);
}

#[test]
fn a_wait_is_obeyed() {
    let mut pace = Pace::default();
    assert_eq!(pace.take(Duration::ZERO, 1.0), When::Now);
    assert_eq!(pace.take(Duration::ZERO, 1.0), When::Now);
    pace.ended(MILLISECOND, Duration::ZERO, Outcome::Refused(Some(7 * SECOND)));
    assert_eq!(pace.take(2 * MILLISECOND, 1.0), When::At(7 * SECOND + MILLISECOND));
    // A shorter wait does not end a longer one, and what was under way together counts once.
    let rate = pace.rate();
    pace.ended(2 * MILLISECOND, Duration::ZERO, Outcome::Refused(Some(SECOND)));
    assert_eq!(pace.take(6 * SECOND, 1.0), When::At(7 * SECOND + MILLISECOND));
    assert_eq!((pace.rate(), pace.under_way()), (rate, 0));
    assert_eq!(pace.take(8 * SECOND, 1.0), When::Now);
}

#[test]
fn a_refusal_without_a_wait_doubles_it() {
    let mut pace = Pace::default();
    let mut now = Duration::ZERO;
    let mut waits = Vec::new();
    for _ in 0..4 {
        assert_eq!(pace.take(now, 1.0), When::Now);
        pace.ended(now + MILLISECOND, now, Outcome::Refused(None));
        waits.push(pace.closed_for(now + MILLISECOND).as_secs());
        now += 60 * SECOND;
    }
    assert_eq!(waits, [1, 2, 4, 8]);
}

#[test]
fn a_failure_halves_what_is_under_way_once() {
    let mut pace = Pace::default();
    run(&mut pace, &mut Workers { count: 64, time: 10 * MILLISECOND }, Duration::ZERO, 30 * SECOND);
    let bound = pace.bound();
    assert!(bound >= 64, "{bound}");
    let (sent, now) = (31 * SECOND, 32 * SECOND);
    for _ in 0..bound {
        pace.ended(now, sent, Outcome::Failed);
    }
    assert_eq!(pace.bound(), bound / 2);
}
