//! A batch of objects on its way through evaluating, noting and sending, all at the same time: while some are
//! sent, the next are evaluated, so that the target always has something to do.

use std::collections::VecDeque;
use std::mem;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use jiff::SignedDuration;

use crate::Error;
use crate::evaluate::Evaluator;
use crate::ledger::Outcome;
use crate::limits::NOTED_TOGETHER;
use crate::sending::Noted;
use crate::step::Step;
use crate::walk::{Evaluated, Waiting, Walk, Work};

/// What came of a batch.
#[derive(Default)]
pub(crate) struct Processed {
    /// What is to be recorded.
    pub(crate) outcomes: Vec<Outcome>,
    /// What comes later.
    pub(crate) kept: Vec<Kept>,
    /// An error that concerns every object. What was done until then stands in `outcomes`.
    pub(crate) fatal: Option<Error>,
}

/// What is not sent now.
pub(crate) enum Kept {
    /// Part of a plan, or a leaver.
    Step(Step),
    /// Somebody who waits for a leaver.
    Waiting(Waiting),
}

/// What a part of the line has done.
enum Done {
    Evaluated(Evaluated),
    Noted(Vec<Noted>),
    Sent(Outcome),
}

/// The line. As many objects are evaluated or sent at once as the target's pace is worth.
pub(crate) struct Line<'l> {
    walk: &'l Walk<'l>,
    evaluator: &'l Evaluator<'l>,
    /// Steps that are to be noted.
    decided: Vec<(Step, SignedDuration)>,
    /// Steps that are to be sent.
    noted: VecDeque<Noted>,
    under_way: FuturesUnordered<BoxFuture<'l, Result<Done, Error>>>,
    evaluating: usize,
    /// Whether steps are just being noted: those that are decided meanwhile are noted together.
    noting: bool,
    processed: Processed,
}

impl<'l> Line<'l> {
    pub(crate) fn new(walk: &'l Walk<'l>, evaluator: &'l Evaluator<'l>) -> Self {
        Self {
            walk,
            evaluator,
            decided: Vec::new(),
            noted: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            evaluating: 0,
            noting: false,
            processed: Processed::default(),
        }
    }

    /// Sends all that can be sent now.
    pub(crate) async fn run(mut self, work: Vec<Work>) -> Processed {
        let mut work = work.into_iter();
        loop {
            self.fill(&mut work);
            self.note();
            match self.under_way.next().await {
                Some(Ok(done)) => self.take(done),
                Some(Err(error)) => return Processed { fatal: Some(error), ..self.processed },
                None => return self.processed,
            }
        }
    }

    /// Lets as many objects begin as may; who is further goes first.
    fn fill(&mut self, work: &mut impl Iterator<Item = Work>) {
        let (walk, evaluator) = (self.walk, self.evaluator);
        for _ in self.under_way.len() - usize::from(self.noting)..walk.exporter.objects_at_once() {
            if let Some(noted) = self.noted.pop_front() {
                self.under_way.push(Box::pin(async move { walk.send(noted).await.map(Done::Sent) }));
            } else if let Some(work) = work.next() {
                self.evaluating += 1;
                let evaluating = async move { walk.one(evaluator, work).await.map(Done::Evaluated) };
                self.under_way.push(Box::pin(evaluating));
            } else {
                break;
            }
        }
    }

    /// Notes what is decided, if it is enough for a transaction.
    fn note(&mut self) {
        let walk = self.walk;
        let enough = self.decided.len() >= NOTED_TOGETHER || self.evaluating == 0;
        if enough && !self.noting && !self.decided.is_empty() {
            self.noting = true;
            let steps = mem::take(&mut self.decided);
            self.under_way.push(Box::pin(async move { walk.note(steps).await.map(Done::Noted) }));
        }
    }

    fn take(&mut self, done: Done) {
        match done {
            Done::Evaluated(evaluated) => {
                self.evaluating -= 1;
                match evaluated {
                    Evaluated::Collected(step) => self.processed.kept.push(Kept::Step(step)),
                    Evaluated::Waits(waiting) => self.processed.kept.push(Kept::Waiting(waiting)),
                    Evaluated::Decided(step, took) => self.decided.push((step, took)),
                    Evaluated::Failed(outcome) => self.processed.outcomes.push(outcome),
                }
            }
            Done::Noted(noted) => {
                self.noting = false;
                self.noted.extend(noted);
            }
            Done::Sent(outcome) => self.processed.outcomes.push(outcome),
        }
    }
}
