//! How many requests are under way at once, learned from latency. Pure.
//!
//! More at once are good as long as the target answers more in the same time. When each answer comes later by as much as
//! there are more of them, the target is busy, and more would only wait there. So the number climbs until latency says
//! stop, and later tries now and then whether more brings more, or fewer bring as much.

use std::time::Duration;

use crate::limits::MAX_IN_FLIGHT;

/// At first, and after a failure at least.
const FEW: usize = 4;
/// A change is judged by so many answers, and by so many for each request under way.
const ANSWERS: u32 = 32;
const ANSWERS_EACH: u32 = 4;
/// Judgements that a number stays for before another is tried.
const REST: u32 = 16;
/// The part of what could be gained at best that more at once must bring.
const WORTH: f64 = 0.25;
/// The part of the answers that may be lost by fewer at once.
const LITTLE: f64 = 0.03;
/// The part of the bound that must be in use for the bound to be judged.
const IN_USE: f64 = 0.75;

/// Requests under way, and their bound.
#[derive(Debug)]
pub struct InFlight {
    bound: usize,
    under_way: usize,
    phase: Phase,
    /// The bound that has proved itself, and what it brought.
    proved: Option<Level>,
    window: Window,
    /// Failures of requests that were sent before this are part of one that was heeded.
    heeded: Duration,
}

/// What a bound brought.
#[derive(Clone, Copy, Debug)]
struct Level {
    bound: usize,
    /// Answers a second.
    answers: f64,
}

/// What is being tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Twice as many each time.
    Climb,
    /// A few more.
    More,
    /// A few less.
    Fewer,
    /// Nothing, for so many judgements, and then this.
    Rest(u32, Then),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    More,
    Fewer,
}

/// What is seen of one bound.
#[derive(Debug, Default)]
struct Window {
    began: Duration,
    seen: Duration,
    /// Requests under way, summed up over time.
    used: f64,
    answers: u32,
}

impl Default for InFlight {
    fn default() -> Self {
        Self {
            bound: FEW,
            under_way: 0,
            phase: Phase::Climb,
            proved: None,
            window: Window::default(),
            heeded: Duration::ZERO,
        }
    }
}

impl InFlight {
    /// How many may be under way at once.
    pub fn bound(&self) -> usize {
        self.bound
    }

    /// How many are.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// Whether another may be sent.
    pub fn has_room(&self) -> bool {
        self.under_way < self.bound
    }

    /// One was sent.
    pub fn sent(&mut self, now: Duration) {
        self.window.pass(now, self.under_way);
        self.under_way += 1;
    }

    /// One ended without an answer that tells anything: it was refused, or nobody waits for it any more.
    pub fn abandoned(&mut self, now: Duration) {
        self.window.pass(now, self.under_way);
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// One was answered.
    pub fn answered(&mut self, now: Duration, sent: Duration) {
        self.abandoned(now);
        // What was sent under another bound tells nothing of this one.
        self.window.answers += u32::from(sent >= self.window.began);
        let needed = ANSWERS.max(ANSWERS_EACH * u32::try_from(self.bound).unwrap_or(u32::MAX));
        if self.window.answers >= needed {
            self.judge(now);
        }
    }

    /// One failed: half as many, once for all that were under way together.
    pub fn failed(&mut self, now: Duration, sent: Duration) {
        self.abandoned(now);
        if sent < self.heeded {
            return;
        }
        self.heeded = now;
        self.proved = None;
        self.set(now, (self.bound / 2).max(1), Phase::Rest(1, Then::More));
    }

    fn judge(&mut self, now: Duration) {
        let elapsed = now.saturating_sub(self.window.began).as_secs_f64();
        let level = Level { bound: self.bound, answers: f64::from(self.window.answers) / elapsed };
        let is_judged = elapsed > 0.0 && self.window.used >= IN_USE * elapsed * count(self.bound);
        if !is_judged {
            // There is not enough to do, or the rate is bounded: this bound binds nobody.
            self.proved = None;
            return self.set(now, self.bound, Phase::Rest(1, Then::More));
        }
        let Some(proved) = self.proved else {
            self.proved = Some(level);
            return self.try_next(now, level, self.phase);
        };
        let gain = level.answers / proved.answers - 1.0;
        let growth = count(level.bound) / count(proved.bound) - 1.0;
        let (proves_itself, then) = match self.phase {
            Phase::Climb | Phase::More => (gain >= WORTH * growth, Then::Fewer),
            Phase::Fewer => (gain >= -LITTLE, Then::More),
            Phase::Rest(..) => (true, Then::More),
        };
        if proves_itself {
            self.proved = Some(level);
            self.try_next(now, level, self.phase);
        } else {
            self.set(now, proved.bound, Phase::Rest(REST, then));
        }
    }

    /// Goes on from a bound that has proved itself.
    fn try_next(&mut self, now: Duration, level: Level, phase: Phase) {
        let more = (level.bound + level.bound.div_ceil(4)).min(MAX_IN_FLIGHT);
        let fewer = (level.bound - level.bound.div_ceil(5)).max(1);
        let (bound, phase) = match phase {
            Phase::Climb => ((level.bound * 2).min(MAX_IN_FLIGHT), Phase::Climb),
            Phase::More | Phase::Rest(0 | 1, Then::More) => (more, Phase::More),
            Phase::Fewer | Phase::Rest(0 | 1, Then::Fewer) => (fewer, Phase::Fewer),
            Phase::Rest(left, then) => (level.bound, Phase::Rest(left - 1, then)),
        };
        if bound == level.bound && !matches!(phase, Phase::Rest(..)) {
            let then = if phase == Phase::Fewer { Then::More } else { Then::Fewer };
            return self.set(now, bound, Phase::Rest(REST, then));
        }
        self.set(now, bound, phase);
    }

    fn set(&mut self, now: Duration, bound: usize, phase: Phase) {
        self.bound = bound;
        self.phase = phase;
        self.window = Window { began: now, seen: now, used: 0.0, answers: 0 };
    }
}

impl Window {
    fn pass(&mut self, now: Duration, under_way: usize) {
        self.used += now.saturating_sub(self.seen).as_secs_f64() * count(under_way);
        self.seen = now;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
fn count(requests: usize) -> f64 {
    requests as f64
}
